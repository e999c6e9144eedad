/* See blas.h. */
#include "blas.h"

#if OPTIM_BLAS

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct optim_blas optim_blas;

static char failure[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fail(void) {
    const char *error = dlerror();
    snprintf(failure, sizeof failure, "%.200s", error ? error : OPTIM_BLAS_LIBRARY " cannot be loaded");
}

/* It stays loaded: its own threads may be running. */
static void load(void) {
    void *library = dlopen(OPTIM_BLAS_LIBRARY, RTLD_NOW | RTLD_LOCAL), *symbol;
    if (!library) {
        fail();
        return;
    }
#define X(name)                                                                                                        \
    symbol = dlsym(library, "cblas_" #name);                                                                           \
    memcpy(&optim_blas.name, &symbol, sizeof symbol); /* POSIX has it that this is a function's address */             \
    if (!symbol)                                                                                                       \
        fail();
    OPTIM_BLAS_FUNCTIONS(X)
#undef X
}

const char *optim_blas_load(void) {
    pthread_once(&once, load);
    return *failure ? failure : NULL;
}

#else

const char *optim_blas_load(void) {
    return "this build has no BLAS";
}

#endif
