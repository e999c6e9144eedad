/* The parts of the data, as the header has them. */
#include "saved.h"

#include <stdlib.h>
#include <string.h>

bool optim_saved_element(const char *dtype, uint8_t *element) {
    for (int e = 0; e < OPTIM_ELEMENTS; e++)
        if (dtype && strcmp(dtype, optim_saved_dtype(e)) == 0) {
            *element = (uint8_t)e;
            return true;
        }
    return false;
}

bool optim_saved_bytes(const char *shape, uint8_t element, uint64_t *bytes) {
    bool empty = false;
    *bytes = optim_element_size(element);
    for (const char *at = shape; *at != ']' && at[1] != ']';) {
        char *end;
        const uint64_t n = strtoull(at + 1, &end, 10);
        at = end;
        empty |= n == 0;
        if (n != 0 && *bytes > PTRDIFF_MAX / n)
            return false;
        *bytes *= n ? n : 1;
    }
    if (empty)
        *bytes = 0;
    return true;
}

const char *optim_saved_keep_shape(const json_t *shape, char *to, size_t room) {
    size_t i;
    const json_t *dimension;
    uint64_t n;
    if (!json_is_array(shape))
        return NULL;
    json_array_foreach(shape, i, dimension) {
        if (!optim_json_to_count(dimension, &n))
            return NULL;
    }
    const size_t size = json_dumpb(shape, to, room, JSON_COMPACT);
    if (size == 0 || size >= room)
        return NULL;
    to[size] = 0;
    return to;
}

int optim_saved_add_part(struct saved *saved, char *name, char *value, size_t length) {
    struct saved_part part = {.name = name, .tensor = SIZE_MAX};
    const char *dtype = NULL, *wrong = NULL;
    json_t *shape = NULL, *begin = NULL, *end = NULL;
    uint64_t bytes = 0;
    json_t *json = optim_saved_parse(value, length);
    if (json_unpack(json, "{s:s, s:o, s:[o, o!]}", "dtype", &dtype, "shape", &shape, "data_offsets", &begin, &end) != 0)
        wrong = "must have a dtype, a shape and data_offsets";
    else if (!optim_saved_element(dtype, &part.element))
        wrong = "dtype must be F32 or F64";
    else if (!optim_json_to_count(begin, &part.begin) || !optim_json_to_count(end, &part.end) || part.begin > part.end)
        wrong = "data_offsets must be two whole numbers in order";
    else if (!(part.shape = optim_saved_keep_shape(shape, value, length)) ||
             !optim_saved_bytes(part.shape, part.element, &bytes))
        wrong = "shape must be whole numbers whose product can be counted";
    else if (part.end - part.begin != bytes)
        wrong = "shape and data_offsets are of different sizes";
    json_decref(json);
    if (wrong)
        return optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "the header's \"%.100s\": %s", name, wrong);
    const char *slash = strrchr(name, '/');
    part.slot = slash ? slash + 1 : name;
    struct saved_part *grown =
        optim_grow(saved->parts, &saved->part_capacity, saved->nparts + 1, sizeof(*saved->parts));
    if (!grown)
        return optim_saved_fail_memory(saved);
    saved->parts = grown;
    saved->parts[saved->nparts++] = part;
    return OPTIM_OK;
}

/* Parts of no bytes come before one that begins at the same place; names decide between equals. */
static int by_place(const void *a, const void *b) {
    const struct saved_part *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b) {
    return strcmp((*(struct saved_part *const *)a)->name, (*(struct saved_part *const *)b)->name);
}

const struct saved_part *optim_saved_find_part(const struct saved *saved, const char *name) {
    const struct saved_part like = {.name = (char *)name}, *key = &like;
    struct saved_part *const *found =
        saved->nparts ? bsearch(&key, saved->by_name, saved->nparts, sizeof(*saved->by_name), by_name) : NULL;
    return found ? *found : NULL;
}

int optim_saved_sort_parts(struct saved *saved) {
    if (saved->nparts == 0)
        return OPTIM_OK;
    qsort(saved->parts, saved->nparts, sizeof(*saved->parts), by_place);
    saved->by_name = malloc(saved->nparts * sizeof(*saved->by_name));
    if (!saved->by_name)
        return optim_saved_fail_memory(saved);
    for (size_t i = 0; i < saved->nparts; i++) {
        const struct saved_part *part = &saved->parts[i];
        if (part->begin != saved->size)
            return optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "the data of \"%.100s\" begins at %llu: %llu is next",
                                    part->name, (unsigned long long)part->begin, (unsigned long long)saved->size);
        saved->size = part->end;
        saved->by_name[i] = &saved->parts[i];
    }
    qsort(saved->by_name, saved->nparts, sizeof(*saved->by_name), by_name);
    for (size_t i = 1; i < saved->nparts; i++)
        if (strcmp(saved->by_name[i - 1]->name, saved->by_name[i]->name) == 0)
            return optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "the header has \"%.100s\" twice",
                                    saved->by_name[i]->name);
    return OPTIM_OK;
}
