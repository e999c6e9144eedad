// Introspection says what the C interface says, and everything it names can be made.
#include "check.hpp"

#include <cmath>
#include <optim/optim.h> // after optim.hpp; second_unit.cpp has it before
#include <vector>

std::size_t count_of_second_unit();

static void same(const optim::parameter &p, const char *of, std::size_t i, decltype(optim_param_info) info) {
    const char *name = nullptr, *help = nullptr;
    double initial = 0, min = 0, max = 0;
    CHECK_EQUAL(info(of, i, &name, &initial, &min, &max, &help), OPTIM_OK);
    CHECK_EQUAL(p.name, name);
    CHECK_EQUAL(p.help, help);
    CHECK(std::isnan(initial) ? std::isnan(p.initial) : !(p.initial < initial) && !(initial < p.initial));
    CHECK_EQUAL(p.min, min);
    CHECK_EQUAL(p.max, max);
}

static void algorithms() {
    const std::vector<optim::algorithm> all = optim::algorithms();
    CHECK_EQUAL(all.size(), optim_algorithm_count());
    CHECK_EQUAL(all.size(), count_of_second_unit());
    for (const optim::algorithm &algorithm : all) {
        const std::string name(algorithm.name);
        CHECK_EQUAL(algorithm.summary, optim_algorithm_summary(name.c_str()));
        CHECK_EQUAL(algorithm.wraps, optim_algorithm_wraps(name.c_str()) == 1);
        CHECK_EQUAL(algorithm.parameters.size(), optim_param_count(name.c_str()));
        for (std::size_t i = 0; i < algorithm.parameters.size(); i++)
            same(algorithm.parameters[i], name.c_str(), i, optim_param_info);
        CHECK_EQUAL(algorithm.slots.size(), optim_slot_count(name.c_str()));
        for (std::size_t i = 0; i < algorithm.slots.size(); i++)
            CHECK_EQUAL(algorithm.slots[i], optim_slot_name(name.c_str(), i));

        const optim::optimizer opt =
            algorithm.wraps ? optim::wrap(name, optim::optimizer("sgd")) : optim::optimizer(name);
        for (const optim::parameter &p : algorithm.parameters)
            CHECK_EQUAL(opt.get(std::string(p.name)), p.initial);
    }
}

static void schedules() {
    const std::vector<optim::schedule_kind> kinds = optim::schedule_kinds();
    CHECK_EQUAL(kinds.size(), optim_schedule_count());
    for (const optim::schedule_kind &kind : kinds) {
        const std::string name(kind.name);
        CHECK_EQUAL(kind.summary, optim_schedule_summary(name.c_str()));
        CHECK_EQUAL(kind.wraps, optim_schedule_wraps(name.c_str()) == 1);
        CHECK_EQUAL(kind.parameters.size(), optim_schedule_param_count(name.c_str()));
        for (std::size_t i = 0; i < kind.parameters.size(); i++)
            same(kind.parameters[i], name.c_str(), i, optim_schedule_param_info);
        const optim::schedule made =
            kind.wraps ? optim::wrap(name, optim::schedule("constant")) : optim::schedule(name);
        CHECK(made.handle() != nullptr);
    }
}

int main() {
    return checked(algorithms, schedules);
}
