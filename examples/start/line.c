#include <optim/optim.h>
#include <stdio.h>

int main(void) {
    double line[2] = {0, 0}, gradient[2]; /* slope, intercept */
    const size_t count = 2;
    optim *opt;
    if (optim_create(&opt, "adamw") || optim_add(opt, "line", OPTIM_F64, 1, &count, line, gradient) ||
        optim_set(opt, "lr", 0.05) || optim_set(opt, "weight_decay", 0))
        return 1;
    for (int step = 0; step < 1000; step++) {
        gradient[0] = gradient[1] = 0;
        for (double x = -1; x <= 1; x += 0.25) {
            const double error = line[0] * x + line[1] - (2 * x + 1);
            gradient[0] += error * x;
            gradient[1] += error;
        }
        optim_step(opt);
    }
    printf("y = %.3f x + %.3f\n", line[0], line[1]);
    optim_destroy(opt);
}
