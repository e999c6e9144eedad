// Saving and loading: files, streams, callables, what these throw, and what a load finds.
#include "check.hpp"

#include <cstdio>
#include <cstring>
#include <vector>

namespace {

struct model {
    std::vector<float> weight = std::vector<float>(100, 1), gradient = std::vector<float>(100, 0.5F);
    std::vector<double> bias = std::vector<double>(7, 1), bias_gradient = std::vector<double>(7, -0.25);
    optim::optimizer opt{"lookahead(adam)"};

    model() {
        opt.add("weight", {10, 10}, weight, gradient);
        opt.add("bias", {7}, bias, bias_gradient);
        opt.set("lr", 0.01);
    }

    void steps(int count) {
        for (int i = 0; i < count; i++)
            opt.step();
    }
};

// The second model goes on with the bits that the first one has.
void goes_on(model &saved, model &loaded) {
    loaded.weight = saved.weight;
    loaded.bias = saved.bias;
    saved.steps(8);
    loaded.steps(8);
    CHECK(std::memcmp(saved.weight.data(), loaded.weight.data(), 4 * saved.weight.size()) == 0);
    CHECK(std::memcmp(saved.bias.data(), loaded.bias.data(), 8 * saved.bias.size()) == 0);
    CHECK_EQUAL(saved.opt.steps(), loaded.opt.steps());
}

void files(const std::string &path) {
    model a, b, c;
    a.steps(7);
    a.opt.save(path);
    CHECK_EQUAL(b.opt.last_load().restored, 0U);
    const optim::load_report report = b.opt.load(path);
    CHECK_EQUAL(report.restored, 2U);
    CHECK_EQUAL(report.fresh + report.ignored, 0U);
    CHECK_EQUAL(b.opt.last_load().restored, 2U);
    goes_on(a, b);

    std::vector<float> more(3);
    c.opt.add("more", {3}, more);
    CHECK_THROWS(c.opt.load(path), mismatch, "more");
    CHECK_EQUAL(c.opt.last_load().restored, 0U);
    c.opt.set("load_strict", 0);
    CHECK_EQUAL(c.opt.load(path).fresh, 1U);
    CHECK_THROWS(a.opt.save("/nowhere/at/all"), io, "/nowhere/at/all");
    CHECK_THROWS(a.opt.load("/nowhere/at/all"), io, "/nowhere/at/all");
}

void streams() {
    model a, b, c;
    a.steps(3);
    std::stringstream stream;
    a.opt.write(stream);
    const std::string whole = stream.str();
    stream << "what follows";
    CHECK_EQUAL(b.opt.read(stream).restored, 2U);
    std::string rest;
    std::getline(stream, rest);
    CHECK_EQUAL(rest, "what follows");
    goes_on(a, b);

    std::istringstream half(whole.substr(0, whole.size() / 2));
    CHECK_THROWS(c.opt.read(half), io, "the stream ends");
    std::istringstream nonsense("no state at all, however long one reads it");
    CHECK_THROWS(c.opt.read(nonsense), format, "");
    std::ostringstream closed;
    closed.setstate(std::ios::badbit);
    CHECK_THROWS(c.opt.write(closed), io, "the stream does not take");
    CHECK_EQUAL(c.opt.steps(), 0U);
}

struct odd {
    int number;
};

void callables() {
    model a, b;
    a.steps(6);
    std::vector<char> bytes;
    a.opt.write([&bytes](const void *data, std::size_t size) {
        const char *from = static_cast<const char *>(data);
        bytes.insert(bytes.end(), from, from + size);
    });
    std::size_t at = 0;
    const auto give = [&](void *data, std::size_t size) {
        if (size > bytes.size() - at)
            throw odd{1};
        std::memcpy(data, bytes.data() + at, size);
        at += size;
    };
    CHECK_EQUAL(b.opt.read(give).restored, 2U);
    CHECK_EQUAL(at, bytes.size());
    goes_on(a, b);

    // Whatever is thrown comes through the library as it is.
    int caught = 0;
    bytes.resize(bytes.size() / 2);
    at = 0;
    try {
        b.opt.read(give);
    } catch (const odd &thrown) {
        caught += thrown.number;
    }
    try {
        b.opt.write([](const void *, std::size_t) { throw odd{10}; });
    } catch (const odd &thrown) {
        caught += thrown.number;
    }
    CHECK_EQUAL(caught, 11);
    CHECK_EQUAL(b.opt.steps(), a.opt.steps());
}

} // namespace

// usage: saving FOLDER
int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    const std::string path = std::string(argv[1]) + "/state.safetensors";
    try {
        model().opt.save(path);
    } catch (const optim::error &error) {
        if (error.code() == optim::status::unsupported) {
            std::printf("skipped: %s\n", error.what());
            return 77;
        }
        throw;
    }
    return checked([&path] { files(path); }, streams, callables);
}
