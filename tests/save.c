/* What is saved and loaded goes on with the very bits: every optimizer in every wrapper, with every schedule. */
#include "save_support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HALF = 250, WHOLE = 500, PARTS = 8 };

static const char *program; /* this one, for a process that knows nothing of this one */
static char **arguments;    /* of such a process */

/* The plan of a pair of a chain and a schedule: every chain sees every variation, and so does every schedule. */
static struct plan plan_of(size_t chain, size_t schedule) {
    return (struct plan){
        .chain = test_chain(chain),
        .schedule = net_schedule(schedule),
        .variation = (int)((chain + schedule) % TEST_VARIATIONS),
        .clipped = (chain + schedule / 2) % 2,
    };
}

static const char *name_of(const struct plan *plan) {
    static char name[160];
    snprintf(name, sizeof name, "%s with %s, variation %d%s", plan->chain,
             *plan->schedule ? plan->schedule : "no schedule", plan->variation, plan->clipped ? ", clipped" : "");
    return name;
}

/* A run without a break. */
static struct net *run_through(const struct plan *plan, uint64_t to) {
    struct net *net = net_create(plan->chain, false, false);
    net_configure(net, plan);
    net_run(net, plan, 0, to);
    return net;
}

/* Another handle that the state of the first is loaded into, which has other settings and may have taken steps. */
static struct net *resumed(const struct net *from, const struct plan *plan, const struct bytes *state, bool used) {
    /* the norm of all gradients is summed in the order of the tensors */
    const bool measured = plan->clipped || plan->variation == TEST_VARIATIONS - 1;
    struct net *net = net_create(plan->chain, true, !measured);
    const struct plan other = {plan->chain, used ? "cosine steps=9" : "", used ? 2 : 0, false};
    net_configure(net, &other);
    if (used)
        net_run(net, &other, 0, 13);
    ck_ok(net->opt, optim_set_threads(net->opt, used ? 1 : 3));
    ck_ok(net->opt, net_load(net, state));
    net_copy_weights(net, from);
    return net;
}

/* ---- Bit for bit ---------------------------------------------------------------------------------------------- */

START_TEST(steps_go_on_after_loading) {
    const size_t pairs = test_chains() * net_schedules();
    for (size_t pair = (size_t)_i; pair < pairs; pair += PARTS * net_stride(97, 7)) {
        const struct plan plan = plan_of(pair % test_chains(), pair / test_chains());
        struct net *whole = run_through(&plan, HALF);
        struct bytes state = net_save(whole);
        struct net *half = resumed(whole, &plan, &state, pair % 3 == 1);
        net_assert_same(whole, half, name_of(&plan));
        net_run(whole, &plan, HALF, WHOLE);
        net_run(half, &plan, HALF, WHOLE);
        net_assert_same(whole, half, name_of(&plan));
        bytes_free(&state);
        net_free(whole);
        net_free(half);
    }
}
END_TEST

/* Saved at any step, be it in the middle of gathering gradients or between two syncs. */
START_TEST(every_step_can_be_the_last) {
    static const char *const chains[] = {
        "accumulate(adam)",           "lookahead(momentum)",          "swa(adam)",
        "lookahead(lookahead(adam))", "accumulate(lookahead(nadam))", "accumulate(ema(rprop))",
        "swa(ema(ema(radam)))"};
    const struct plan plan = {chains[_i], "plateau patience=1", 2, false};
    struct net *whole = run_through(&plan, 90);
    for (uint64_t t = 90; t < 130; t++) {
        struct bytes state = net_save(whole);
        struct net *half = net_create(plan.chain, t >= 100, true);
        ck_ok(half->opt, net_load(half, &state));
        net_copy_weights(half, whole);
        net_run(half, &plan, t, t + 15);
        struct net *twin = run_through(&plan, t + 15);
        net_assert_same(twin, half, plan.chain);
        net_run(whole, &plan, t, t + 1);
        bytes_free(&state);
        net_free(half);
        net_free(twin);
    }
    net_free(whole);
}
END_TEST

START_TEST(a_new_process_goes_on) {
    for (size_t c = (size_t)_i; c < test_chains(); c += 4 * net_stride(10, 5)) {
        const size_t schedule = (c * 7 + 5) % net_schedules();
        const struct plan plan = plan_of(c, schedule);
        char chain_text[24], schedule_text[24], from[] = "/tmp/optim-save-XXXXXX", to[] = "/tmp/optim-save-XXXXXX";
        close(mkstemp(from));
        close(mkstemp(to));
        snprintf(chain_text, sizeof chain_text, "%zu", c);
        snprintf(schedule_text, sizeof schedule_text, "%zu", schedule);
        struct net *whole = run_through(&plan, HALF);
        ck_ok(whole->opt, optim_set(whole->opt, "save_weights", 1));
        ck_ok(whole->opt, optim_save(whole->opt, from));
        net_run(whole, &plan, HALF, WHOLE);
        const pid_t child = fork();
        if (child == 0) {
            execl(program, program, "go-on", chain_text, schedule_text, from, to, (char *)NULL);
            _exit(127);
        }
        int status = -1;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %x", name_of(&plan), (unsigned)status);
        struct bytes expected = net_save(whole), got;
        ck_assert(bytes_of_file(to, &got));
        ck_assert_msg(bytes_same(&expected, &got), "%s: another state", name_of(&plan));
        bytes_free(&expected);
        bytes_free(&got);
        unlink(from);
        unlink(to);
        net_free(whole);
    }
}
END_TEST

/* What the new process does: its weights are those of the file. */
START_TEST(goes_on) {
    const struct plan plan = plan_of(strtoul(arguments[0], NULL, 10), strtoul(arguments[1], NULL, 10));
    struct net *net = net_create(plan.chain, true, false);
    memset(net->param, 0, sizeof net->param);
    ck_ok(net->opt, optim_load(net->opt, arguments[2]));
    net_run(net, &plan, HALF, WHOLE);
    ck_ok(net->opt, optim_set(net->opt, "save_weights", 1));
    ck_ok(net->opt, optim_save(net->opt, arguments[3]));
    net_free(net);
}
END_TEST

/* Large enough for several threads, with other threads before and after. */
START_TEST(threads_do_not_matter) {
    static const char *const chains[] = {"adam", "lookahead(momentum)", "accumulate(lion)"};
    enum { COUNT = 300000, STEPS = 6 };
    const size_t count = COUNT;
    float *grad = malloc(COUNT * sizeof *grad), *param[2];
    struct bytes state = {0}, end[2] = {{0}};
    for (size_t i = 0; i < COUNT; i++)
        grad[i] = (float)test_gradient(1, i);
    for (int k = 0; k < 2; k++) {
        optim *opt = test_create(chains[_i]);
        param[k] = calloc(COUNT, sizeof *param[k]);
        ck_ok(opt, optim_add(opt, "large", OPTIM_F32, 1, &count, param[k], grad));
        ck_ok(opt, optim_set_threads(opt, k == 0 ? 1 : 4));
        if (k == 0)
            test_vary(opt, 2);
        else
            ck_ok(opt, optim_read(opt, bytes_take, &state));
        for (int t = k * STEPS / 2; t < STEPS; t++) {
            if (t == STEPS / 2 && k == 0) {
                ck_ok(opt, optim_set(opt, "save_weights", 1));
                ck_ok(opt, optim_write(opt, bytes_append, &state));
            }
            ck_ok(opt, optim_step(opt));
        }
        ck_ok(opt, optim_set(opt, "save_weights", 1));
        ck_ok(opt, optim_write(opt, bytes_append, &end[k]));
        optim_destroy(opt);
    }
    ck_assert(bytes_same(&end[0], &end[1]));
    ck_assert(memcmp(param[0], param[1], COUNT * sizeof(float)) == 0);
    bytes_free(&state);
    for (int k = 0; k < 2; k++) {
        bytes_free(&end[k]);
        free(param[k]);
    }
    free(grad);
}
END_TEST

/* ---- The bytes ------------------------------------------------------------------------------------------------ */

START_TEST(bytes_depend_on_the_state_alone) {
    for (size_t c = 0; c < test_chains(); c += test_stride(9)) {
        struct plan plan = plan_of(c, c % net_schedules());
        plan.clipped = false;
        plan.variation %= TEST_VARIATIONS - 1; /* the last one measures, in the order of the tensors */
        struct net *forwards = net_create(plan.chain, true, false), *backwards = net_create(plan.chain, true, true);
        net_configure(forwards, &plan);
        net_configure(backwards, &plan);
        ck_ok(forwards->opt, optim_set_threads(forwards->opt, 1));
        ck_ok(backwards->opt, optim_set_threads(backwards->opt, 4));
        net_run(forwards, &plan, 0, 33);
        net_run(backwards, &plan, 0, 33);
        net_assert_same(forwards, backwards, name_of(&plan));
        net_free(forwards);
        net_free(backwards);
    }
}
END_TEST

int main(int argc, char **argv) {
    Suite *suite = suite_create("save");
    program = argv[0];
    if (argc == 6 && strcmp(argv[1], "go-on") == 0) {
        TCase *alone = tcase_create("new process");
        arguments = argv + 2;
        tcase_add_test(alone, goes_on);
        suite_add_tcase(suite, alone);
        return test_run(suite);
    }
    TCase *bits = tcase_create("bit for bit"), *bytes = tcase_create("bytes");
    tcase_set_timeout(bits, 600);
    tcase_set_timeout(bytes, 600);
    tcase_add_loop_test(bits, steps_go_on_after_loading, 0, PARTS);
    tcase_add_loop_test(bits, every_step_can_be_the_last, 0, 7);
    const char *sanitizer = getenv("TEST_SANITIZER");
    if (!sanitizer || strcmp(sanitizer, "valgrind") != 0) /* a new process is not in its emulated processor */
        tcase_add_loop_test(bits, a_new_process_goes_on, 0, 4);
    tcase_add_loop_test(bits, threads_do_not_matter, 0, 3);
    tcase_add_test(bytes, bytes_depend_on_the_state_alone);
    suite_add_tcase(suite, bits);
    suite_add_tcase(suite, bytes);
    return test_run(suite);
}
