/*
 * Every optimizer minimizes every problem, with the learning rate that was tuned for it once (convergence-table.h). The
 * learning rate stays for half of the steps and then falls to a ten-thousandth, as it does in practice.
 */
#include "problems.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "convergence-table.h"

/* The rate to which AdaBound's bounds close in is its learning rate too. */
static int set_lr(optim *opt, bool bounds, double lr) {
    const int status = optim_set(opt, "lr", lr);
    return status == OPTIM_OK && bounds ? optim_set(opt, "final_lr", lr) : status;
}

/* How far above the minimum the optimizer ends. Check writes down each success, too slow for every step. */
static double minimize(const char *optimizer, const struct problem *problem, double lr, bool climb) {
    double x[MOST_UNKNOWNS], gradient[MOST_UNKNOWNS];
    optim *opt = test_create(optimizer);
    problem_start(problem, x);
    double final_lr;
    const bool bounds = optim_get(opt, "final_lr", &final_lr) == OPTIM_OK; /* who has none is slow to say so */
    ck_ok(opt, set_lr(opt, bounds, lr));
    ck_ok(opt, optim_set(opt, "weight_decay", 0)); /* the minimum is that of the problem alone */
    ck_ok(opt, optim_set(opt, "maximize", climb));
    ck_ok(opt, optim_add(opt, "x", OPTIM_F64, 1, &problem->unknowns, x, gradient));
    int status = OPTIM_OK;
    for (uint64_t t = 1; t <= problem->steps && isfinite(x[0]) && status == OPTIM_OK; t++) {
        const double past = 2 * (double)t / (double)problem->steps - 1;
        if (past > 0)
            status = set_lr(opt, bounds, lr * pow(10, -4 * past));
        problem_gradient(problem, t, x, gradient);
        if (status == OPTIM_OK)
            status = optim_step(opt);
    }
    ck_ok(opt, status);
    optim_destroy(opt);
    return problem_gap(problem, x);
}

static const struct tuned *tuned_for(const char *optimizer) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].optimizer, optimizer) == 0)
            return &table[i];
    return NULL;
}

START_TEST(gradients_are_right) {
    for (size_t k = 0; problem_at(k); k++) {
        const struct problem *problem = problem_at(k);
        double x[MOST_UNKNOWNS], gradient[MOST_UNKNOWNS], other[MOST_UNKNOWNS];
        problem_start(problem, x);
        for (size_t i = 0; i < problem->unknowns; i++)
            x[i] += 0.1 * test_weight(i);
        problem->function(x, gradient);
        for (size_t i = 0; i < problem->unknowns; i++) {
            const double step = 1e-5, at = x[i];
            x[i] = at + step;
            const double above = problem->function(x, other);
            x[i] = at - step;
            const double below = problem->function(x, other);
            x[i] = at;
            ck_assert_msg(fabs((above - below) / (2 * step) - gradient[i]) < 1e-6 * (1 + fabs(gradient[i])), "%s: %zu",
                          problem->name, i);
        }
    }
}
END_TEST

START_TEST(every_optimizer_minimizes_every_problem) {
    const char *algorithm = optim_algorithm_name((size_t)_i), *optimizer = algorithm ? algorithm : "lookahead(adam)";
    if (algorithm && optim_algorithm_wraps(algorithm) != 0)
        return;
    const struct tuned *tuned = tuned_for(optimizer);
    ck_assert_msg(tuned != NULL, "tests/convergence-table.h has no row {\"%s\", {{lr, accepted}, ...}} of %d problems",
                  optimizer, PROBLEMS);
    for (size_t k = 0; problem_at(k); k++) {
        const struct problem *problem = problem_at(k);
        ck_assert_msg(k < PROBLEMS && tuned->of[k].lr > 0, "%s: no learning rate for %s", optimizer, problem->name);
        const double gap = minimize(optimizer, problem, tuned->of[k].lr, false);
        ck_assert_msg(gap <= tuned->of[k].accepted, "%s ends %g above the minimum of %s, accepted is %g", optimizer,
                      gap, problem->name, tuned->of[k].accepted);
    }
}
END_TEST

/* The test can fail: who climbs does not arrive. */
START_TEST(climbing_does_not_minimize) {
    for (size_t k = 0; k < PROBLEMS && problem_at(k); k++) {
        const double gap = minimize(table[_i].optimizer, problem_at(k), table[_i].of[k].lr, true);
        ck_assert_msg(!(gap <= table[_i].of[k].accepted), "%s climbs and still minimizes %s", table[_i].optimizer,
                      problem_at(k)->name);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("convergence");
    TCase *convergence = tcase_create("convergence");
    tcase_set_timeout(convergence, 0);
    tcase_add_test(convergence, gradients_are_right);
    tcase_add_loop_test(convergence, every_optimizer_minimizes_every_problem, 0, (int)optim_algorithm_count() + 1);
    tcase_add_loop_test(convergence, climbing_does_not_minimize, 0, (int)(sizeof table / sizeof *table));
    suite_add_tcase(suite, convergence);
    return test_run(suite);
}
