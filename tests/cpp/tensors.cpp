// What parameters, gradients and state may be given and seen as, and what is refused at run time.
#include "check.hpp"

#include <array>
#include <memory>
#include <numeric>
#include <vector>
#if __cplusplus >= 202002L
#include <span>
#endif

using optim_span = optim::span<const float>;
static_assert(std::is_constructible_v<optim_span, const std::vector<float> &>);
static_assert(std::is_constructible_v<optim_span, std::array<float, 3> &>);
static_assert(std::is_constructible_v<optim_span, const float (&)[3]>);
static_assert(std::is_constructible_v<optim_span, optim::span<float>>);
static_assert(!std::is_constructible_v<optim_span, std::vector<float>>); // about to vanish
static_assert(!std::is_constructible_v<optim_span, const std::vector<float>>);
static_assert(!std::is_constructible_v<optim_span, const std::vector<double> &>);
static_assert(!std::is_constructible_v<optim::span<float>, const std::vector<float> &>);
static_assert(!std::is_constructible_v<optim::span<float>, optim_span>);
static_assert(!std::is_constructible_v<optim_span, int>);
static_assert(std::is_trivially_copyable_v<optim_span>);

// One step of plain gradient descent with lr 1 must take `gradient` off `weight`.
template <class P, class G>
static void steps(const char *what, std::vector<std::size_t> shape, P &&weight, G &&gradient) {
    const auto before = *std::begin(weight);
    const auto difference = *std::begin(gradient);
    optim::optimizer opt("sgd");
    opt.set("lr", 1);
    opt.add(what, shape, weight, gradient);
    opt.step();
    check_equal(*std::begin(weight), before - difference, __FILE__, __LINE__, what);
}

static void forms() {
    std::vector<float> vector(6, 3);
    const std::vector<float> constant(6, 1);
    std::array<double, 6> array{4, 4, 4, 4, 4, 4};
    const std::array<double, 6> array_gradient{1, 1, 1, 1, 1, 1};
    float plain[6] = {5, 5, 5, 5, 5, 5};
    const float plain_gradient[6] = {1, 1, 1, 1, 1, 1};
    steps("vector", {6}, vector, constant);
    steps("array", {2, 3}, array, array_gradient);
    steps("plain", {3, 2}, plain, plain_gradient);
    steps("mixed", {1, 6, 1}, plain, constant);
    steps("view", {6}, optim::span<float>(vector), optim::span<const float>(constant));
    steps("part", {2}, optim::span<float>(vector.data() + 1, 2), optim::span<const float>(plain_gradient + 4, 2));
#if __cplusplus >= 202002L
    steps("std::span", {6}, std::span<float>(vector), std::span<const float>(constant));
    steps("std::span of an extent", {6}, std::span<float, 6>(plain), std::span<const float, 6>(plain_gradient));
#endif

    const auto owner = std::make_unique<double[]>(4);
    optim::optimizer opt("sgd");
    opt.set("lr", 1);
    opt.add("pointer", {4}, owner.get(), static_cast<const double *>(array_gradient.data()));
    opt.add("no gradient", {6}, array);
    opt.add("none", {6}, vector, nullptr);
    opt.add(std::string("std::string"), {}, plain + 1, plain_gradient + 1);
    opt.add(nullptr, {0, 7}, std::vector<float>().data(), static_cast<const float *>(nullptr));
    CHECK_EQUAL(opt.count(), 5U);
    CHECK_EQUAL(opt.get_for("4", "lr"), 1.0); // it is called by its number
    const float vector0 = vector[0], plain1 = plain[1];
    const double array0 = array[0];
    opt.step();
    CHECK_EQUAL(owner[3], -1.0);
    CHECK_EQUAL(vector[0], vector0);
    CHECK_EQUAL(array[0], array0);
    CHECK_EQUAL(plain[1], plain1 - 1);
    opt.bind(1, array, array_gradient);
    opt.bind(0, owner.get()); // no gradient this time
    opt.step();
    CHECK_EQUAL(array[0], array0 - 1);
    CHECK_EQUAL(owner[3], -1.0);
}

static void refused() {
    std::vector<float> weight(6), gradient(6), shorter(5);
    std::vector<double> wide(6);
    optim::optimizer opt("adam");
    CHECK_THROWS(opt.add("w", {5}, weight, gradient), argument, "the parameter has 6 elements; its shape has 5");
    CHECK_THROWS(opt.add("w", {2, 3}, weight, shorter), argument, "the gradient has 5 elements; its shape has 6");
    CHECK_THROWS(opt.add("w", {}, weight, gradient), argument, "its shape has 1");
    CHECK_THROWS(opt.add("w", {0}, weight, gradient), argument, "its shape has 0");
    CHECK_THROWS(opt.add("w", {std::size_t{1} << 40, std::size_t{1} << 40}, weight, gradient), size, "memory can hold");
    CHECK_THROWS(opt.add("w", {6}, static_cast<float *>(nullptr)), argument, "param is NULL");
    CHECK_EQUAL(opt.count(), 0U);
    opt.add("w", {2, 3}, weight, gradient);
    CHECK_THROWS(opt.add("w", {6}, wide), duplicate, "\"w\"");
    opt.add("x", {6}, wide); // what failed left nothing behind
    opt.bind(1, wide, wide.data());
    CHECK_THROWS(opt.bind(0, wide), dtype, "float, not double");
    CHECK_THROWS(opt.bind(1, weight), dtype, "double, not float");
    CHECK_THROWS(opt.bind(0, shorter), argument, "the parameter has 5 elements; its shape has 6");
    CHECK_THROWS(opt.bind(0, weight, shorter), argument, "the gradient has 5 elements");
    CHECK_THROWS(opt.bind(2, weight), argument, "tensor = 2");
    std::vector<unsigned char> bytes(64);
    auto *crooked = reinterpret_cast<float *>(bytes.data() + 1);
    CHECK_THROWS(opt.add("crooked", {6}, crooked), alignment, "multiple of 4");
}

static void state() {
    std::vector<float> weight(6, 1);
    std::vector<float> gradient(6);
    std::iota(gradient.begin(), gradient.end(), 1.0F);
    optim::optimizer opt("adam");
    const std::size_t w = opt.add("w", {6}, weight, gradient);
    opt.set("beta1", 0.5);
    const optim::span<float> average = opt.state<float>(w, "exp_avg");
    CHECK_EQUAL(average.size(), 6U);
    CHECK(!average.empty());
    CHECK_EQUAL(std::accumulate(average.begin(), average.end(), 0.0F), 0.0F);
    opt.step();
    CHECK_EQUAL(average[5], 3.0F);
    optim::optimizer slow = optim::wrap("lookahead", std::move(opt)); // the view stays
    const optim::optimizer &readable = slow;
    static_assert(std::is_same_v<decltype(readable.state<float>(w, "exp_avg")), optim::span<const float>>);
    CHECK(readable.state<float>(w, "exp_avg").data() == average.data());
    CHECK_EQUAL(readable.state<float>(w, "slow").size(), 6U);
    average[5] = 7; // what is put back is used
    slow.step();
    CHECK_EQUAL(average[5], 6.5F);
    CHECK_THROWS(static_cast<void>(slow.state<double>(w, "exp_avg")), dtype, "float, not double");
    CHECK_THROWS(static_cast<void>(slow.state<float>(w, "momentum_buffer")), name, "momentum_buffer");
    CHECK_THROWS(static_cast<void>(slow.state<float>(w, "max_exp_avg_sq")), state, "max_exp_avg_sq");
    CHECK_THROWS(static_cast<void>(slow.state<float>(9, "exp_avg")), argument, "9");
}

int main() {
    return checked(forms, refused, state);
}
