// Random programs give the same bits through optim.hpp and through optim.h, and are refused with the same words.
#include "check.hpp"

#include <cstring>
#include <random>
#include <vector>

namespace {

constexpr int programs = 300, actions = 40;

using generator = std::mt19937_64; // whose numbers the standard says

std::size_t below(generator &random, std::size_t n) {
    return static_cast<std::size_t>(random() % n);
}

// The same tensors and gradients twice, and what the two sides said.
struct twins {
    std::vector<std::vector<float>> narrow[2], narrow_gradient;
    std::vector<std::vector<double>> wide[2], wide_gradient;

    explicit twins(generator &random) : narrow_gradient(2), wide_gradient(2) {
        std::vector<std::vector<float>> f(2);
        std::vector<std::vector<double>> d(2);
        for (std::size_t i = 0; i < 2; i++) {
            const std::size_t count = below(random, 50);
            for (std::size_t k = 0; k < count; k++) {
                f[i].push_back(static_cast<float>(below(random, 2000)) / 1000 - 1);
                d[i].push_back(static_cast<double>(below(random, 2000)) / 1000 - 1);
            }
            narrow_gradient[i].resize(count);
            wide_gradient[i].resize(count);
        }
        narrow[0] = narrow[1] = f;
        wide[0] = wide[1] = d;
    }

    void new_gradients(generator &random) {
        for (auto &gradient : narrow_gradient)
            for (float &g : gradient)
                g = static_cast<float>(below(random, 2000)) / 1000 - 1;
        for (auto &gradient : wide_gradient)
            for (double &g : gradient)
                g = static_cast<double>(below(random, 2000)) / 1000 - 1;
    }

    bool same() const {
        return same_bits(narrow[0], narrow[1]) && same_bits(wide[0], wide[1]);
    }

  private:
    template <class T>
    static bool same_bits(const std::vector<std::vector<T>> &a, const std::vector<std::vector<T>> &b) {
        for (std::size_t i = 0; i < a.size(); i++)
            if (!a[i].empty() && std::memcmp(a[i].data(), b[i].data(), sizeof(T) * a[i].size()) != 0)
                return false;
        return true;
    }
};

template <class F> std::string told(F call) {
    try {
        call();
        return "";
    } catch (const optim::error &error) {
        return std::to_string(static_cast<int>(error.code())) + " " + error.what();
    }
}

std::string told(int status, const optim *handle) {
    return status == OPTIM_OK ? "" : std::to_string(status) + " " + optim_errmsg(handle);
}

class program {
  public:
    program(const optim::algorithm &algorithm, std::uint64_t seed)
        : random_(seed), seed_(seed), twins_(random_), algorithm_(algorithm), cpp_(std::string(algorithm.name)) {
        const std::string name(algorithm.name);
        optim_create(&c_, name.c_str());
        for (std::size_t i = 0; i < 2; i++) {
            const std::string number = std::to_string(i), f = "narrow" + number, d = "wide" + number;
            const std::size_t count = twins_.narrow_gradient[i].size();
            cpp_.add(f, {count}, twins_.narrow[0][i], twins_.narrow_gradient[i]);
            cpp_.add(d, {1, count}, twins_.wide[0][i], twins_.wide_gradient[i]);
            const std::size_t shape[] = {1, count};
            optim_add(c_, f.c_str(), OPTIM_F32, 1, shape + 1, twins_.narrow[1][i].data(),
                      twins_.narrow_gradient[i].data());
            optim_add(c_, d.c_str(), OPTIM_F64, 2, shape, twins_.wide[1][i].data(), twins_.wide_gradient[i].data());
        }
    }
    program(const program &) = delete;
    program &operator=(const program &) = delete;
    ~program() {
        optim_destroy(c_);
    }

    void run() {
        for (int i = 0; i < actions; i++)
            act();
        CHECK_EQUAL(cpp_.steps(), optim_steps(c_));
        CHECK_EQUAL(cpp_.epochs(), optim_epochs(c_));
        CHECK_EQUAL(std::string(cpp_.name()), optim_name(c_));
        if (!twins_.same())
            std::fprintf(stderr, "%s, seed %llu:\n", cpp_.name(), static_cast<unsigned long long>(seed_));
        CHECK(twins_.same());
    }

  private:
    void act() {
        switch (below(random_, 12)) {
        case 0:
        case 1:
            set();
            break;
        case 2:
            if (below(random_, 4) == 0)
                wrap();
            break;
        case 3:
            attach();
            break;
        case 4:
            CHECK_EQUAL(told([&] { cpp_.epoch(0.5); }), told(optim_epoch(c_, 0.5), c_));
            break;
        case 5:
            CHECK_EQUAL(told([&] { cpp_.swap(); }), told(optim_swap(c_), c_));
            break;
        case 6:
            if (below(random_, 4) == 0)
                CHECK_EQUAL(told([&] { cpp_.reset(); }), told(optim_reset(c_), c_));
            break;
        default:
            twins_.new_gradients(random_);
            CHECK_EQUAL(told([&] { cpp_.step(); }), told(optim_step(c_), c_));
        }
    }

    void set() {
        if (algorithm_.parameters.empty())
            return;
        const optim::parameter &p = algorithm_.parameters[below(random_, algorithm_.parameters.size())];
        const std::string name(p.name);
        if (name == "blas") // whose bits are another matter
            return;
        const double values[] = {p.initial, p.min, p.max, 0, 0.5, 1, -1, 0.01};
        const double value = values[below(random_, std::size(values))];
        const char *pattern = below(random_, 2) ? "*" : "wide?";
        CHECK_EQUAL(told([&] { cpp_.set_for(pattern, name, value); }),
                    told(optim_set_for(c_, pattern, name.c_str(), value), c_));
        double c_value = 0;
        optim_get(c_, name.c_str(), &c_value);
        CHECK_EQUAL(cpp_.get(name), c_value);
    }

    void wrap() {
        static const char *const wrappers[] = {"lookahead", "ema", "swa", "accumulate", "adam"};
        const char *name = wrappers[below(random_, std::size(wrappers))];
        optim *outer = c_;
        const std::string cpp = told([&] { cpp_ = optim::wrap(name, std::move(cpp_)); });
        CHECK_EQUAL(cpp, told(optim_wrap(&outer, name, c_), c_));
        c_ = outer;
    }

    void attach() {
        const bool complete = below(random_, 4) != 0;
        optim::schedule cpp("linear");
        optim_schedule *c = nullptr;
        optim_schedule_create(&c, "linear");
        if (complete) {
            cpp.set("steps", 20);
            optim_schedule_set(c, "steps", 20);
        }
        const std::string said = told([&] { cpp_.attach("lr", std::move(cpp)); });
        const int status = optim_attach(c_, "lr", c);
        CHECK_EQUAL(said, told(status, c_));
        CHECK_EQUAL(cpp.handle() == nullptr, status == OPTIM_OK);
        if (status != OPTIM_OK)
            optim_schedule_destroy(c);
    }

    generator random_;
    std::uint64_t seed_;
    twins twins_;
    const optim::algorithm &algorithm_;
    optim::optimizer cpp_;
    optim *c_ = nullptr;
};

} // namespace

static void run_programs() {
    std::vector<optim::algorithm> algorithms;
    for (const optim::algorithm &algorithm : optim::algorithms())
        if (!algorithm.wraps)
            algorithms.push_back(algorithm);
    for (int i = 0; i < programs; i++)
        program(algorithms[static_cast<std::size_t>(i) % algorithms.size()], static_cast<std::uint64_t>(i)).run();
}

int main() {
    return checked(run_programs);
}
