/* The level-1 BLAS, loaded when it is first asked for: programs that do not ask pay nothing for it. */
#ifndef OPTIM_ENGINE_BLAS_H
#define OPTIM_ENGINE_BLAS_H

#if OPTIM_BLAS

#include <cblas.h>

/* The functions of cblas.h that are used, as saxpy for cblas_saxpy. */
#define OPTIM_BLAS_FUNCTIONS(X) X(saxpy) X(daxpy) X(sscal) X(dscal) X(scopy) X(dcopy)

struct optim_blas {
#define X(name) __typeof__(&cblas_##name) name;
    OPTIM_BLAS_FUNCTIONS(X)
#undef X
};

extern struct optim_blas optim_blas;

#endif

/* Load it, once; NULL, or why that is not possible. */
const char *optim_blas_load(void);

#endif
