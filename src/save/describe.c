/* What a handle is, in the texts of a file. */
#include "../schedule.h"
#include "saved.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool optim_texts_add(struct texts *texts, const char *key, json_t *value) {
    struct saved_text *grown = optim_grow(texts->texts, &texts->capacity, texts->count + 1, sizeof(*texts->texts));
    char *copy = strdup(key), *text = value ? optim_json_to_text(value) : NULL;
    json_decref(value);
    if (grown)
        texts->texts = grown;
    if (grown && copy && text) {
        texts->texts[texts->count++] = (struct saved_text){copy, text};
        /* cppcheck-suppress memleak; the text has the copy */
        return true;
    }
    free(copy);
    free(text);
    return false;
}

bool optim_texts_seal(struct texts *texts) {
    qsort(texts->texts, texts->count, sizeof(*texts->texts), optim_saved_by_key);
    uint64_t checksum;
    return optim_saved_checksum_texts(texts->texts, texts->count, &checksum) &&
           optim_texts_add(texts, "checksum", optim_json_from_hex(checksum));
}

void optim_texts_free(struct texts *texts) {
    for (size_t i = 0; i < texts->count; i++) {
        free(texts->texts[i].key);
        free(texts->texts[i].value);
    }
    free(texts->texts);
}

static json_t *describe_whole(const struct body *body) {
    return json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "format", OPTIM_STATE_FORMAT, "version", OPTIM_VERSION,
                     "algorithm", body->name, "steps", (json_int_t)body->steps, "epochs", (json_int_t)body->epochs,
                     "skipped", (json_int_t)body->skipped, "finite_steps", (json_int_t)body->good, "norm",
                     body->norm_known ? optim_json_from_double(body->last_norm) : json_null());
}

/* The hyperparameters of a stage for tensors that no rule singles out, and which of them somebody chose. */
static json_t *describe_stage(const struct body *body, const struct stage *stage) {
    json_t *values = json_object(), *chosen = json_array();
    int failed = 0;
    for (size_t i = 0; i < stage->params; i++) {
        const struct optim_param *param = &stage->type->params[i];
        const size_t place = stage->first_param + i;
        if (param->flags & OPTIM_PARAM_NOT_SAVED)
            continue;
        failed |= json_object_set_new(values, param->name, optim_json_from_double(optim_values(body, 0)[place]));
        if (body->settings[0].chosen & optim_choice(body, place))
            failed |= json_array_append_new(chosen, json_string(param->name));
    }
    const char *name = stage->family == OPTIM_COMMON ? "common" : stage->preset->name;
    json_t *json = json_pack("{s:s, s:o, s:o}", "of", name, "values", values, "chosen", chosen);
    if (failed) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *describe_memory(const struct memory *memory) {
    return json_pack("{s:o, s:I, s:I, s:I}", "best", optim_json_from_double(memory->best), "bad",
                     (json_int_t)memory->bad, "rest", (json_int_t)memory->rest, "cuts", (json_int_t)memory->cuts);
}

/* A schedule and all it wraps, from outside in. */
static json_t *describe_schedule(const struct optim_schedule *s) {
    json_t *chain = json_array();
    int failed = 0;
    for (; s; s = s->inner) {
        const struct optim_param *param;
        json_t *values = json_object(), *points = json_array();
        for (size_t i = 0; (param = optim_schedule_param(s->kind, i)); i++)
            failed |= json_object_set_new(values, param->name, optim_json_from_double(s->h[i]));
        for (size_t i = 0; i < s->npoints; i++)
            failed |= json_array_append_new(points, json_pack("[o, o]", optim_json_from_double(s->points[i].at),
                                                              optim_json_from_double(s->points[i].factor)));
        json_t *link = json_pack("{s:s, s:o}", "kind", s->kind->name, "values", values);
        if (s->kind->points)
            failed |= json_object_set(link, "points", points);
        if (s->kind->observe)
            failed |= json_object_set_new(link, "memory", describe_memory(&s->memory));
        json_decref(points);
        failed |= json_array_append_new(chain, link);
    }
    if (failed) {
        json_decref(chain);
        return NULL;
    }
    return chain;
}

/* That a hyperparameter, `place` of the vector, has a value or a schedule where the pattern matches. */
static json_t *describe_rule(const struct body *body, const char *pattern, size_t place, double value) {
    const bool scheduled = place >= body->params;
    const size_t param = place % body->params;
    const int stage = (int)(optim_stage_of(body, param) - body->stages);
    json_t *json = json_pack("{s:s, s:i, s:s}", "pattern", pattern, "stage", stage, "hyperparameter",
                             optim_describe(body, param)->name);
    json_t *what = !scheduled   ? optim_json_from_double(value)
                   : value == 0 ? json_null()
                                : describe_schedule(body->attached[(size_t)value - 1].schedule);
    if (json_object_set_new(json, scheduled ? "schedule" : "value", what) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static bool add_rule(const struct body *body, struct texts *texts, size_t *number, const char *pattern, size_t place,
                     double value) {
    char key[32];
    snprintf(key, sizeof key, "rule %08zu", (*number)++);
    return optim_texts_add(texts, key, describe_rule(body, pattern, place, value));
}

bool optim_describe_handle(const struct body *body, struct texts *texts) {
    char key[32];
    size_t rules = 0;
    bool fine = optim_texts_add(texts, "liboptim", describe_whole(body));
    for (size_t s = 0; s < body->nstages && fine; s++) {
        snprintf(key, sizeof key, "stage %zu", s);
        fine = optim_texts_add(texts, key, describe_stage(body, &body->stages[s]));
    }
    for (size_t param = 0; param < body->params && fine; param++) { /* schedules that hold for all tensors */
        const double number = optim_values(body, 0)[body->params + param];
        if (number != 0)
            fine = add_rule(body, texts, &rules, "*", body->params + param, number);
    }
    for (size_t i = 0; i < body->nrules && fine; i++) {
        const struct rule *rule = &body->rules[i];
        if (!(optim_describe(body, rule->place % body->params)->flags & OPTIM_PARAM_NOT_SAVED))
            fine = add_rule(body, texts, &rules, rule->pattern, rule->place, rule->value);
    }
    return fine;
}
