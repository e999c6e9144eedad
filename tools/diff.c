/* optim diff: how two files differ. */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "json.h"
#include "state.h"
#include "text.h"
#include "tool.h"

/* ---- The data ------------------------------------------------------------------------------------------------- */

/* The indices of an element in a tensor of that shape, outermost dimension first. */
static json_t *place_json(const char *shape, uint64_t at) {
    json_t *dimensions = json_loads(shape, 0, NULL), *place = json_array();
    for (size_t i = json_array_size(dimensions); i-- > 0;) {
        const uint64_t n = (uint64_t)json_integer_value(json_array_get(dimensions, i));
        if (json_array_insert_new(place, 0, json_integer((json_int_t)(at % n))) != 0)
            break;
        at /= n;
    }
    json_decref(dimensions);
    return place;
}

static json_t *largest_json(const struct largest *largest, const char *shape) {
    json_t *json = json_object();
    json_put(json, "by", optim_json_from_double(largest->by));
    json_put(json, "at", place_json(shape, largest->at));
    json_put(json, "a", optim_json_from_double(largest->a));
    json_put(json, "b", optim_json_from_double(largest->b));
    return json;
}

static int add_data(json_t *data, struct pair *pair, const struct saved_part *a, const struct saved_part *b) {
    struct difference difference;
    const int status = compare_parts(&pair->a, a, &pair->b, b, &difference);
    if (status != FINE || difference.differing == 0)
        return status;
    json_t *json = json_object();
    json_put(json, "tensor", json_text(pair->a.saved.tensors[a->tensor].name));
    json_put(json, "slot", json_text(a->slot));
    json_put(json, "elements", json_integer((json_int_t)difference.count));
    json_put(json, "differing", json_integer((json_int_t)difference.differing));
    json_put(json, "absolute", largest_json(&difference.absolute, a->shape));
    json_put(json, "relative", largest_json(&difference.relative, a->shape));
    json_push(data, json);
    return FINE;
}

/* Parts that both have, of the same shape and type. Equal checksums, which were verified, are equal data. */
static int diff_data(struct pair *pair, json_t *data) {
    int status = FINE;
    for (size_t i = 0; i < pair->a.saved.nparts && status == FINE; i++) {
        const struct saved_part *a = &pair->a.saved.parts[i], *b = optim_saved_find_part(&pair->b.saved, a->name);
        if (b && a->element == b->element && strcmp(a->shape, b->shape) == 0 && a->checksum != b->checksum)
            status = add_data(data, pair, a, b);
    }
    return status;
}

/* ---- The whole ------------------------------------------------------------------------------------------------ */

static void tell(void *context, const char *what) {
    const struct saved_file *file = context;
    complain("%s: %s", file->path, what);
}

/* Both must be intact: what is damaged cannot be compared. */
static int open_file(struct saved_file *file, const char *path) {
    int status = saved_file_open(file, path);
    if (status == FINE && file->length == UINT64_MAX) {
        complain("%s: is no regular file", path);
        return FAILED;
    }
    if (status == FINE)
        return saved_file_verify(file, tell, file) == FINE ? FINE : FAILED;
    char *what = saved_file_wrong(file);
    tell(file, what);
    free(what);
    return FAILED;
}

static int compare(const struct arguments *arguments, struct pair *pair) {
    json_t *json = json_object(), *data = json_array();
    json_put(json, "a", json_text(pair->a.path));
    json_put(json, "b", json_text(pair->b.path));
    json_put(json, "settings", diff_settings(pair));
    json_put(json, "rules", diff_rules(pair));
    json_put(json, "tensors", diff_tensors(pair));
    json_put(json, "data", data);
    int status = diff_data(pair, data);
    if (status != FINE) {
        complain("%s: %s", pair->a.why ? pair->a.path : pair->b.path,
                 strerror(pair->a.why ? pair->a.why : pair->b.why));
    } else {
        const char *const parts[] = {"settings", "rules", "tensors", "data"};
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            if (json_array_size(json_object_get(json, parts[i])))
                status = DIFFERS;
        json_put(json, "differ", json_boolean(status == DIFFERS));
        if (arguments->json && !arguments->quiet)
            json_print(json_incref(json));
        else if (!arguments->quiet)
            diff_print(json);
    }
    json_decref(json);
    return status;
}

int command_diff(const struct arguments *arguments) {
    struct pair pair;
    int status = open_file(&pair.a, arguments->operand[0]);
    const int other = open_file(&pair.b, arguments->operand[1]);
    status = status == FINE ? other : status;
    if (status == FINE)
        status = compare(arguments, &pair);
    saved_file_close(&pair.a);
    saved_file_close(&pair.b);
    return status;
}
