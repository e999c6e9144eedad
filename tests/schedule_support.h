/* What the tests of schedules share: schedules by text, their equations, and an optimizer to attach them to. */
#ifndef SCHEDULE_SUPPORT_H
#define SCHEDULE_SUPPORT_H

#include "test.h"

/* ---- Schedules by text --------------------------------------------------------------------------------------- */

/*
 * "cosine steps=10 floor=0.1": name=number sets a parameter, number:number is a point. The schedule that a text
 * describes, or that puts around another one.
 */
optim_schedule *schedule_make(const char *text);
optim_schedule *schedule_around(const char *text, optim_schedule *inner);

/* The number that a text sets something to; `otherwise` if it does not. */
double schedule_option(const char *text, const char *name, double otherwise);

/* Schedules without a metric, of every kind; NULL past the last. */
size_t schedule_texts(void);
const char *schedule_text(size_t i);

/* The factor of one of them by its equation, written once more with the C library's functions. */
double schedule_equation(const char *text, uint64_t t);
/* How many kinds have one. */
size_t schedule_equations(void);

double schedule_factor_at(const optim_schedule *s, uint64_t t);

/* To a relative 1e-12, or an absolute 1e-15. */
void check_near(double got, double expected, const char *what, uint64_t t);
bool same_bits(double a, double b);

/* ---- On an optimizer ----------------------------------------------------------------------------------------- */

/* An optimizer with a single weight, which is 3 and whose gradient is 1. */
struct model {
    optim *opt;
    double param, grad;
};

void model_begin(struct model *model, const char *chain);
/* SGD with that learning rate and its schedule. */
void model_scheduled(struct model *model, double lr, optim_schedule *s);

void model_set(struct model *model, const char *name, double value);
void model_attach(struct model *model, const char *name, optim_schedule *s);
void model_step(struct model *model);
void model_epoch(struct model *model, double metric);

/* What the next step uses. */
double model_effective(const struct model *model, const char *name);
double model_effective_for(const struct model *model, const char *tensor, const char *name);
/* What was set. */
double model_base(const struct model *model, const char *name);

#endif
