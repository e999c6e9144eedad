/* From "lookahead(adam)" and the options to an optimizer that is ready for tensors. */
#ifndef OPTIMIZER_H
#define OPTIMIZER_H

#include <optim/optim.h>

#include "options.h"

/* Exits with a message if the name or a setting is wrong. The caller destroys it. */
optim *optimizer_create(const struct options *options, const char *name);

/* Whether the learning rate is this example's, not the library's default and not set by an option. */
bool optimizer_tuned(const struct options *options, const char *name);

/* Whether it works with the gradient of all images only. */
bool optimizer_full_batch(const char *name);

/* Exits with the library's message unless the status is OPTIM_OK. */
void optimizer_check(const optim *opt, int status);

/* Every algorithm there is, on stdout. */
void optimizer_list(void);

#endif
