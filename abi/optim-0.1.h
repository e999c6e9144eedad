/*
 * liboptim: the step of gradient descent.
 *
 * Given parameters and their gradients, take the next step: SGD, momentum, Nesterov, Adam, AdamW, AMSGrad,
 * Lookahead and the rest of the family, over tensors that stay where they are in your memory.
 *
 *     optim *opt;
 *     optim_create(&opt, "adamw");
 *     optim_add(opt, "weight", OPTIM_F32, 1, &count, weight, gradient);
 *     optim_set(opt, "lr", 1e-3);
 *     for (...) { ... compute gradient ...; optim_step(opt); }
 *     optim_destroy(opt);
 *
 * Result. Every function that returns int returns OPTIM_OK (0) or one of the negative OPTIM_ERROR_ values, and
 * after an error the handle is exactly as it was before the call. optim_errmsg says what was wrong. The library
 * never prints, aborts or exits.
 *
 * Threads. One handle may be used by one thread at a time; different handles by any threads at once.
 *
 * Memory. The library keeps the pointers it is given to parameters and gradients, never the memory behind them:
 * it must stay valid until the tensor is bound elsewhere or the handle is destroyed. Strings passed in are copied.
 * Strings returned belong to the library.
 *
 * Same bits. A step's result does not depend on the number of threads or, with the library's own kernels ("blas" = 0),
 * on the processor, the compiler or the caller's floating-point mode; nor on how the parameters are divided into
 * tensors, but for "clip_norm", "clip_tensor_norm" and "centralize". On x86-64 and AArch64 denormal numbers count as 0
 * in a step, so that they cost nothing; these two may differ in what they take for one, in the last place.
 *
 * Environment, read when a handle is created:
 *     OPTIM_CPU          sse2, avx2, avx512 (x86-64): the widest instruction set to use; default: the best there is
 *     OPTIM_KERNELS      fused or blas: where hyperparameter "blas" starts, 0 or 1
 *     OPTIM_NUM_THREADS  what optim_set_threads(opt, 0) means; default: the CPUs this process may use
 */
#ifndef OPTIM_OPTIM_H
#define OPTIM_OPTIM_H

#include <stddef.h>
#include <stdint.h>

/* The version of this header; optim_version is that of the library. */
#define OPTIM_VERSION "0.1.0"

#if defined(__GNUC__)
#define OPTIM_API __attribute__((visibility("default")))
#else
#define OPTIM_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* An optimizer, and the tensors it updates. */
typedef struct optim optim;

/* A factor that changes with time, for a hyperparameter. */
typedef struct optim_schedule optim_schedule;

/* Status values. They are never renumbered. */
#define OPTIM_OK                0     /* done */
#define OPTIM_ERROR_MEMORY      (-1)  /* memory could not be allocated */
#define OPTIM_ERROR_ARGUMENT    (-2)  /* a NULL or a number that the call cannot take */
#define OPTIM_ERROR_NAME        (-3)  /* no algorithm, hyperparameter, tensor or slot of that name */
#define OPTIM_ERROR_RANGE       (-4)  /* a value outside the allowed range, not a number, or not whole */
#define OPTIM_ERROR_DTYPE       (-5)  /* no such element type, or not supported yet */
#define OPTIM_ERROR_SIZE        (-6)  /* more elements or bytes than an address can count */
#define OPTIM_ERROR_DUPLICATE   (-7)  /* a tensor of that name is there already */
#define OPTIM_ERROR_ALIGNMENT   (-8)  /* a pointer not aligned to its element type */
#define OPTIM_ERROR_CONFLICT    (-9)  /* two hyperparameters contradict each other */
#define OPTIM_ERROR_STATE       (-10) /* not possible in the state the handle is in */
#define OPTIM_ERROR_UNSUPPORTED (-11) /* left out of this build, or not possible on this machine */
#define OPTIM_ERROR_NONFINITE   (-12) /* a gradient has an infinity or a NaN, and "check_finite" is 1 */
#define OPTIM_ERROR_IO          (-13) /* a file or stream could not be read or written */
#define OPTIM_ERROR_FORMAT      (-14) /* what was read is no saved state, or is damaged */
#define OPTIM_ERROR_MISMATCH    (-15) /* it is the state of another optimizer, or of other tensors */

/* Element types, for `dtype`. A tensor's parameter, gradient and state all have the same. */
#define OPTIM_F32  1 /* float, 4 bytes */
#define OPTIM_F64  2 /* double, 8 bytes */
#define OPTIM_BF16 3 /* not supported yet: OPTIM_ERROR_DTYPE */
#define OPTIM_F16  4 /* not supported yet: OPTIM_ERROR_DTYPE */

/* The version of the library that runs, as in OPTIM_VERSION. */
OPTIM_API const char *optim_version(void);

/* The class of an error in a few words, "unknown status" for a number that is none. Never NULL. */
OPTIM_API const char *optim_strerror(int status);

/*
 * What exactly went wrong last on this handle: which argument, which value, what is allowed. The text stays until
 * the next call that fails on this handle. opt NULL: the last call that failed without a handle (optim_create,
 * optim_param_info, a NULL handle) in this thread. "" if nothing has failed. Never NULL.
 */
OPTIM_API const char *optim_errmsg(const optim *opt);

/* ---- Lifetime ---------------------------------------------------------------------------------------------- */

/*
 * Create an optimizer without tensors.
 *   out        where to put the handle; untouched on failure
 *   algorithm  "sgd", "adamw", ...: a name from optim_algorithm_name that is not a wrapper; or wrappers with one
 *              inside, as optim_name writes it: "lookahead(adam)", "ema(lookahead(radam))"
 * OPTIM_ERROR_NAME names the nearest algorithms; OPTIM_ERROR_UNSUPPORTED: an environment variable asks for what
 * this machine or build does not have.
 */
OPTIM_API int optim_create(optim **out, const char *algorithm);

/*
 * Put a wrapper such as "lookahead" around an optimizer, with the tensors it may already have.
 *   out    where to put the handle of the whole; untouched on failure
 *   inner  owned by the new handle from now on if the call succeeds: use only *out afterwards, destroying it
 *          destroys inner too, and any call on inner itself is refused with OPTIM_ERROR_STATE (optim_destroy of it
 *          does nothing). If the call fails, inner is still the caller's, and unchanged.
 * Hyperparameters that the wrapper does not have go to what it wraps. Wrappers nest.
 */
OPTIM_API int optim_wrap(optim **out, const char *wrapper, optim *inner);

/* Free a handle, what it wraps, its schedules and all state. The parameters are untouched. NULL is fine. */
OPTIM_API void optim_destroy(optim *opt);

/*
 * Forget all state, what schedules remember, and the counts of steps, epochs and skipped steps; keep tensors,
 * hyperparameters (the loss scale as it is now), rules and schedules.
 */
OPTIM_API int optim_reset(optim *opt);

/* What the handle is: "adam", "lookahead(adam)". NULL if opt is NULL. */
OPTIM_API const char *optim_name(const optim *opt);

/* ---- Tensors ----------------------------------------------------------------------------------------------- */

/*
 * Add a tensor, between any two steps; its number is optim_count before the call. Its state is allocated now, and
 * its own step count, for bias corrections and wrappers, starts at its first step; schedules go by optim_steps.
 *   name   unique in the handle; NULL: the tensor's number as text. Rules match against it ("layer1.bias")
 *   dtype  OPTIM_F32 or OPTIM_F64
 *   ndim, shape  the shape, outermost dimension first; ndim 0 is one element, a dimension of 0 is none
 *   param  as many elements as the shape has, contiguous, aligned to their type; NULL only for no elements
 *   grad   likewise; NULL: no gradient yet, the tensor is left alone until optim_bind gives one
 * Parameters must not overlap each other or any gradient.
 */
OPTIM_API int optim_add(optim *opt, const char *name, int dtype, size_t ndim, const size_t *shape, void *param,
                        const void *grad);

/*
 * New pointers for tensor number `tensor` (counted from 0): same rules as optim_add. grad NULL: no gradient this
 * time, the tensor and its state stay as they are until another is bound, and its step count waits.
 */
OPTIM_API int optim_bind(optim *opt, size_t tensor, void *param, const void *grad);

/* How many tensors there are; 0 if opt is NULL. */
OPTIM_API size_t optim_count(const optim *opt);

/* ---- Hyperparameters --------------------------------------------------------------------------------------- */

/*
 * Set a hyperparameter of every tensor, those added later too. Between any two steps, as often as you like.
 * Refused: a name this optimizer does not have (the message lists near ones), a value that is not finite, out of
 * its range or not whole where only whole numbers make sense, and a value that contradicts another one that was
 * set or that the algorithm is made of ("nesterov" with "dampening"). A value that only contradicts a default is
 * accepted, and refused by optim_step if it is still so then: the order of setting two that belong together is free.
 */
OPTIM_API int optim_set(optim *opt, const char *name, double value);

/*
 * Set it for the tensors whose name matches a shell pattern: * any text, ? any character, [a-z] one of these.
 * A rule holds for tensors added later too, and a later rule wins over an earlier one. A pattern that matches no
 * tensor yet is fine. optim_set(opt, name, value) is optim_set_for(opt, "*", name, value).
 */
OPTIM_API int optim_set_for(optim *opt, const char *pattern, const char *name, double value);

/*
 * The value that was set, for a tensor that no pattern but "*" matches; without its schedule's factor. For
 * "loss_scale" what it has adapted itself to: multiply the loss of the next gradient by it.
 */
OPTIM_API int optim_get(const optim *opt, const char *name, double *value);

/* The value for the tensor of exactly that name, as the next step will use it: times its schedule's factor. */
OPTIM_API int optim_get_for(const optim *opt, const char *tensor, const char *name, double *value);

/* ---- The step ---------------------------------------------------------------------------------------------- */

/*
 * Take one step with all tensors that have a gradient. Nothing is allocated. Gradients are only read. Refused only if
 *   - hyperparameters, as they were set, contradict each other (OPTIM_ERROR_CONFLICT; a step without any tensor finds
 *     out early)
 *   - a schedule's factor puts one out of its range (OPTIM_ERROR_RANGE)
 *   - "check_finite" is 1 for a tensor whose gradient has an infinity or a NaN (OPTIM_ERROR_NONFINITE: which tensor,
 *     and where); no tensor, state or count changes. 2: likewise, but the step is skipped, counted by optim_skipped,
 *     and the result is OPTIM_OK
 *   - the weights are swapped (OPTIM_ERROR_STATE)
 */
OPTIM_API int optim_step(optim *opt);

/* Steps taken since creation or optim_reset, skipped ones not counted; 0 if opt is NULL. */
OPTIM_API uint64_t optim_steps(const optim *opt);

/* Steps skipped since then because a gradient was not finite; 0 if opt is NULL. */
OPTIM_API uint64_t optim_skipped(const optim *opt);

/*
 * The norm of all gradients together in the last step that was taken with any, divided by "grad_scale" and
 * "loss_scale", before clipping. OPTIM_ERROR_STATE: that step had no need of it. "clip_norm", "clip_tensor_norm" and
 * "check_finite" have; "check_finite" 2 only measures, where all is well.
 */
OPTIM_API int optim_norm(const optim *opt, double *norm);

/*
 * Say that an epoch has ended, and with which validation metric (any number, NaN included: no improvement), for
 * schedules that go by epochs or follow the metric. Possible while weights are swapped.
 */
OPTIM_API int optim_epoch(optim *opt, double metric);

/* Epochs ended since creation or optim_reset; 0 if opt is NULL. */
OPTIM_API uint64_t optim_epochs(const optim *opt);

/*
 * Exchange the weights with the outermost wrapper's own (Lookahead's slow ones), to evaluate with them, and back at
 * the next call. While swapped, steps, tensors, optim_wrap and optim_reset are refused. Tensors that have not stepped
 * yet are left alone. OPTIM_ERROR_STATE: no wrapper with weights of its own.
 */
OPTIM_API int optim_swap(optim *opt);

/* ---- Schedules ---------------------------------------------------------------------------------------------- */

/*
 * Create a schedule: "cosine", "exponential", ...: a name from optim_schedule_name that does not wrap. Errors of the
 * functions of this section that take no optimizer are told by optim_errmsg(NULL).
 */
OPTIM_API int optim_schedule_create(optim_schedule **out, const char *kind);

/*
 * Put a schedule such as "warmup" around another one: its factor is the product of both.
 *   out    where to put the schedule; untouched on failure
 *   inner  all it needs must be set. Owned by the new one from now on if the call succeeds, or else still the caller's
 */
OPTIM_API int optim_schedule_wrap(optim_schedule **out, const char *kind, optim_schedule *inner);

/* Free a schedule and what it wraps, unless an optimizer or another schedule owns it. NULL is fine. */
OPTIM_API void optim_schedule_destroy(optim_schedule *s);

/*
 * Set a parameter of a schedule; one that it does not have goes to the one it wraps. Refused: a name that none has, a
 * value out of range or not whole where only whole numbers make sense, and once the schedule is owned.
 */
OPTIM_API int optim_schedule_set(optim_schedule *s, const char *name, double value);

/* A parameter of a schedule, owned or not; NAN: it must be set and is not yet. */
OPTIM_API int optim_schedule_get(const optim_schedule *s, const char *name, double *value);

/*
 * Add a point to a "piecewise" one: from t = `at` on its factor is `factor`. Each point must be after the last one
 * (OPTIM_ERROR_RANGE); neither number may be negative.
 */
OPTIM_API int optim_schedule_point(optim_schedule *s, double at, double factor);

/*
 * Its factor when t steps have been taken, or epochs ended (t = 0 at the first step); owned or not. Of a schedule that
 * follows a metric: the factor now. OPTIM_ERROR_STATE: something must be set first.
 */
OPTIM_API int optim_schedule_factor(const optim_schedule *s, uint64_t t, double *factor);

/*
 * Attach a schedule to a hyperparameter of every tensor: each step uses what was set times the factor at t =
 * optim_steps, or optim_epochs if the schedule's "per_epoch" is 1. Whole numbers are rounded to the nearest.
 * The optimizer owns the schedule if the call succeeds; if it fails, it is still the caller's, and unchanged.
 * OPTIM_ERROR_STATE: the hyperparameter has one already, the schedule is owned already, or something of it must be set
 * first. OPTIM_ERROR_CONFLICT: its parameters contradict each other (optim_schedule_wrap and optim_schedule_factor say
 * so too). OPTIM_ERROR_ARGUMENT: the hyperparameter is a choice ("nesterov"), which a factor makes no sense of, or one
 * of the loss scale, which adapts itself.
 */
OPTIM_API int optim_attach(optim *opt, const char *hyperparameter, optim_schedule *s);

/*
 * The same for the tensors whose name matches a shell pattern, those added later too; a later call wins over an earlier
 * one, as with optim_set_for.
 */
OPTIM_API int optim_attach_for(optim *opt, const char *pattern, const char *hyperparameter, optim_schedule *s);

/* Take all schedules off a hyperparameter, and free them. */
OPTIM_API int optim_detach(optim *opt, const char *hyperparameter);

/* ---- Saving and loading ------------------------------------------------------------------------------------- */

/*
 * Save everything the next steps depend on: the algorithm and its wrappers, hyperparameters and rules (but "blas",
 * which is the machine's), schedules with what they remember, all counts of steps, the loss scale and all state; with
 * "save_weights" at 1, which optim_set does, the parameters too. The bytes do not depend on the order in which tensors
 * were added, on threads or on the machine. The format is a safetensors file: docs/state-format.md.
 *
 * optim_save writes a file beside `path`, has it reach the disk, and puts it in the place of `path`, whose permissions
 * it keeps: whatever happens, `path` is the old file or the new one, whole. A symbolic link is followed.
 * OPTIM_ERROR_IO: which call failed and why; OPTIM_ERROR_STATE: the weights are swapped; OPTIM_ERROR_ARGUMENT: a
 * tensor's name is no UTF-8; OPTIM_ERROR_SIZE: names, rules and shapes take more than the format has room for;
 * OPTIM_ERROR_UNSUPPORTED: this build leaves saving out.
 */
OPTIM_API int optim_save(const optim *opt, const char *path);

/*
 * Load what was saved. The handle must be of the same chain of algorithms and have the saved tensors under the same
 * names, in any order, with the same shapes and types; hyperparameters, rules and schedules become the saved ones
 * (schedules that were attached are freed), threads and executor stay. With "load_strict" at 0, tensors that are not
 * in the file start fresh, and what is there for others is ignored.
 *
 * Nothing changes unless everything is right, checksums included; only state that no step has used yet may have become
 * zeros. Then the steps go on with the very bits they would have had. Pointers to state stay valid. While a handle
 * that has taken steps is being loaded, there is memory for both its states.
 * OPTIM_ERROR_MISMATCH lists what differs; OPTIM_ERROR_FORMAT says what is wrong with the file.
 */
OPTIM_API int optim_load(optim *opt, const char *path);

/* Take `size` bytes that follow those taken before: 0 if all were, anything else stops with OPTIM_ERROR_IO. */
typedef int (*optim_writer)(void *context, const void *data, size_t size);

/* Give the next `size` bytes: 0 if they are in `data`, anything else stops with OPTIM_ERROR_IO. */
typedef int (*optim_reader)(void *context, void *data, size_t size);

/* The same to and from anywhere, from front to back. A reader is asked for nothing that follows the state. */
OPTIM_API int optim_write(const optim *opt, optim_writer write, void *context);
OPTIM_API int optim_read(optim *opt, optim_reader read, void *context);

/*
 * Of the last load of this handle: tensors that were in the file, that started fresh, and that were in the file but
 * are not in the handle. All are 0 before the first. Each of them may be NULL.
 */
OPTIM_API int optim_loaded(const optim *opt, size_t *restored, size_t *fresh, size_t *ignored);

/* ---- Threads ----------------------------------------------------------------------------------------------- */

/*
 * How many threads a step may use, the calling one included: 1 to 1024; 0: as many as this process may use (the
 * default). Steps too small to gain from threads run on the caller alone. The threads are shared by all handles,
 * start at the first step that is big enough, and sleep between steps. The result never depends on their number. A
 * thread that is cancelled (pthread_cancel) during a step finishes it first.
 */
OPTIM_API int optim_set_threads(optim *opt, int threads);

/* A piece of a step, and what runs all pieces: see optim_set_executor. */
typedef void (*optim_task)(void *job, size_t index);
typedef void (*optim_executor)(void *context, size_t count, optim_task task, void *job);

/*
 * Run steps on the application's own threads. `run` must call task(job, index) once for every index from 0 to
 * count - 1, on any threads in any order, and return when all have returned. `count` is at most the number set by
 * optim_set_threads. Each task needs 64 KiB of stack. run NULL: back to the library's threads.
 */
OPTIM_API int optim_set_executor(optim *opt, optim_executor run, void *context);

/* ---- What there is: for bindings, documentation and tools -------------------------------------------------- */

/* The number of algorithms, wrappers included. */
OPTIM_API size_t optim_algorithm_count(void);

/* The name of the i-th, counted from 0, in a fixed order; NULL past the end. */
OPTIM_API const char *optim_algorithm_name(size_t i);

/* One line that says what it does and where it is from; NULL if there is none of that name. */
OPTIM_API const char *optim_algorithm_summary(const char *algorithm);

/* 1: the name is for optim_wrap, 0: for optim_create, OPTIM_ERROR_NAME: there is none of that name. */
OPTIM_API int optim_algorithm_wraps(const char *algorithm);

/* The number of hyperparameters it has; 0 if there is none of that name. */
OPTIM_API size_t optim_param_count(const char *algorithm);

/*
 * About its i-th hyperparameter, counted from 0: name, value in a new handle, smallest and largest value allowed
 * (INFINITY: any finite one), and a line of help. Each pointer may be NULL.
 */
OPTIM_API int optim_param_info(const char *algorithm, size_t i, const char **name, double *initial, double *min,
                               double *max, const char **help);

/* The number of kinds of schedules, those that wrap included. */
OPTIM_API size_t optim_schedule_count(void);

/* The name of the i-th, counted from 0, in a fixed order; NULL past the end. */
OPTIM_API const char *optim_schedule_name(size_t i);

/* One line that says what it does and where it is from; NULL if there is none of that name. */
OPTIM_API const char *optim_schedule_summary(const char *kind);

/* 1: the name is for optim_schedule_wrap, 0: for optim_schedule_create, OPTIM_ERROR_NAME: there is no such kind. */
OPTIM_API int optim_schedule_wraps(const char *kind);

/* The number of parameters it has; 0 if there is none of that name. */
OPTIM_API size_t optim_schedule_param_count(const char *kind);

/* About its i-th parameter, as optim_param_info; initial NAN: it has none, and must be set. */
OPTIM_API int optim_schedule_param_info(const char *kind, size_t i, const char **name, double *initial, double *min,
                                        double *max, const char **help);

/* The number of state slots it can have: the values it remembers for each element; 0 if there is none of that name. */
OPTIM_API size_t optim_slot_count(const char *algorithm);

/* The name of its i-th slot, for optim_state; NULL past the end. */
OPTIM_API const char *optim_slot_name(const char *algorithm, size_t i);

/*
 * A view of a tensor's state, for reading and for restoring: `count` elements of `dtype` that belong to the handle.
 *   slot   "exp_avg", "momentum_buffer", "slow", ...: a slot of the algorithm or of a wrapper around it, outermost
 *          first
 * OPTIM_ERROR_STATE: the slot is not in use with these hyperparameters. The pointer stays valid as long as the
 * handle. Before the tensor's first step the view is all 0; after optim_reset it keeps the old values until the next
 * step. Each of data, dtype, count may be NULL.
 */
OPTIM_API int optim_state(const optim *opt, size_t tensor, const char *slot, void **data, int *dtype, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
