// Steps on the application's own threads: any callable, its lifetime, exceptions, pieces left out.
#include "check.hpp"

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t elements = std::size_t{1} << 22; // enough for several pieces

// A model big enough for several pieces a step, and what one thread makes of it.
struct model {
    std::vector<float> weight = std::vector<float>(elements, 1), gradient = std::vector<float>(elements);
    optim::optimizer opt{"adam"};

    model() {
        for (std::size_t i = 0; i < elements; i++)
            gradient[i] = static_cast<float>(i % 1000) / 1000;
        opt.add("w", {elements}, weight, gradient);
        opt.set_threads(4);
    }
};

std::vector<float> on_one_thread(int steps) {
    model one;
    one.opt.set_threads(1);
    for (int i = 0; i < steps; i++)
        one.opt.step();
    return one.weight;
}

void run_threads(std::size_t count, const optim::task &task) {
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < count; i++)
        threads.emplace_back(std::cref(task), i);
    task(0);
    for (std::thread &thread : threads)
        thread.join();
}

void callables() {
    const std::vector<float> expected = on_one_thread(5);
    model m;
    std::size_t pieces = 0;
    m.opt.set_executor(run_threads); // a function
    m.opt.step();
    m.opt.set_executor([&pieces](std::size_t count, const optim::task &task) { // a lambda
        pieces = count;
        run_threads(count, task);
    });
    m.opt.step();
    CHECK(pieces > 1 && pieces <= 4);
    std::function<void(std::size_t, const optim::task &)> function = run_threads;
    m.opt.set_executor(function);
    m.opt.step();
    auto owned = std::make_unique<int>(0);
    m.opt.set_executor([owned = std::move(owned)](std::size_t count, const optim::task &task) { // not copyable
        ++*owned;
        for (std::size_t i = count; i-- > 0;)
            task(i);
    });
    m.opt.step();
    m.opt.set_executor(nullptr);
    m.opt.step();
    CHECK(m.weight == expected);
}

// What an executor has lives as long as the handle that has it, wherever that moves.
void lifetime() {
    const auto alive = std::make_shared<int>(0);
    {
        model m;
        m.opt.set_executor([alive](std::size_t count, const optim::task &task) {
            ++*alive;
            run_threads(count, task);
        });
        CHECK_EQUAL(alive.use_count(), 2);
        optim::optimizer moved = std::move(m.opt);
        optim::optimizer slow = optim::wrap("lookahead", std::move(moved));
        slow.step();
        CHECK_EQUAL(*alive, 1);
        CHECK_EQUAL(alive.use_count(), 2);
        slow.set_executor(run_threads);
        CHECK_EQUAL(alive.use_count(), 1);
        slow.step();
        CHECK_EQUAL(*alive, 1);
    }
    CHECK_EQUAL(alive.use_count(), 1);
}

// The step is whole whatever an executor does, and what it throws comes out of step().
void careless() {
    const std::vector<float> expected = on_one_thread(4);
    model m;
    m.opt.set_executor([](std::size_t, const optim::task &task) {
        task(1);
        throw std::runtime_error("out of threads");
    });
    std::string seen;
    try {
        m.opt.step();
    } catch (const std::runtime_error &error) {
        seen = error.what();
    }
    CHECK_EQUAL(seen, "out of threads");
    CHECK_EQUAL(m.opt.steps(), 1U);
    m.opt.set_executor([](std::size_t, const optim::task &) {}); // runs nothing
    m.opt.step();
    m.opt.set_executor([](std::size_t count, const optim::task &task) { // all of them twice
        run_threads(count, task);
        run_threads(count, task);
    });
    m.opt.step();
    m.opt.set_executor([](std::size_t count, const optim::task &task) { task(count); });
    seen.clear();
    try {
        m.opt.step();
    } catch (const std::out_of_range &error) {
        seen = error.what();
    }
    CHECK(seen.find("there is no piece") != std::string::npos);
    CHECK(m.weight == expected);
}

} // namespace

int main() {
    return checked(callables, lifetime, careless);
}
