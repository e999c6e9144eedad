// Who owns what: moving, wrapping, attaching, failing in between; and what errors say.
#include "check.hpp"

#include <cmath>
#include <vector>

static_assert(!std::is_copy_constructible_v<optim::optimizer> && !std::is_copy_assignable_v<optim::optimizer>);
static_assert(std::is_nothrow_move_constructible_v<optim::optimizer> &&
              std::is_nothrow_move_assignable_v<optim::optimizer>);
static_assert(!std::is_copy_constructible_v<optim::schedule> && !std::is_copy_assignable_v<optim::schedule>);
static_assert(std::is_nothrow_move_constructible_v<optim::schedule>);
static_assert(!std::is_default_constructible_v<optim>);
static_assert(std::is_base_of_v<std::runtime_error, optim::error>);

static void moves() {
    std::vector<float> weight(3, 1), gradient(3, 1);
    optim::optimizer a("sgd");
    const std::size_t tensor = a.add("w", {3}, weight, gradient);
    CHECK_EQUAL(tensor, 0U);
    a.set("lr", 0.5);
    optim::optimizer b = std::move(a);
    CHECK(a.handle() == nullptr && b.handle() != nullptr);
    CHECK(a.name() == nullptr);
    CHECK_EQUAL(a.count() + a.steps() + a.skipped() + a.epochs(), 0U);
    CHECK_THROWS(a.step(), argument, "handle is NULL");
    CHECK_THROWS(a.set("lr", 1), argument, "handle is NULL");
    CHECK_THROWS(a.add("w", {3}, weight), argument, "handle is NULL");
    CHECK_THROWS(a.bind(0, weight), argument, "handle is NULL");
    CHECK_THROWS(a.set_executor([](std::size_t, const optim::task &) {}), argument, "handle is NULL");
    CHECK_THROWS(optim::wrap("ema", std::move(a)), argument, "NULL");
    b.step();
    CHECK_EQUAL(weight[2], 0.5F);
    a = std::move(b); // frees nothing, and is whole again
    a.step();
    CHECK_EQUAL(weight[2], 0.0F);
    CHECK_EQUAL(a.steps(), 2U);
    a = optim::optimizer("adam"); // frees the old one
    CHECK_EQUAL(std::string(a.name()), "adam");
    CHECK_EQUAL(a.count(), 0U);
}

static void wraps() {
    std::vector<double> weight(2, 1);
    const std::vector<double> gradient(2, 1);
    optim::optimizer inner("adam");
    inner.add("w", {2}, weight, gradient);
    CHECK_THROWS(optim::wrap("lookahed", std::move(inner)), name, "lookahead");
    CHECK_THROWS(optim::wrap("sgd", std::move(inner)), name, "not a wrapper");
    CHECK_EQUAL(std::string(inner.name()), "adam"); // still whole
    inner.step();
    optim::optimizer slow = optim::wrap("lookahead", std::move(inner));
    CHECK(inner.handle() == nullptr);
    CHECK_EQUAL(std::string(slow.name()), "lookahead(adam)");
    CHECK_EQUAL(slow.count(), 1U);
    const std::vector<double> longer(3);
    CHECK_THROWS(slow.bind(0, weight.data(), longer), argument, "the gradient has 3 elements");
    slow.bind(0, weight, gradient);             // it still knows its tensors
    slow = optim::wrap("ema", std::move(slow)); // onto itself
    CHECK_EQUAL(std::string(slow.name()), "ema(lookahead(adam))");
    slow.step();
    CHECK_EQUAL(slow.steps(), 2U);
    slow.swap();
    CHECK_THROWS(slow.step(), state, "swapped");
    CHECK_THROWS(optim::wrap("ema", std::move(slow)), state, "swapped");
    slow.swap();
    slow.reset();
    CHECK_EQUAL(slow.steps(), 0U);
    CHECK_EQUAL(std::string(optim::optimizer("ema(adam)").name()), "ema(adam)");
}

static void schedules() {
    optim::optimizer opt("sgd");
    optim::schedule cosine("cosine");
    CHECK(std::isnan(cosine.get("steps"))); // not set yet
    CHECK_THROWS(opt.attach("lr", std::move(cosine)), state, "steps");
    CHECK_THROWS(static_cast<void>(optim::wrap("warmup", std::move(cosine))), state, "steps");
    CHECK_THROWS(static_cast<void>(cosine.factor(0)), state, "steps");
    cosine.set("steps", 10).set("steps", 20); // still the caller's
    CHECK_EQUAL(cosine.get("steps"), 20);
    CHECK_THROWS(cosine.set("step", 1), name, "step");
    CHECK_THROWS(cosine.set("steps", -1), range, "steps");
    CHECK_THROWS(cosine.point(0, 1), argument, "piecewise");
    CHECK_THROWS(opt.attach("nesterov", std::move(cosine)), argument, "nesterov");
    optim::schedule warm = optim::wrap("warmup", std::move(cosine)).set("steps", 4);
    CHECK(cosine.handle() == nullptr);
    CHECK_THROWS(cosine.set("steps", 1), argument, "NULL");
    CHECK_THROWS(opt.attach("lr", std::move(cosine)), argument, "NULL");
    CHECK(warm.factor(1) < warm.factor(3) && warm.factor(3) > warm.factor(15));
    const double expected = 0.1 * warm.factor(0);
    opt.attach("lr", std::move(warm));
    CHECK(warm.handle() == nullptr);
    CHECK_THROWS(opt.attach("lr", optim::schedule("constant")), state, "already");

    float weight = 1, bias = 1;
    const float gradient = 1;
    opt.add("w", {}, &weight, &gradient);
    opt.set("lr", 0.1);
    CHECK_EQUAL(opt.get_for("w", "lr"), expected);
    opt.detach("lr");
    CHECK_EQUAL(opt.get_for("w", "lr"), 0.1);
    opt.add("bias", {}, &bias, &gradient);
    opt.attach_for("w*", "lr", optim::schedule("piecewise").point(0, 0.5).point(2, 0.25));
    CHECK_EQUAL(opt.get_for("w", "lr"), 0.05);
    CHECK_EQUAL(opt.get_for("bias", "lr"), 0.1);
    CHECK_EQUAL(opt.get("lr"), 0.1);
    opt.epoch(1.5);
    CHECK_EQUAL(opt.epochs(), 1U);
    optim::schedule other("constant");
    optim::schedule moved = std::move(other);
    other = std::move(moved);
    CHECK(other.handle() != nullptr && moved.handle() == nullptr);
}

static void errors() {
    CHECK_THROWS(optim::optimizer("adm"), name, "adam");
    CHECK_THROWS(optim::optimizer(nullptr), argument, "NULL");
    CHECK_THROWS(optim::schedule("cosin"), name, "cosine");
    CHECK_THROWS(optim::schedule("warmup"), name, "optim_schedule_wrap");
    optim::optimizer opt("adam"), other("sgd");
    CHECK_THROWS(opt.set("beta3", 1), name, "beta1");
    CHECK_THROWS(opt.set("beta1", 2), range, "beta1");
    CHECK_THROWS(opt.set(nullptr, 2), argument, "NULL");
    CHECK_THROWS(opt.set_for("[", "beta1", -1), range, "beta1");
    CHECK_THROWS(static_cast<void>(opt.get("momentum")), name, "momentum");
    CHECK_THROWS(static_cast<void>(opt.get_for("w", "lr")), name, "w");
    CHECK_THROWS(static_cast<void>(opt.norm()), state, "norm");
    CHECK_THROWS(opt.swap(), state, "no weights of its own");
    CHECK_THROWS(opt.set_threads(-1), range, "-1");
    CHECK_THROWS(opt.detach("momentum"), name, "momentum");
    opt.set_threads(2);
    other.set_for("*.bias", "lr", 0);
    CHECK_EQUAL(std::string(optim::text(optim::status::range)), "value out of range");
    CHECK_EQUAL(optim::version(), OPTIM_VERSION);

    float weight = 1;
    const float gradient[1] = {static_cast<float>(1e30) * static_cast<float>(1e30)};
    opt.add("w", {1}, &weight, gradient);
    opt.set("check_finite", 1);
    CHECK_THROWS(opt.step(), nonfinite, "\"w\"");
    opt.set("check_finite", 2);
    opt.step();
    CHECK_EQUAL(opt.skipped(), 1U);
    CHECK_EQUAL(weight, 1.0F);
}

int main() {
    return checked(moves, wraps, schedules, errors);
}
