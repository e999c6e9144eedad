/* One pass over all tiles of all tensors, split evenly between threads. */
#include "engine.h"
#include "floating.h"

#include <pthread.h>

enum {
    PROGRAMS = 8, /* prepared at once in a part */
    AHEAD = 8     /* tensors whose first lines are fetched ahead, so that many small ones do not each wait for memory */
};

struct pass {
    const struct body *body;
    enum optim_purpose purpose;
    size_t parts;
};

struct tiling optim_tiling(const struct body *body, const struct tensor *tensor) {
    const bool rows = body->settings[tensor->settings].measures & OPTIM_MEASURE_ROWS;
    return tiling_of(rows ? tensor->row : 0);
}

/* A place in the sequence of all elements of all tensors, at the edge of a tile. */
struct place {
    size_t tensor, element;
};

/* Where part `part` begins: the tensor at that share of the work, and the edge of a tile next to it. */
static struct place begin(const struct pass *pass, size_t part) {
    const struct body *body = pass->body;
    const uint64_t at = body->work / pass->parts * part + body->work % pass->parts * part / pass->parts;
    size_t low = 0, high = body->ntensors;
    if (part == 0 || part == pass->parts)
        return (struct place){part == 0 ? 0 : body->ntensors, 0};
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (body->tensors[middle].work_before <= at)
            low = middle;
        else
            high = middle;
    }
    const struct tensor *t = &body->tensors[low];
    const uint64_t work = (low + 1 < body->ntensors ? t[1].work_before : body->work) - t->work_before;
    const size_t element = (size_t)((double)(at - t->work_before) / (double)work * (double)t->count);
    if (element >= t->count)
        return (struct place){low, t->count};
    const struct tiling tiling = optim_tiling(body, t);
    const size_t before = tiling_begin(tiling, element), after = tiling_end(tiling, before, t->count);
    return (struct place){low, element - before < after - element ? before : after};
}

/* Have the beginning of a tensor and its state fetched into the cache; a number past the end is fine. */
static void fetch_tensor(const struct body *body, size_t number) {
    if (number >= body->ntensors)
        return;
    const struct tensor *tensor = &body->tensors[number];
    __builtin_prefetch(tensor->param, 1);
    __builtin_prefetch(tensor->grad, 0); /* no address is wrong */
    for (uint32_t k = 0; k < body->slots; k++)
        if (tensor->allocated >> k & 1)
            __builtin_prefetch(body->state[number * body->slots + k], 1);
}

static bool takes_part(const struct tensor *tensor, const struct cohort *cohort, struct tiling tiling,
                       enum optim_purpose purpose) {
    if (purpose == OPTIM_SWAP)
        return true;
    if (purpose == OPTIM_ROWS && !tiling_cuts_rows(tiling))
        return false;
    if ((purpose == OPTIM_NORM || purpose == OPTIM_GIVEN) && tensor->guard == 0)
        return false;
    return purpose == OPTIM_STEP || purpose == OPTIM_GIVEN ? cohort->active : cohort_steps(cohort);
}

static void run_tensor(const struct pass *pass, struct program *programs, size_t number, size_t from, size_t to,
                       void *scratch) {
    const struct body *body = pass->body;
    const struct tensor *tensor = &body->tensors[number];
    const struct cohort *cohort = &body->cohorts[tensor->cohort];
    const struct tiling tiling = optim_tiling(body, tensor);
    struct program *program = &programs[tensor->cohort % PROGRAMS];
    if (!takes_part(tensor, cohort, tiling, pass->purpose))
        return;
    if (program->cohort != cohort)
        optim_program_prepare(program, body, cohort, pass->purpose);
    for (size_t at = from, end; at < to; at = end) {
        end = program->alone ? to : tiling_end(tiling, at, tensor->count);
        optim_program_run(program, body, tensor, tiling, at, end, scratch);
    }
}

static void run_part(const struct pass *pass, size_t part) {
    const struct body *body = pass->body;
    const struct place first = begin(pass, part), end = begin(pass, part + 1);
    struct program programs[PROGRAMS];
    _Alignas(64) double scratch[OPTIM_TILE];
    for (int i = 0; i < PROGRAMS; i++)
        programs[i].cohort = NULL;
    for (size_t i = first.tensor; i < body->ntensors && i <= end.tensor; i++) {
        fetch_tensor(body, i + AHEAD);
        const size_t from = i == first.tensor ? first.element : 0;
        const size_t to = i == end.tensor ? end.element : body->tensors[i].count;
        if (from < to)
            run_tensor(pass, programs, i, from, to, scratch);
    }
}

/* The same on a thread that may compute in another floating-point mode. */
static void run_part_anywhere(void *job, size_t part) {
    const floating_mode mode = floating_enter();
    run_part(job, part);
    floating_leave(mode);
}

/* A thread that is cancelled meanwhile finishes first: others are at work for it, on what is on its stack. */
static void run_side_by_side(struct body *body, struct pass *pass) {
    int cancelable;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelable);
    if (body->executor)
        body->executor(body->context, pass->parts, run_part_anywhere, pass);
    else
        optim_pool_run(pass->parts, run_part_anywhere, pass);
    pthread_setcancelstate(cancelable, NULL);
}

void optim_pass(struct body *body, enum optim_purpose purpose) {
    struct pass pass = {body, purpose, body->parts};
    if (pass.parts == 1)
        run_part(&pass, 0);
    else
        run_side_by_side(body, &pass);
}
