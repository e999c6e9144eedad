/* The handles that the fuzzer and the corpus load into: one of each chain, with tensors of every kind. */
#ifndef HANDLES_H
#define HANDLES_H

#include "bytes.h"

#include <optim/optim.h>

/* The i-th chain, NULL past the last; corpus.py has the same ones. */
const char *handle_chain(size_t i);
/* A handle of that chain after so many steps. NULL: no memory. */
optim *handle_create(const char *chain, int strict, int steps);
/* Steps as those, from time t on; errors are fine. */
void handle_step(optim *opt, int steps);

/*
 * Load bytes into handles of each chain until one is the file's own, new ones and used ones, strictly and not, and
 * abort unless a failed load leaves the handle as it was, and what was loaded can be saved, loaded and saved again as
 * the same bytes, and stepped with. The best status that there was (OPTIM_OK, or the nearest to it).
 */
int handles_try(const unsigned char *data, size_t size);

#endif
