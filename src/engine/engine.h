/* The engine: cohorts, programs, the pass over all tiles, threads. */
#ifndef OPTIM_ENGINE_ENGINE_H
#define OPTIM_ENGINE_ENGINE_H

#include "../handle.h"
#include "tiles.h"

/* ---- cohort.c ---- */
/* Put a new tensor, with its settings, where it belongs; the arrays have room. */
void optim_cohort_join(struct body *body, size_t tensor, const struct history *history);
/* Put every tensor where it belongs now. */
void optim_cohorts_regroup(struct body *body);
/* Find out which cohorts take no step this time. */
void optim_cohorts_hold(struct body *body);
/* The step has been taken. */
void optim_cohorts_advance(struct body *body);
void optim_cohorts_reset(struct body *body);
/* The body's work, as long as nothing changes: of a step, or of what concerns tensors without gradient too. */
void optim_count_work(struct body *body, bool resting_too);

/* ---- program.c ---- */
/* OPTIM_NORM is that of the gradients that a step is taken with, OPTIM_GIVEN of those that the caller gave. */
enum optim_purpose { OPTIM_STEP, OPTIM_SWAP, OPTIM_NORM, OPTIM_GIVEN, OPTIM_ROWS };

/* What to do with each tile of a cohort's tensors. */
struct program {
    const struct cohort *cohort; /* NULL: none yet */
    const struct optim_kernels *kernels;
    size_t element_size;
    uint32_t used;  /* bit k: slot k is passed on */
    uint32_t fresh; /* bit k: slot k must be filled first */
    const double *values;
    size_t stretch; /* elements at most to run it on at a time, see tiles.h */
    bool alone;     /* its only call is an update, to which tiles do not matter */
    bool fetches;
    size_t ncalls;
    struct call {
        optim_op *op;
        const void *constants;
        uint32_t first_slot;
    } calls[2 * OPTIM_MAX_STAGES];
    _Alignas(max_align_t) unsigned char constants[OPTIM_MAX_STAGES][OPTIM_MAX_CONSTANTS];
};

/*
 * Ask a stage what to do in the next step, or to measure before it; `constants` are what its operations need, `shrink`
 * is the decay that the stage around it left to it.
 */
void optim_prepare_stage(const struct body *body, const struct cohort *cohort, size_t stage, enum optim_purpose purpose,
                         double shrink, void *constants, struct optim_ops *ops);
/* Nothing is written but the program: threads may prepare the same cohort side by side. */
void optim_program_prepare(struct program *program, const struct body *body, const struct cohort *cohort,
                           enum optim_purpose purpose);
/* Run it on a tile of a tensor. */
void optim_program_run(const struct program *program, const struct body *body, const struct tensor *tensor,
                       struct tiling tiling, size_t begin, size_t end, void *scratch);

/* ---- step.c ---- */
/* The outermost stage with weights that optim_swap exchanges; NULL: none. */
const struct stage *optim_swap_stage(const struct body *body);

/* ---- pass.c ---- */
/* How a tensor is cut with the hyperparameters it has. */
struct tiling optim_tiling(const struct body *body, const struct tensor *tensor);
/* One pass over all tiles, in body->parts parts side by side. */
void optim_pass(struct body *body, enum optim_purpose purpose);

/* ---- pace.c ---- */
/* Into how many parts to split the passes of this step. */
size_t optim_pace_begin(struct body *body);
/* The step has been taken. */
void optim_pace_end(struct body *body);

/* ---- measure.c ---- */
/*
 * What must be known before the step: the norm of the gradients, the sums of rows that are longer than a tile. False:
 * there are gradients that are not finite, and they matter.
 */
bool optim_measure(struct body *body);

/* ---- finite.c ---- */
/* Are all gradients finite, of the tensors for which it matters? Their norms are known. */
bool optim_all_finite(const struct body *body);
/* The gradients are not finite: skip the step, or refuse it. */
int optim_not_finite(struct body *body);
/* A step was taken or skipped: the loss scale follows. */
void optim_loss_scale_update(struct body *body, bool finite);

/* ---- cpus.c ---- */
/* The CPUs this process may use. */
int optim_cpus(void);
/* What the control groups named in the file `self`, in the tree `root`, allow; OPTIM_MAX_THREADS: anything. */
int optim_quota(const char *self, const char *root);

/* ---- pool.c ---- */
/* task(job, i) for every i below count, on the library's threads and this one; alone if they are busy. */
void optim_pool_run(size_t count, optim_task task, void *job);

#endif
