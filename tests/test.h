/* What the test programs share: running a suite, inputs that can be had anywhere, what to cross tests with. */
#ifndef TEST_H
#define TEST_H

#include <check.h>
#include <optim/optim.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Run every test case of a suite; the exit status of the program. */
int test_run(Suite *suite);

/* Start weight of element i, and its gradient at step t: tests/oracle/README.md says what they are and why. */
double test_weight(size_t i);
double test_gradient(uint64_t t, size_t i);

/* A number drawn from `state`, the same everywhere. */
uint64_t test_random(uint64_t *state);

/* Value i of an array of `dtype`. */
double test_at(int dtype, const void *array, size_t i);
void test_put(int dtype, void *array, size_t i, double value);
size_t test_size(int dtype);
#define TEST_DTYPES 2 /* OPTIM_F32 and OPTIM_F64, which are 1 and 2 */

/* Every optimizer that optim_create takes, and every one of them in every wrapper: "adam", "lookahead(adam)". */
size_t test_chains(void);
const char *test_chain(size_t i);
/* Make the optimizer of that name. */
optim *test_create(const char *chain);
/* Settings that give it state and work of every kind; variation 0 are the defaults. */
#define TEST_VARIATIONS 5 /* the last one measures: rows and norms */
void test_vary(optim *opt, int variation);

/* 1, or more if TEST_QUICK is set (under valgrind): then only every so manieth case is run. */
size_t test_stride(size_t when_quick);

/* The instruction sets that run here, NULL past the last. */
const char *test_isa(size_t i);

#define ck_ok(opt, call) ck_assert_msg((call) == OPTIM_OK, "%s: %s", #call, optim_errmsg(opt))
/* The call fails with that status, and its message contains the text. */
#define ck_fails(opt, status, text, call)                                                                              \
    do {                                                                                                               \
        const int got = (call);                                                                                        \
        ck_assert_msg(got == (status), "%s: %d (%s)", #call, got, optim_errmsg(opt));                                  \
        ck_assert_msg(strstr(optim_errmsg(opt), text), "%s: \"%s\" not in \"%s\"", #call, text, optim_errmsg(opt));    \
    } while (0)

#endif
