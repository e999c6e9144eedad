/* What each configuration (element type and instruction set) of the kernels brings, and how to choose one. */
#ifndef OPTIM_ENGINE_KERNELS_H
#define OPTIM_ENGINE_KERNELS_H

#include "../type.h"

struct optim_kernels {
    const struct optim_family *const *families; /* the registry's, ends with NULL */
    const struct optim_family *common;
    void (*fill)(size_t count, void *to, double value);
    void (*copy)(size_t count, void *to, const void *from);
    optim_op *exchange; /* the weights with slot[0] */
};

/* The element types, as indices. */
enum optim_element { OPTIM_ELEMENT_F32, OPTIM_ELEMENT_F64, OPTIM_ELEMENTS };

struct optim_isa {
    const char *name;
    const struct optim_kernels *kernels[OPTIM_ELEMENTS];
};

/* The widest instruction set that runs here and is not wider than `limit` (NULL: any); NULL if `limit` is unknown. */
const struct optim_isa *optim_isa_choose(const char *limit);

/* The narrowest: metadata is read from its kernels, since all say the same. */
const struct optim_isa *optim_isa_base(void);

/*
 * With which of them, instead of this one, light operations are the fastest in memory, and what measures before a step
 * is anywhere.
 */
const struct optim_isa *optim_isa_light(const struct optim_isa *isa);

/* Is this processor faster in memory if loops have their arrays fetched ahead? */
bool optim_isa_fetches(void);

/* Names of those that run here, separated by ", ". */
const char *optim_isa_names(char *text, size_t size);

#endif
