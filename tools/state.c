/* optim state: what is in a file. */
#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "tool.h"

/* What each hyperparameter of a stage begins as; NULL: this version does not know such a stage. */
static json_t *defaults_of(const char *algorithm, size_t stage, const char *of) {
    optim *opt = NULL;
    json_t *defaults = NULL;
    if (!algorithm || optim_create(&opt, algorithm) != OPTIM_OK)
        return NULL;
    const struct body *body = opt->body;
    const struct stage *found = stage < body->nstages ? &body->stages[stage] : NULL;
    const char *name = !found ? "" : found->family == OPTIM_COMMON ? "common" : found->preset->name;
    if (of && strcmp(of, name) == 0) {
        defaults = json_object();
        for (size_t i = 0; i < found->params; i++)
            json_put(defaults, found->type->params[i].name,
                     optim_json_from_double(optim_values(body, 0)[found->first_param + i]));
    }
    optim_destroy(opt);
    return defaults;
}

/* The stages, with the defaults of what is not as it was. */
static json_t *describe_stages(const struct saved_file *file, const char *algorithm) {
    json_t *stages = json_array(), *stage, *value;
    const char *name;
    char key[32];
    for (size_t s = 0; snprintf(key, sizeof key, "stage %zu", s), (stage = saved_file_text(file, key)); s++) {
        json_t *defaults = defaults_of(algorithm, s, json_string_value(json_object_get(stage, "of")));
        json_t *differ = json_object();
        json_object_foreach(json_object_get(stage, "values"), name, value) {
            json_t *initial = json_object_get(defaults, name);
            if (initial && json_equal(initial, value))
                continue;
            json_t *pair = json_object();
            json_put(pair, "value", json_incref(value));
            json_put(pair, "default", initial ? json_incref(initial) : json_null());
            json_put(differ, name, pair);
        }
        json_decref(defaults);
        json_put(stage, "differ", differ);
        json_push(stages, stage);
    }
    return stages;
}

static json_t *describe_rules(const struct saved_file *file) {
    json_t *rules = json_array();
    for (size_t i = 0; i < file->saved.ntexts; i++) {
        json_t *rule =
            strncmp(file->saved.texts[i].key, "rule ", 5) == 0 ? saved_file_text(file, file->saved.texts[i].key) : NULL;
        if (rule)
            json_push(rules, rule);
    }
    return rules;
}

static json_t *describe_tensor(const struct saved_tensor *tensor) {
    json_t *json = json_object(), *steps = json_array(), *carried = json_array();
    for (size_t i = 0; i < tensor->stages; i++) {
        json_push(steps, json_integer((json_int_t)tensor->t[i]));
        json_push(carried, optim_json_from_double(tensor->carried[i]));
    }
    json_put(json, "name", json_text(tensor->name));
    json_put(json, "dtype", json_text(optim_saved_dtype(tensor->element)));
    json_put(json, "shape", json_loads(tensor->shape, 0, NULL));
    json_put(json, "steps", steps);
    json_put(json, "carried", carried);
    json_put(json, "slots", json_object());
    json_put(json, "bytes", json_integer(0));
    return json;
}

static json_t *describe_tensors(const struct saved_file *file) {
    json_t *tensors = json_array();
    for (size_t i = 0; i < file->saved.ntensors; i++)
        json_push(tensors, describe_tensor(&file->saved.tensors[i]));
    for (size_t i = 0; i < file->saved.nparts; i++) {
        const struct saved_part *part = &file->saved.parts[i];
        json_t *tensor = json_array_get(tensors, part->tensor), *slot = json_object();
        const json_int_t bytes = (json_int_t)(part->end - part->begin);
        json_put(slot, "bytes", json_integer(bytes));
        json_put(slot, "checksum", optim_json_from_hex(part->checksum));
        json_put(json_object_get(tensor, "slots"), part->slot, slot);
        json_put(tensor, "bytes", json_integer(json_integer_value(json_object_get(tensor, "bytes")) + bytes));
    }
    return tensors;
}

json_t *state_describe(const struct saved_file *file) {
    json_t *whole = saved_file_text(file, "liboptim");
    json_t *json = whole ? whole : json_object();
    const char *algorithm = json_string_value(json_object_get(json, "algorithm"));
    json_put(json, "file", json_text(file->path));
    json_put(json, "stages", describe_stages(file, algorithm));
    json_put(json, "rules", describe_rules(file));
    json_put(json, "tensors", describe_tensors(file));
    json_put(json, "bytes", json_integer((json_int_t)(8 + file->saved.length + file->saved.size)));
    json_put(json, "bytes_of_data", json_integer((json_int_t)file->saved.size));
    return json;
}

int command_state(const struct arguments *arguments) {
    struct saved_file file;
    int status = saved_file_open(&file, arguments->operand[0]);
    if (status == FINE) {
        json_t *state = state_describe(&file);
        if (arguments->json)
            json_print(json_incref(state));
        else
            state_print(state, arguments->all);
        json_decref(state);
    } else {
        char *what = saved_file_wrong(&file);
        complain("%s: %s", file.path, what);
        free(what);
        status = FAILED;
    }
    saved_file_close(&file);
    return status;
}
