/* From the options to a schedule of the learning rate. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <optim/optim.h>

#include "options.h"

/* Exits with a message if the name or a setting is wrong. The caller destroys it; NULL: the options ask for none. */
optim_schedule *schedule_create(const struct options *options);

/* Attach it to the learning rate. A training takes so many steps, which are its `steps` unless they were set. */
void schedule_attach(const struct options *options, optim *opt, size_t steps);

/* Every schedule there is, on stdout. */
void schedule_list(void);

#endif
