/* A body as the texts of a file say, with the tensors of the handle that is loaded. */
#include "../schedule.h"
#include "saved.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char the_file[] = "the file"; /* what calls on the new body are made by, for their messages */

static int fail_text(const struct saved *saved, const char *key, const char *wrong) {
    return optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "the header's \"%.100s\": %s", key, wrong);
}

/* What a call on the new body or on a schedule said goes on to the caller. */
static int fail_because(const struct saved *saved, int status, const struct body *said) {
    if (status == OPTIM_ERROR_MEMORY)
        return optim_saved_fail(saved, status, "no memory for what the header says");
    const char *message = said ? said->message : optim_errmsg(NULL);
    return optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "%s", message);
}

/* ---- Hyperparameters ----------------------------------------------------------------------------------------- */

/* The place of a stage's hyperparameter; SIZE_MAX: it has none of that name that is saved. */
static size_t find_place(const struct body *body, size_t stage, const char *name) {
    const struct stage *of = &body->stages[stage];
    for (size_t i = 0; i < of->params; i++)
        if (strcmp(of->type->params[i].name, name) == 0 && !(of->type->params[i].flags & OPTIM_PARAM_NOT_SAVED))
            return of->first_param + i;
    return SIZE_MAX;
}

static int unknown(const struct saved *saved, const struct body *body, size_t stage, const char *name) {
    return optim_saved_fail(
        saved, OPTIM_ERROR_MISMATCH,
        "the file has a hyperparameter \"%.100s\" of %s, which this version (" OPTIM_VERSION ") does not know", name,
        body->stages[stage].family == OPTIM_COMMON ? "all optimizers" : body->stages[stage].preset->name);
}

static int restore_value(const struct saved *saved, struct body *body, size_t stage, const char *name,
                         const json_t *value) {
    const size_t place = find_place(body, stage, name);
    double number;
    if (place == SIZE_MAX)
        return unknown(saved, body, stage, name);
    if (!optim_json_to_double(value, &number))
        return fail_text(saved, name, "must be a number");
    const int status = optim_check_range(body, the_file, optim_describe(body, place), number);
    if (status != OPTIM_OK)
        return fail_because(saved, status, body);
    optim_values(body, 0)[place] = number;
    return OPTIM_OK;
}

/* Every saved hyperparameter begins as its preset has it: the file may be of a version that did not have it yet. */
static int restore_stage(const struct saved *saved, struct body *body, size_t stage) {
    char key[32];
    const char *name;
    json_t *values = NULL, *chosen = NULL, *value;
    size_t i;
    int status = OPTIM_OK;
    snprintf(key, sizeof key, "stage %zu", stage);
    const char *text = optim_saved_find_text(saved, key);
    json_t *json = text ? optim_saved_parse(text, strlen(text)) : NULL;
    if (json_unpack(json, "{s:o, s:o}", "values", &values, "chosen", &chosen) != 0 || !json_is_object(values) ||
        !json_is_array(chosen))
        status = fail_text(saved, key, "must have values, and which are chosen");
    if (status == OPTIM_OK)
        json_object_foreach(values, name, value) {
            status = restore_value(saved, body, stage, name, value);
            if (status != OPTIM_OK)
                break;
        }
    if (status == OPTIM_OK)
        json_array_foreach(chosen, i, value) {
            const size_t place = json_is_string(value) ? find_place(body, stage, json_string_value(value)) : SIZE_MAX;
            if (place == SIZE_MAX) {
                status = fail_text(saved, key, "has chosen what it has not");
                break;
            }
            body->settings[0].chosen |= optim_choice(body, place);
        }
    json_decref(json);
    return status;
}

/* ---- Schedules ----------------------------------------------------------------------------------------------- */

static bool restore_memory(struct memory *memory, const json_t *json) {
    return optim_json_to_double(json_object_get(json, "best"), &memory->best) &&
           optim_json_to_count(json_object_get(json, "bad"), &memory->bad) &&
           optim_json_to_count(json_object_get(json, "rest"), &memory->rest) &&
           optim_json_to_count(json_object_get(json, "cuts"), &memory->cuts);
}

static int restore_points(optim_schedule *s, const json_t *points) {
    size_t i;
    const json_t *point;
    double at, factor;
    int status = OPTIM_OK;
    json_array_foreach(points, i, point) {
        if (!optim_json_to_double(json_array_get(point, 0), &at) ||
            !optim_json_to_double(json_array_get(point, 1), &factor))
            return optim_fail(NULL, OPTIM_ERROR_FORMAT, "a schedule's points must be pairs of numbers");
        if ((status = optim_schedule_point(s, at, factor)) != OPTIM_OK)
            break;
    }
    return status;
}

/* A link of a chain, around what is inside. What is wrong is told as where there is no handle. */
static int restore_link(optim_schedule **s, const json_t *link) {
    const char *kind = json_string_value(json_object_get(link, "kind")), *name;
    const json_t *memory = json_object_get(link, "memory");
    json_t *values = json_object_get(link, "values"), *value;
    optim_schedule *outer = NULL;
    double number;
    if (!kind || !json_is_object(values))
        return optim_fail(NULL, OPTIM_ERROR_FORMAT, "a schedule must have a kind and values");
    int status = *s ? optim_schedule_wrap(&outer, kind, *s) : optim_schedule_create(&outer, kind);
    if (status != OPTIM_OK)
        return status;
    *s = outer;
    json_object_foreach(values, name, value) {
        if (!optim_schedule_has(outer, name) || !optim_json_to_double(value, &number))
            return optim_fail(NULL, OPTIM_ERROR_FORMAT, "a schedule %s has no \"%.100s\" of that kind", kind, name);
        if (isnan(number))
            continue; /* not set, which its owner will notice */
        if ((status = optim_schedule_set(outer, name, number)) != OPTIM_OK)
            return status;
    }
    if (memory && !restore_memory(&outer->memory, memory))
        return optim_fail(NULL, OPTIM_ERROR_FORMAT, "what a schedule %s remembers makes no sense", kind);
    return outer->kind->points ? restore_points(outer, json_object_get(link, "points")) : OPTIM_OK;
}

static int restore_schedule(const struct saved *saved, struct body *body, const char *pattern, size_t param,
                            const json_t *chain) {
    optim_schedule *s = NULL;
    int status = OPTIM_OK;
    for (size_t i = json_array_size(chain); i-- > 0 && status == OPTIM_OK;)
        status = restore_link(&s, json_array_get(chain, i));
    if (status == OPTIM_OK && !s)
        status = optim_fail(NULL, OPTIM_ERROR_FORMAT, "a schedule of no kind");
    if (status != OPTIM_OK)
        status = fail_because(saved, status, NULL);
    else if ((status = optim_attach_param(body, the_file, pattern, param, s)) != OPTIM_OK)
        status = fail_because(saved, status, body);
    if (status != OPTIM_OK)
        optim_schedule_free(s);
    return status;
}

/* ---- Rules --------------------------------------------------------------------------------------------------- */

static int restore_rule(const struct saved *saved, struct body *body, const char *key, const json_t *json) {
    const char *pattern = json_string_value(json_object_get(json, "pattern"));
    const char *name = json_string_value(json_object_get(json, "hyperparameter"));
    const json_t *value = json_object_get(json, "value"), *schedule = json_object_get(json, "schedule");
    uint64_t stage;
    double number;
    if (!pattern || !name || !value == !schedule || !optim_json_to_count(json_object_get(json, "stage"), &stage) ||
        stage >= body->nstages)
        return fail_text(saved, key, "must have a pattern, a stage, a hyperparameter and a value or a schedule");
    const size_t param = find_place(body, (size_t)stage, name);
    if (param == SIZE_MAX)
        return unknown(saved, body, (size_t)stage, name);
    if (json_is_array(schedule))
        return restore_schedule(saved, body, pattern, param, schedule);
    if (schedule ? !json_is_null(schedule) : !optim_json_to_double(value, &number))
        return fail_text(saved, key, "its value must be a number, its schedule a chain or null");
    const struct optim_param *about = optim_describe(body, param);
    int status = schedule ? OPTIM_OK : optim_check_range(body, the_file, about, number);
    if (status == OPTIM_OK && about->flags & OPTIM_PARAM_OF_HANDLE)
        status =
            optim_fail(body, OPTIM_ERROR_FORMAT, "%s: a rule for %s, which is one for all tensors", the_file, name);
    if (status == OPTIM_OK)
        status = schedule ? optim_set_place(body, the_file, pattern, body->params + param, 0)
                          : optim_set_place(body, the_file, pattern, param, number);
    return status == OPTIM_OK ? OPTIM_OK : fail_because(saved, status, body);
}

static int restore_rules(const struct saved *saved, struct body *body) {
    int status = OPTIM_OK;
    for (size_t i = 0; i < saved->ntexts && status == OPTIM_OK; i++) {
        if (strncmp(saved->texts[i].key, "rule ", 5) != 0)
            continue;
        json_t *json = optim_saved_parse(saved->texts[i].value, strlen(saved->texts[i].value));
        status = restore_rule(saved, body, saved->texts[i].key, json);
        json_decref(json);
    }
    return status;
}

/* ---- The whole ----------------------------------------------------------------------------------------------- */

static int restore_whole(const struct saved *saved, struct body *body) {
    static const char key[] = "liboptim";
    uint64_t format = 0;
    const char *text = optim_saved_find_text(saved, key);
    json_t *json = optim_saved_parse(text, strlen(text));
    const char *algorithm = json_string_value(json_object_get(json, "algorithm"));
    const json_t *norm = json_object_get(json, "norm");
    int status = OPTIM_OK;
    if (!optim_json_to_count(json_object_get(json, "format"), &format) || format != OPTIM_STATE_FORMAT)
        status = optim_saved_fail(saved, OPTIM_ERROR_FORMAT,
                                  "a state of format %llu: this version (" OPTIM_VERSION ") reads format %d",
                                  (unsigned long long)format, OPTIM_STATE_FORMAT);
    else if (!algorithm || !optim_json_to_count(json_object_get(json, "steps"), &body->steps) ||
             !optim_json_to_count(json_object_get(json, "epochs"), &body->epochs) ||
             !optim_json_to_count(json_object_get(json, "skipped"), &body->skipped) ||
             !optim_json_to_count(json_object_get(json, "finite_steps"), &body->good) ||
             (!json_is_null(norm) && !optim_json_to_double(norm, &body->last_norm)))
        status = fail_text(saved, key, "must have algorithm, steps, epochs, skipped, finite_steps and norm");
    else if (strcmp(algorithm, body->name) != 0)
        status = optim_saved_fail(saved, OPTIM_ERROR_MISMATCH, "the file is of %.100s, the handle is %s", algorithm,
                                  body->name);
    body->norm_known = !json_is_null(norm);
    json_decref(json);
    return status;
}

/* What was chosen of the hyperparameters that are not saved stays. */
static int keep_unsaved(struct body *body, const struct body *like) {
    int status = OPTIM_OK;
    for (size_t i = 0; i < body->params; i++)
        if (optim_describe(body, i)->flags & OPTIM_PARAM_NOT_SAVED) {
            optim_values(body, 0)[i] = optim_values(like, 0)[i];
            body->settings[0].chosen |= like->settings[0].chosen & optim_choice(body, i);
        }
    for (size_t i = 0; i < like->nrules && status == OPTIM_OK; i++) {
        const struct rule *rule = &like->rules[i];
        if (optim_describe(body, rule->place % body->params)->flags & OPTIM_PARAM_NOT_SAVED)
            status = optim_set_place(body, the_file, rule->pattern, rule->place, rule->value);
    }
    return status;
}

int optim_restore_body(const struct saved *saved, const struct body *like, struct body **out) {
    struct body *body = optim_body_like(like);
    *out = body;
    if (!body)
        return optim_saved_fail(saved, OPTIM_ERROR_MEMORY, "no memory for another handle");
    int status = restore_whole(saved, body);
    for (size_t s = 0; s < body->nstages && status == OPTIM_OK; s++)
        status = restore_stage(saved, body, s);
    if (status == OPTIM_OK) {
        optim_settings_update(body, 0);
        status = restore_rules(saved, body);
    }
    if (status == OPTIM_OK && (status = keep_unsaved(body, like)) != OPTIM_OK)
        status = fail_because(saved, status, body);
    return status;
}
