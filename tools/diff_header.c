/* How the headers of two files differ: settings, rules, and what they say of tensors. */
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "json.h"
#include "state.h"
#include "text.h"

/* Takes what a and b have; NULL: nothing. */
static void add(json_t *list, const char *kind, const char *name, const char *what, json_t *a, json_t *b) {
    if (a == b || json_equal(a, b)) {
        json_decref(a);
        json_decref(b);
        return;
    }
    json_t *json = json_object();
    json_put(json, kind, json_text(name));
    json_put(json, "what", json_text(what));
    json_put(json, "a", a ? a : json_null());
    json_put(json, "b", b ? b : json_null());
    json_push(list, json);
}

static json_t *copy_of(const json_t *object, const char *key) {
    return json_incref(json_object_get(object, key));
}

/* ---- Settings ------------------------------------------------------------------------------------------------- */

static void diff_values(json_t *list, const char *of, const json_t *a, const json_t *b) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)a, name, value) {
        add(list, "of", of, name, json_incref(value), copy_of(b, name));
    }
    json_object_foreach((json_t *)b, name, value) {
        if (!json_object_get(a, name))
            add(list, "of", of, name, NULL, json_incref(value));
    }
}

json_t *diff_settings(const struct pair *pair) {
    json_t *list = json_array(), *a = saved_file_text(&pair->a, "liboptim"), *b = saved_file_text(&pair->b, "liboptim");
    const char *const whole[] = {"algorithm", "steps", "epochs", "skipped", "finite_steps", "norm"};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        add(list, "of", "optimizer", whole[i], copy_of(a, whole[i]), copy_of(b, whole[i]));
    const bool same_chain = json_equal(json_object_get(a, "algorithm"), json_object_get(b, "algorithm"));
    json_decref(a);
    json_decref(b);
    for (size_t s = 0; same_chain && s < OPTIM_MAX_STAGES; s++) {
        char key[32];
        snprintf(key, sizeof key, "stage %zu", s);
        a = saved_file_text(&pair->a, key);
        b = saved_file_text(&pair->b, key);
        const char *of = json_string_value(json_object_get(a, "of"));
        diff_values(list, of ? of : key, json_object_get(a, "values"), json_object_get(b, "values"));
        add(list, "of", of ? of : key, "chosen", copy_of(a, "chosen"), copy_of(b, "chosen"));
        json_decref(a);
        json_decref(b);
    }
    return list;
}

/* ---- Rules ---------------------------------------------------------------------------------------------------- */

/* Rules by their numbers, since their order matters. */
json_t *diff_rules(const struct pair *pair) {
    json_t *list = json_array();
    for (size_t i = 0;; i++) {
        char key[32];
        snprintf(key, sizeof key, "rule %08zu", i);
        json_t *a = saved_file_text(&pair->a, key), *b = saved_file_text(&pair->b, key);
        if (!a && !b)
            return list;
        add(list, "rule", key + sizeof "rule", "is", a, b);
    }
}

/* ---- Tensors -------------------------------------------------------------------------------------------------- */

static const struct saved_tensor *find_tensor(const struct saved *saved, const char *name) {
    size_t low = 0, high = saved->ntensors; /* they are in the order of their names */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(name, saved->tensors[middle].name);
        if (order == 0)
            return &saved->tensors[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static json_t *steps_json(const struct saved_tensor *tensor) {
    json_t *steps = json_array();
    for (size_t i = 0; i < tensor->stages; i++)
        json_push(steps, json_integer((json_int_t)tensor->t[i]));
    return steps;
}

static json_t *carried_json(const struct saved_tensor *tensor) {
    json_t *carried = json_array();
    for (size_t i = 0; i < tensor->stages; i++)
        json_push(carried, optim_json_from_double(tensor->carried[i]));
    return carried;
}

static void diff_tensor(json_t *list, const struct saved_tensor *a, const struct saved_tensor *b) {
    add(list, "tensor", a->name, "dtype", json_text(optim_saved_dtype(a->element)),
        json_text(optim_saved_dtype(b->element)));
    add(list, "tensor", a->name, "shape", json_loads(a->shape, 0, NULL), json_loads(b->shape, 0, NULL));
    add(list, "tensor", a->name, "steps", steps_json(a), steps_json(b));
    add(list, "tensor", a->name, "carried", carried_json(a), carried_json(b));
}

/* What only one of them has: a's, or b's. */
static void add_missing(json_t *list, const struct saved *in, const struct saved *other, bool a) {
    for (size_t i = 0; i < in->ntensors; i++)
        if (!find_tensor(other, in->tensors[i].name))
            add(list, "tensor", in->tensors[i].name, "is there", json_boolean(a), json_boolean(!a));
    for (size_t i = 0; i < in->nparts; i++) {
        const char *tensor = in->tensors[in->parts[i].tensor].name;
        if (!find_tensor(other, tensor) || optim_saved_find_part(other, in->parts[i].name))
            continue;
        char *what = format_text("has %s", in->parts[i].slot);
        add(list, "tensor", tensor, what, json_boolean(a), json_boolean(!a));
        free(what);
    }
}

json_t *diff_tensors(const struct pair *pair) {
    const struct saved *a = &pair->a.saved, *b = &pair->b.saved;
    json_t *list = json_array();
    add_missing(list, a, b, true);
    add_missing(list, b, a, false);
    for (size_t i = 0; i < a->ntensors; i++) {
        const struct saved_tensor *other = find_tensor(b, a->tensors[i].name);
        if (other)
            diff_tensor(list, &a->tensors[i], other);
    }
    return list;
}
