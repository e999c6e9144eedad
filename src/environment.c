/* The environment variables, as optim.h says. */
#include "engine/blas.h"
#include "engine/engine.h"
#include "handle.h"

#include <stdlib.h>
#include <string.h>

int optim_read_environment(struct body *body, bool *blas) {
    char names[OPTIM_MESSAGE];
    const char *cpu = getenv("OPTIM_CPU"), *kernels = getenv("OPTIM_KERNELS"), *threads = getenv("OPTIM_NUM_THREADS");
    const struct optim_isa *isa = optim_isa_choose(cpu && *cpu ? cpu : NULL);
    if (!isa)
        return optim_fail(NULL, OPTIM_ERROR_UNSUPPORTED, "optim_create: OPTIM_CPU = %s: here it must be one of %s", cpu,
                          optim_isa_names(names, sizeof names));
    if (kernels && *kernels && strcmp(kernels, "blas") != 0 && strcmp(kernels, "fused") != 0)
        return optim_fail(NULL, OPTIM_ERROR_UNSUPPORTED, "optim_create: OPTIM_KERNELS = %s: must be fused or blas",
                          kernels);
    *blas = kernels && strcmp(kernels, "blas") == 0;
    const char *why = *blas ? optim_blas_load() : NULL;
    if (why)
        return optim_fail(NULL, OPTIM_ERROR_UNSUPPORTED, "optim_create: OPTIM_KERNELS = blas: %s", why);
    optim_cpus(); /* which looks around once, and not in a step */
    if (threads && *threads) {
        char *end;
        const long count = strtol(threads, &end, 10);
        if (*end || count < 1 || count > OPTIM_MAX_THREADS)
            return optim_fail(NULL, OPTIM_ERROR_RANGE,
                              "optim_create: OPTIM_NUM_THREADS = %s: must be a whole number from 1 to %d", threads,
                              OPTIM_MAX_THREADS);
        body->all_threads = (int)count;
    }
    memcpy(body->kernels, isa->kernels, sizeof body->kernels);
    memcpy(body->light, optim_isa_light(isa)->kernels, sizeof body->light);
    body->fetches = optim_isa_fetches();
    return OPTIM_OK;
}
