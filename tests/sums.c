/*
 * What is measured of a gradient, by the kernels of each instruction set themselves: which of them a processor uses for
 * that is its own affair. Against the sum as src/engine/sums.h defines it, lane by lane, to the last bit.
 */
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../src/engine/kernels.h"

enum { LARGEST = 300, OFFSETS = 16, LANES = 32, PARAMS = 32 };

/* With as many digits as there can be; of every second gradient also what is tiny, huge or infinite. */
static double value(size_t i, size_t count, double most) {
    const double usual = test_gradient(7, i) / 3;
    return i % 23 == 5      ? -0.0
           : count % 2 == 0 ? usual
           : i % 151 == 150 ? INFINITY
           : i % 29 == 3    ? usual / most
           : i % 31 == 7    ? usual * sqrt(most)
                            : usual;
}

static double sum_of(int dtype, size_t count, const void *x, double scale, bool squared) {
    double lane[LANES] = {0};
    for (size_t i = 0; i < count; i++) {
        const double scaled = scale * test_at(dtype, x, i);
        const volatile double square = scaled * scaled; /* rounded: nothing is fused */
        lane[i % LANES] += squared ? square : scaled;
    }
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t k = 0; k < half; k++)
            lane[k] += lane[half + k];
    return lane[0];
}

/* How these kernels measure the norm, or rows, with defaults; and the constants for it. */
static optim_op *operation(const struct optim_kernels *kernels, bool rows, void *constants) {
    double h[PARAMS];
    struct optim_ops ops = {0};
    for (size_t k = 0; kernels->common->params[k].name; k++) {
        const bool centralizes = strcmp(kernels->common->params[k].name, "centralize") == 0;
        h[k] = centralizes ? 1 : kernels->common->params[k].initial;
    }
    const struct optim_now now = {.h = h, .lr = 0.1, .t = 1, .rows = true};
    kernels->common->prepare(&now, constants, &ops);
    return rows ? ops.rows : ops.norm;
}

static void compare(const char *isa, int dtype, const void *grad, size_t count, double guard, bool rows) {
    _Alignas(max_align_t) unsigned char constants[OPTIM_MAX_CONSTANTS];
    const struct optim_isa *chosen = optim_isa_choose(isa);
    ck_assert_ptr_nonnull(chosen);
    optim_op *measure = operation(chosen->kernels[dtype == OPTIM_F64], rows, constants);
    ck_assert_ptr_nonnull(measure);
    double got = NAN, scratch[LARGEST];
    const double expected = sum_of(dtype, count, grad, guard, !rows);
    struct optim_tile tile = {.count = count, .grad = grad, .scratch = scratch, .measured = &got, .guard = guard};
    measure(constants, &tile);
    ck_assert_msg(memcmp(&got, &expected, sizeof got) == 0 || (isnan(got) && isnan(expected)),
                  "%s, dtype %d, %s of %zu, guard %g: %a, expected %a", isa, dtype, rows ? "rows" : "norm", count,
                  guard, got, expected);
}

START_TEST(sums_are_those_that_are_defined) {
    static const double guards[] = {1, 0x1p-800, 0x1p+700};
    const int dtype = _i % 2 ? OPTIM_F64 : OPTIM_F32;
    const char *isa = test_isa((size_t)_i / 2);
    const size_t size = test_size(dtype);
    for (size_t count = 0; count <= LARGEST; count += test_stride(7))
        for (size_t offset = 0; offset < OFFSETS; offset += test_stride(5)) {
            char *memory = malloc(count + offset ? (count + offset) * size : 1); /* that ends where the gradient does */
            ck_assert_ptr_nonnull(memory);
            void *grad = memory + offset * size;
            for (size_t i = 0; i < count; i++)
                test_put(dtype, grad, i, value(i + offset, count, dtype == OPTIM_F64 ? 1e300 : 1e36));
            for (int k = 0; k < 3; k++)
                compare(isa, dtype, grad, count, guards[k], false);
            compare(isa, dtype, grad, count, 1, true);
            free(memory);
        }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("sums");
    TCase *sums = tcase_create("sums");
    int isas = 0;
    while (test_isa((size_t)isas))
        isas++;
    tcase_set_timeout(sums, 0);
    tcase_add_loop_test(sums, sums_are_those_that_are_defined, 0, 2 * isas);
    suite_add_tcase(suite, sums);
    return test_run(suite);
}
