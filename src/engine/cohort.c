/* Cohorts: tensors that share settings and history, for which a step's constants are the same. */
#include "engine.h"

#include <string.h>

enum { LOOK = 16 }; /* how far to look for a like cohort: two that are alike cost a little time, nothing else */

static bool same_history(const struct cohort *a, const struct cohort *b) {
    return a->element == b->element && a->active == b->active && a->started == b->started &&
           memcmp(a->t, b->t, sizeof a->t) == 0;
}

/* The cohort in `cohorts` that is like this one, appended if there is none near. */
static uint32_t find(struct body *body, struct cohort *cohorts, size_t *ncohorts, const struct cohort *like) {
    struct settings *settings = &body->settings[like->settings];
    uint32_t at = settings->cohort;
    for (int looked = 0; at && looked < LOOK; looked++, at = cohorts[at - 1].next)
        if (same_history(&cohorts[at - 1], like))
            return at - 1;
    at = (uint32_t)(*ncohorts)++;
    cohorts[at] = *like;
    cohorts[at].next = settings->cohort;
    settings->cohort = at + 1;
    return at;
}

void optim_cohort_join(struct body *body, size_t tensor) {
    struct tensor *t = &body->tensors[tensor];
    const struct cohort fresh = {.settings = t->settings, .element = t->element, .active = t->grad != NULL};
    t->cohort = find(body, body->cohorts, &body->ncohorts, &fresh);
}

void optim_cohorts_regroup(struct body *body) {
    struct cohort *const old = body->cohorts, *const grouped = body->spare;
    size_t count = 0;
    for (size_t k = 0; k < body->nsettings; k++)
        body->settings[k].cohort = 0;
    for (size_t i = 0; i < body->ntensors; i++) {
        struct tensor *t = &body->tensors[i];
        struct cohort like = old[t->cohort];
        like.settings = t->settings;
        like.active = t->grad != NULL;
        t->cohort = find(body, grouped, &count, &like);
    }
    body->cohorts = grouped;
    body->spare = old;
    body->ncohorts = count;
    body->regroup = false;
}

void optim_cohorts_advance(struct body *body) {
    for (struct cohort *cohort = body->cohorts; cohort < body->cohorts + body->ncohorts; cohort++) {
        if (!cohort->active)
            continue;
        cohort->started |= body->settings[cohort->settings].needed;
        for (size_t s = 0; s < body->nstages; s++)
            cohort->t[s]++;
    }
}

void optim_cohorts_reset(struct body *body) {
    for (struct cohort *cohort = body->cohorts; cohort < body->cohorts + body->ncohorts; cohort++) {
        cohort->started = 0;
        memset(cohort->t, 0, sizeof cohort->t);
    }
    body->regroup = true;
}
