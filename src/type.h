/*
 * What the author of an optimizer or wrapper reads: how an algorithm describes itself to the engine.
 *
 * A file of optimizers/ or wrappers/ holds a family: one element function, and what the engine must know about it.
 * It is compiled once for every element type (`real` is float or double) and instruction set; all of these give
 * the same bits, because an element function uses nothing but + - * / sqrt fabs copysign and selection, and the
 * compiler may neither contract nor reassociate them. What needs more than that is computed once a step, in double,
 * by `prepare`.
 *
 * A family has presets: names under which users create it, each with its own defaults ("adam", "adamw", "amsgrad").
 */
#ifndef OPTIM_TYPE_H
#define OPTIM_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIM_MAX_CONSTANTS 128 /* bytes of constants a family may have: each asserts that its own fit */

#define OPTIM_BELOW_ONE   0.99999999999999988898 /* the largest double below 1: ranges are closed */
#define OPTIM_LEAST_SCALE 1e-30                  /* what gradients may be divided by */
#define OPTIM_MOST_SCALE  1e+30

#define OPTIM_MAX_WHOLE 9007199254740992.0 /* 2^53: the largest double below which all whole numbers exist */

/* A hyperparameter. A family's table ends with one without a name; an optimizer's first one is `lr`. */
struct optim_param {
    const char *name;
    double initial, min, max; /* max INFINITY: any finite value */
    bool whole;               /* whole numbers only */
    const char *help;
    unsigned flags; /* OPTIM_PARAM_ bits */
};

enum {
    OPTIM_PARAM_FOLLOWS_LR = 1, /* a schedule of lr holds for it too */
    OPTIM_PARAM_OF_HANDLE = 2,  /* one value for all tensors: no patterns */
    OPTIM_PARAM_OFF_AT_0 = 4,   /* at 0 it is off, which is no limit of what is above: a schedule does not get there */
    OPTIM_PARAM_A_SCALE = 8,    /* if it is not 0, at least OPTIM_LEAST_SCALE */
    OPTIM_PARAM_NOT_SAVED = 16, /* no part of what is learned: a load leaves it as it is */
};

/* A value remembered for each element. A family's table ends with one without a name. */
struct optim_slot {
    const char *name;
    enum { OPTIM_START_ZERO, OPTIM_START_PARAM, OPTIM_START_HYPERPARAMETER } start; /* what it is at the first step */
    int hyperparameter; /* which, for OPTIM_START_HYPERPARAMETER */
};

/* A name for a family with defaults of its own. The table ends with one without a name. */
struct optim_preset {
    const char *name;
    const char *summary; /* one line: what it does (where it is from) */
    const char *inner;   /* a wrapper's preset that brings its own optimizer, so that optim_create makes both */
    struct {
        const char *name;
        double value;
    } override[8]; /* defaults that differ from the tables', by hyperparameter name */
};

/* What `prepare` is told: the step that is about to be taken by tensors that share hyperparameters and history. */
struct optim_now {
    const double *h;       /* the family's hyperparameters in this step, in the order of its table */
    double lr;             /* the innermost optimizer's */
    uint64_t t;            /* number of this step, from 1 */
    uint32_t slots;        /* bit k: slot k is in use */
    uint32_t fresh;        /* bit k: slot k is used for the first time in this step */
    bool blas;             /* compose it of level-1 BLAS calls if you can */
    double carried;        /* what `prepare` answered at the step before; 0 at the first */
    double norm;           /* of all gradients, if a family measures it */
    bool rows;             /* these tensors have 2 dimensions or more */
    bool leaves_shrinking; /* the optimizer takes the decoupled decay upon itself */
    double shrink;         /* then, for that optimizer: first p := p - shrink p */
};

/* A stretch of one tensor that fits the cache, with the same stretch of its state. */
struct optim_tile {
    size_t count;
    void *param;           /* real[count] */
    const void *grad;      /* real[count]; what comes first may point it to scratch */
    void *scratch;         /* real[count], to keep a changed gradient in: for `before` only */
    void *const *slot;     /* the family's slots, real[count] each, in the order of its table; NULL: not needed */
    void *momentum;        /* real[count], the optimizer's, for a wrapper that pulls it back; NULL: it has none */
    size_t row;            /* length of the rows it is made of; 0: rows do not matter */
    const double *row_sum; /* it is a piece of one row, whose sum this is; NULL: whole rows */
    double norm;           /* of the gradient of the whole tensor, if a family measures it */
    double *measured;      /* where an operation that measures puts its sum */
    double guard;          /* what to scale by when measuring a norm, so that nothing overflows */
    bool fetches;          /* loops have their arrays fetched ahead */
};

typedef void optim_op(const void *constants, struct optim_tile *tile);

/* What `prepare` answers: what to do with each tile; NULL: nothing. */
struct optim_ops {
    optim_op *before; /* on the gradient, before what is inside: wrappers from outside in */
    optim_op *after;  /* on the parameter, after what is inside: the optimizer's update first */
    optim_op *norm;   /* instead of `before`, to measure: the sum of the squared gradients */
    optim_op *rows;   /* likewise, the sum of what the gradients will be before they are centralized */
    double shrink;    /* decoupled decay that is left to the optimizer */
    /* the rest only in a family that `steers` */
    bool hold;      /* what is inside takes no step */
    bool forget;    /* after this step, what is inside starts over */
    double carried; /* for the next step's `prepare` */
};

/* What a family must have measured before a step. */
enum {
    OPTIM_MEASURE_NORM = 1,
    OPTIM_MEASURE_ROWS = 2,
    OPTIM_MEASURE_FINITE = 4 /* and the step must not be taken if it is not finite; asks for the norm too */
};

/* Two hyperparameters (indices) that contradict each other, and why; why NULL: none do. */
struct optim_conflict {
    const char *why;
    int one, other;
};

struct optim_family {
    bool wraps;
    const struct optim_preset *presets;
    const struct optim_param *params;
    const struct optim_slot *slots;
    uint32_t (*needs)(const double *h); /* bit k: slot k is needed with these hyperparameters; NULL: all are */
    struct optim_conflict (*conflict)(const double *h); /* NULL: none can */
    void (*prepare)(const struct optim_now *now, void *constants, struct optim_ops *ops);
    int swap;     /* 1 + the slot that optim_swap exchanges with the weights; 0: none */
    int momentum; /* 1 + the slot with the moving average of gradients; 0: none */
    bool light;   /* it computes so little that in memory some processors are faster with narrower vectors */
    bool shrinks; /* its operation does the decoupled decay too, and saves a pass over the tile */
    bool steers;  /* `prepare` uses hold, forget or carried */
    bool gathers; /* a wrapper that collects gradients while what is inside waits: nothing may go around it */
    unsigned (*measures)(const double *h); /* NULL: nothing */
};

/* 1 - x^n for 0 <= x <= 1: accurate however near x is to 1, and the same bits with every C library. */
double optim_decayed(double x, uint64_t n);

/* Both 1 - x^n and the lag n (1 - x) - (1 - x^n), likewise. */
void optim_lag(double x, uint64_t n, double *decayed, double *lag);

/* e^x for x <= 0, likewise. */
double optim_exp(double x);

/* x to the n-th for 0 <= x <= 1, by squaring: the same bits with every C library. 0 if it is below 2^-200. */
double optim_power(double x, uint64_t n);

/* x to the y-th for 0 <= x and a power of at most 1, likewise; accurate to |y ln x| + 1 ulps. */
double optim_pow(double x, double y);

/* (1 + u)^y for u >= 0 and y <= 0, likewise; u may be too small to add to 1. */
double optim_pow_above_one(double u, double y);

/* (1 + cos(pi x)) / 2 for 0 <= x <= 1, likewise; `left` is 1 - x, which the caller may know better. */
double optim_half_cosine(double x, double left);

/* ---- For the files that are compiled for each element type and instruction set ------------------------------ */

#ifdef OPTIM_REAL

#include <tgmath.h>

typedef OPTIM_REAL real;

/* OPTIM_CONFIGURED(adam) is the name of adam's family in this configuration, such as optim_adam_avx2_f32. */
#define OPTIM_PASTE(name, isa, type)  optim_##name##_##isa##_##type
#define OPTIM_EXPAND(name, isa, type) OPTIM_PASTE(name, isa, type)
#define OPTIM_CONFIGURED(name)        OPTIM_EXPAND(name, OPTIM_ISA, OPTIM_REAL)

/*
 * An exponential moving average, decay * old + weight * new. The decay is kept in two parts because a float near 1
 * is too coarse: 0.9999 rounded to float is off by 1e-4 of 1 - 0.9999, and the average would be off by as much.
 */
struct average {
    real decay, rest, weight;
};

static inline struct average average_of(double decay, double weight) {
    const real nearest = (real)decay;
    return (struct average){nearest, (real)(decay - (double)nearest), (real)weight};
}

static inline real average(struct average a, real old, real new) {
    return a.decay * old + (a.rest * old + a.weight * new);
}

/* Elements of a block, bytes that are fetched at a time, and how far ahead: further, some processors fall behind. */
enum { BLOCK = 64, LINE = 64, AHEAD = 1024 };

/* Have the processor fetch what a loop that is here soon reaches. Behind the end of the array it does no harm. */
static inline void fetch_ahead(const real *here, size_t elements) {
    for (size_t at = 0; at < elements * sizeof(real); at += LINE)
        __builtin_prefetch((const void *)((uintptr_t)here + AHEAD + at));
}

/* What to do with each block, with the elements that are left, and the arrays to fetch ahead. */
#define BLOCKS(tile, i, with_block, with_one, ...)                                                                     \
    do {                                                                                                               \
        const real *const arrays[] = {__VA_ARGS__};                                                                    \
        const size_t count = (tile)->count, blocks = count - count % BLOCK;                                            \
        const bool fetches = (tile)->fetches;                                                                          \
        for (size_t block = 0; block < blocks; block += BLOCK) {                                                       \
            for (size_t k = 0; fetches && k < sizeof arrays / sizeof *arrays; k++)                                     \
                fetch_ahead(arrays[k] + block, BLOCK);                                                                 \
            with_block                                                                                                 \
        }                                                                                                              \
        _Pragma("omp simd") for (size_t i = blocks; i < count; i++) {                                                  \
            with_one;                                                                                                  \
        }                                                                                                              \
    } while (0)

#define OF_BLOCK(i, statement)                                                                                         \
    _Pragma("omp simd") for (size_t at = 0; at < BLOCK; at++) {                                                        \
        const size_t i = block + at;                                                                                   \
        statement;                                                                                                     \
    }

/*
 * For every element i of the tile the statement, which needs no other element. Processors look a number of instructions
 * ahead, so the more there are to an element, the less memory some ask for in time: hence the arrays, named at the end,
 * are fetched ahead where the tile says so.
 */
#define EACH(tile, i, statement, ...) BLOCKS(tile, i, OF_BLOCK(i, statement), statement, __VA_ARGS__)

/*
 * For every element i: what is remembered, then the move; first all of a block of the one, then of the other: a move
 * that divides waits for the divider, and what waits also bounds how far ahead the processor looks. Worth 7 to 10 % in
 * memory, and costs 1 % in cache (Adam on a Zen 4).
 */
#define IN_BLOCKS(tile, i, remember, move, ...)                                                                        \
    BLOCKS(tile, i, OF_BLOCK(i, remember) OF_BLOCK(i, move), remember; move, __VA_ARGS__)

#endif

#endif
