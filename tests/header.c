/* The header alone, as pedantic C11; and a step, so that it links. C++ compiles this very file too. */
#include <optim/optim.h>

int main(void) {
    const size_t count = 2;
    float weight[2] = {1, 2};
    const float gradient[2] = {1, 1};
    optim *opt;
    if (optim_create(&opt, "sgd") != OPTIM_OK || optim_add(opt, "weight", OPTIM_F32, 1, &count, weight, gradient) ||
        optim_set(opt, "lr", 0.5) || optim_step(opt))
        return 1;
    optim_destroy(opt);
    return weight[0] != 0.5f || weight[1] != 1.5f;
}
