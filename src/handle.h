/*
 * What is behind the opaque handle.
 *
 * A handle is a chain of stages: stage 0 the optimizer, stage 1 what all optimizers have in common, then wrappers,
 * the outermost last. The chain, the tensors and everything else is in one body, which moves from the inner handle to
 * the outer one when an optimizer is wrapped.
 *
 * Hyperparameters of all stages stand in one vector of doubles. Tensors with equal vectors share it ("settings").
 * Tensors that share settings and history (step numbers, state in use) form a "cohort", for which a step's constants
 * are the same; so a step prepares once per cohort, not per tensor.
 */
#ifndef OPTIM_HANDLE_H
#define OPTIM_HANDLE_H

#include "engine/kernels.h"
#include "optim/optim.h"

enum {
    OPTIM_MAX_STAGES = 8,
    OPTIM_MAX_PARAMS = 64,
    OPTIM_MAX_SLOTS = 32,
    OPTIM_MAX_THREADS = 1024,
    OPTIM_WAYS = 11, /* numbers of threads that are tried: 1, 2, 4, up to OPTIM_MAX_THREADS */
    OPTIM_PACES = 7, /* sizes of steps for which they are */
    OPTIM_MESSAGE = 512,
    OPTIM_NAME = 256
};

/* Memory that is freed together. */
struct arena {
    struct chunk *newest;
};

struct arena_mark {
    struct chunk *newest;
    size_t used;
};

struct stage {
    size_t family; /* index into the kernels' families; OPTIM_COMMON: the common one */
    const struct optim_family *type;
    const struct optim_preset *preset;
    size_t first_param, params;
    uint32_t first_slot, slots;
};

#define OPTIM_COMMON SIZE_MAX

struct tensor {
    void *param;
    const void *grad;
    size_t count;
    uint64_t work_before; /* the body's, of all tensors before this one: where threads are split */
    uint32_t settings, cohort;
    uint32_t allocated; /* bit k: slot k has memory */
    size_t first_tile;  /* of all tiles of all tensors, where its own begin */
    double norm, guard; /* of its gradient; what it is measured times, 0 once that is done */
    size_t row;         /* elements for each index of the first dimension; 0: fewer than 2 dimensions */
    uint8_t element;    /* enum optim_element */
    bool matched;       /* by the pattern at hand */
    bool finite;        /* its gradient, if its norm was measured; that may still be more than a double can be */
    char *name;
    size_t ndim, *shape;
};

/* Settings k has its vector at optim_values(body, k). Settings 0: tensors that no rule singles out. */
struct settings {
    size_t users;      /* tensors, and one more for settings 0 */
    size_t matched;    /* of these, by the pattern at hand */
    uint32_t moved;    /* where these go */
    uint32_t needed;   /* bit k: slot k is needed */
    unsigned measures; /* OPTIM_MEASURE_ bits */
    uint64_t chosen;   /* bit i: value i was set, or is part of the preset, and is no untouched default */
    uint32_t cohort;   /* first of the chain of cohorts with these settings, + 1 */
};

struct cohort {
    uint32_t settings, next; /* the next cohort with the same settings, + 1 */
    uint32_t started;        /* bit k: slot k is in use since a step that was taken */
    uint8_t element;
    bool active, rows;                /* has gradients; has 2 dimensions or more */
    bool held;                        /* its optimizer takes no step this time */
    uint64_t t[OPTIM_MAX_STAGES];     /* steps each stage has taken */
    double carried[OPTIM_MAX_STAGES]; /* what each stage's `prepare` left for the next step */
};

/* What a tensor has behind it, as its cohort has it. */
struct history {
    uint32_t started;
    uint64_t t[OPTIM_MAX_STAGES];
    double carried[OPTIM_MAX_STAGES];
};

/* Has it a part in the step that is to be taken? */
static inline bool cohort_steps(const struct cohort *cohort) {
    return cohort->active && !cohort->held;
}

/* For tensors whose name matches, this place of the vector has this value: a hyperparameter, or its schedule. */
struct rule {
    char *pattern;
    size_t place;
    double value;
};

/* A schedule and the hyperparameter it is attached to. Its number, by which settings know it, is its index + 1. */
struct attachment {
    optim_schedule *schedule; /* NULL: detached */
    size_t param;
    double factor; /* in the step at hand */
};

/* With how many threads to take steps of about one size, where that is found out by timing: see engine/pace.c. */
struct pace {
    size_t most;
    optim_executor executor;  /* for which all of this was found out */
    unsigned ways, way;       /* how many there are, and that of this step */
    unsigned chosen, untried; /* the last choice, and how many ways are still to be tried before the next one */
    unsigned left;            /* steps, or more of them, before another way is tried, or chosen */
    unsigned stay;            /* steps from the choice to the next trial; 0: there was no choice yet */
    double begun;             /* this step, in seconds */
    double spent;             /* in a trial, without its first step, in seconds */
    double least[OPTIM_WAYS]; /* seconds a step took for each byte */
};

struct body {
    const struct optim_kernels *kernels[OPTIM_ELEMENTS];
    const struct optim_kernels *light[OPTIM_ELEMENTS]; /* those for what is light, and for what measures */
    bool fetches;                                      /* this processor wants what is in memory fetched ahead */
    struct stage stages[OPTIM_MAX_STAGES];
    size_t nstages, params; /* params: length of a vector of hyperparameters */
    size_t blas, check_finite, grad_scale, loss_scale, save_weights, load_strict; /* where these are in it */
    uint32_t slots;
    char name[OPTIM_NAME];

    struct tensor *tensors;
    size_t ntensors, tensor_capacity;
    void **state;                         /* slot k of tensor i: state[i * slots + k] */
    struct arena arenas[OPTIM_MAX_SLOTS]; /* where slot k of all tensors lies, one behind the other */
    struct arena_mark marks[OPTIM_MAX_SLOTS];
    uint32_t *names; /* hash table of tensor numbers + 1 */
    size_t names_capacity;
    uint64_t work;    /* bytes of memory traffic of a step, and something for each tensor */
    double *measured; /* one for each tile, if anything is measured */
    size_t ntiles, measured_capacity;
    unsigned measures;   /* of all settings in use, once they are checked */
    double norm;         /* of the gradients of the step at hand */
    size_t norm_tensors; /* of how many tensors; 0: it was not measured */
    double last_norm;    /* of the last step */
    bool norm_known;     /* which was measured */

    struct settings *settings;
    double *values;
    size_t nsettings, settings_capacity;
    struct rule *rules;
    size_t nrules, rule_capacity;
    struct attachment *attached;
    size_t nattached, attached_capacity;

    struct cohort *cohorts, *spare; /* tensor_capacity of each */
    size_t ncohorts;
    bool regroup; /* cohorts no longer fit the tensors */
    bool check;   /* hyperparameters changed since a step was taken with them */

    uint64_t steps, epochs, skipped;
    uint64_t good;                   /* steps since the loss scale changed or a step was skipped */
    size_t restored, fresh, ignored; /* tensors, of the last load */
    bool swapped;
    struct pace paces[OPTIM_PACES]; /* by the binary order of the work: gradients of some tensors may come and go */
    int timed;                      /* which of them this step is timed for; -1: none */
    size_t parts;                   /* into which the passes of the step at hand are split */
    int threads;                    /* 0: all there are */
    int all_threads;                /* how many that is; 0: the CPUs this process may use */
    optim_executor executor;
    void *context;
    char message[OPTIM_MESSAGE];
};

struct optim {
    struct body *body;
    struct optim *inner;
    bool owned; /* by a wrapper */
};

/* ---- error.c: write the message, return the status ---- */
__attribute__((format(printf, 3, 4))) int optim_fail(struct body *body, int status, const char *format, ...);
/* An error unless the handle can be used (and is not swapped, if it must not be). */
int optim_check(const optim *opt, const char *function, bool swapped_is_fine);

/* ---- environment.c: what it asks for; an error without a handle if that is not to be had ---- */
int optim_read_environment(struct body *body, bool *blas);

/* ---- suggest.c: "; near: a, b", or all of them if none is near, into text; names end with NULL ---- */
const char *optim_suggest(char *text, size_t size, const char *name, const char *const *names);

/* ---- memory.c ---- */
/*
 * Zeros, aligned to a cache line unless they are few, behind what was handed out before; NULL if there is no memory.
 * Where they begin a large piece of memory, this many bytes are left out before them, a multiple of 64.
 */
void *optim_arena_zeroed(struct arena *arena, size_t bytes, size_t stagger);
/* Free what was handed out since the mark was taken, and nobody has written to; all of it: a mark of {0}. */
struct arena_mark optim_arena_mark(const struct arena *arena);
void optim_arena_release(struct arena *arena, struct arena_mark mark);
/* Everything that was handed out by the one is the other's from now on. */
void optim_arena_join(struct arena *to, struct arena *from);
/* Grow an array to hold at least `needed`; NULL if it cannot, and then it is unchanged. */
void *optim_grow(void *array, size_t *capacity, size_t needed, size_t size);

/* ---- info.c: descriptors by name ---- */
/* A family by its number, OPTIM_COMMON included. */
const struct optim_family *optim_family_of(const struct optim_kernels *kernels, size_t family);
/* The preset of that name and its family; NULL if there is none. */
const struct optim_preset *optim_find(const char *name, size_t *family);
/* Hyperparameter i of a preset, wrapped ones and common ones included; NULL past the end. */
const struct optim_param *optim_find_param(const char *algorithm, size_t i, double *initial);
/* As OPTIM_ERROR_NAME for an unknown algorithm. */
int optim_fail_algorithm(struct body *body, const char *function, const char *name);
/* What a preset starts one of its hyperparameters with. */
double optim_initial(const struct optim_preset *preset, const struct optim_param *param, bool *chosen);

/* May two names mean the same: - is as good as _. */
bool optim_same_name(const char *a, const char *b);
/* What optim_param_info tells, but for the initial value. */
void optim_tell_param(const struct optim_param *param, const char **name, double *min, double *max, const char **help);

/* ---- optim.c ---- */
/* A new body of the same chain, with its defaults and without tensors; NULL: no memory. */
struct body *optim_body_like(const struct body *body);
/* Have one become the other, which has inherited its tensors' state and is gone then. */
void optim_body_replace(struct body *body, struct body *next);
void optim_body_free(struct body *body);

/* ---- engine/cohort.c ---- */
/* The tensor behind those whose work is counted: its own is added. */
void optim_add_work(struct body *body, struct tensor *tensor, bool rests);

/* ---- tensors.c ---- */
/* Add a tensor of another body of the same chain, with its state memory where it has some. All or nothing. */
bool optim_tensor_inherit(struct body *body, const struct body *from, size_t tensor, const struct history *history);
/* The tensor of that name, or SIZE_MAX. */
size_t optim_find_tensor(const struct body *body, const char *name);
size_t optim_element_size(int element);
int optim_dtype(int element);

/* ---- settings.c ---- */
/*
 * The vector of settings k: for each hyperparameter its value; then, for each, the number of its schedule, 0 for none;
 * then, for each, the value in the step at hand, once optim_effective_update has computed it.
 */
double *optim_values(const struct body *body, size_t k);
double *optim_effective(const struct body *body, size_t k);
/* The length of the vectors of `params` hyperparameters, and of the part of it that is set. */
static inline size_t optim_width(size_t params) {
    return 3 * params;
}
static inline size_t optim_set_width(const struct body *body) {
    return 2 * body->params;
}
/* The place of a hyperparameter in the vector, the outermost stage's if several have it. */
int optim_param_index(struct body *body, const char *function, const char *name, size_t *param);
/* The stage whose hyperparameter that is. */
const struct stage *optim_stage_of(const struct body *body, size_t param);
/* What stands at a place of the vector. */
const struct optim_param *optim_describe(const struct body *body, size_t param);
/* The slots needed with these hyperparameters. */
uint32_t optim_needed(const struct body *body, const double *values);
/* Will a step go by them? Without tensors, as if there were one that no rule singles out. */
static inline bool optim_settings_in_use(const struct body *body, size_t k) {
    return body->settings[k].users > (k == 0) || (k == 0 && body->ntensors == 0);
}
/* The bit of `chosen` for a place of the vector: none for a schedule. */
static inline uint64_t optim_choice(const struct body *body, size_t place) {
    return place < body->params ? UINT64_C(1) << place : 0;
}
/* The values of settings k have changed: what they need and measure follows. */
void optim_settings_update(struct body *body, size_t k);
/* Bit k for every slot k of a stage. */
uint32_t optim_stage_slots(const struct stage *stage);
/* Room for what is measured, for this many tiles, if these bits ask for it. */
bool optim_measures_reserve(struct body *body, unsigned measures, size_t tiles);
/* The first two hyperparameters (places in the vector) that contradict each other, if any do. */
bool optim_conflict(const struct body *body, const double *values, struct optim_conflict *conflict);
int optim_fail_conflict(struct body *body, const char *function, const double *values,
                        const struct optim_conflict *conflict);
bool optim_settings_reserve(struct body *body, size_t count);
/* The settings of a tensor of that name; body->nsettings: new ones, values in place, yet to be counted. */
int optim_settings_for(struct body *body, const char *tensor, uint32_t *settings);

/* ---- rules.c ---- */
int optim_check_range(struct body *body, const char *function, const struct optim_param *param, double value);
/* The handle can be used, the pattern is one, the hyperparameter is there and may be set for it. */
int optim_check_rule(const optim *opt, const char *function, const char *pattern, const char *name, size_t *param);
/* Set what stands at a place of the vector, for tensors that match and those to come. All or nothing. */
int optim_set_place(struct body *body, const char *function, const char *pattern, size_t place, double value);
/* Is there a rule of that very pattern for that place? */
bool optim_has_rule(const struct body *body, const char *pattern, size_t place);

/* ---- attach.c ---- */
/* What the next step will use. */
double optim_effective_value(const struct body *body, size_t settings, size_t param);
/* Attach a schedule to a hyperparameter, by its place in the vector. */
int optim_attach_param(struct body *body, const char *function, const char *pattern, size_t param, optim_schedule *s);
/* Compute what this step uses; an error if that is out of range. */
int optim_effective_update(struct body *body);

/* ---- state.c: memory for slots, all or nothing ---- */
void optim_state_begin(struct body *body);
/* Allocate what a tensor needs and has not. */
bool optim_state_reserve(struct body *body, size_t tensor, uint32_t needed);
/* What was allocated since optim_state_begin is the tensor's; or none of it is any tensor's. */
void optim_state_commit(struct body *body, size_t tensor);
void optim_state_cancel(struct body *body);

#endif
