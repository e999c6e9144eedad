/* What there is to know of an algorithm, a chain of them, or a schedule. */
#ifndef ABOUT_H
#define ABOUT_H

#include <stdbool.h>
#include <stddef.h>

enum { ABOUT_PARAMS = 64, ABOUT_SLOTS = 32 };

struct about_param {
    const char *of; /* the link of the chain that has it; "common": all optimizers have */
    const char *name, *help;
    double initial, min, max; /* initial NAN: it must be set; max INFINITY: any finite value */
    bool whole;
};

struct about_slot {
    const char *of, *name;
    bool used; /* with the initial hyperparameters */
};

enum about_kind { ABOUT_OPTIMIZER, ABOUT_WRAPPER, ABOUT_SCHEDULE, ABOUT_KINDS };

struct about {
    enum about_kind kind;
    const char *name, *summary; /* summary NULL: of a chain */
    struct about_param params[ABOUT_PARAMS];
    size_t nparams;
    struct about_slot slots[ABOUT_SLOTS];
    size_t nslots, used; /* used: how many are */
    /* of a schedule */
    bool wraps, metric, points;
};

/* "optimizer", "wrapper", "schedule" */
const char *about_kind(const struct about *about);

/* What there is of that name; false, with a complaint: nothing. */
bool about_find(struct about *about, const char *name);

/* The i-th of everything there is: optimizers, then wrappers, then schedules; false: past the end. */
bool about_at(struct about *about, size_t i);

/* "0.9", "must be set" */
void about_initial(const struct about_param *param, char *text, size_t size);

/* "0 to 1", "whole, at least 1" */
void about_range(const struct about_param *param, char *text, size_t size);

/* Print it as JSON: an object. Of everything: an array. False, with a complaint: this build has no JSON. */
bool about_json(const struct about *about);
bool about_json_all(void);

#endif
