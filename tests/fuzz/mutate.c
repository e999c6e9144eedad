/*
 * Mutations that keep a file's checksums right, as the fuzzer would never guess one: it changes the texts of the
 * header, numbers within them, parts and data, and the file is put together and sealed again. Every third time the
 * bytes are changed as they are.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* A file taken apart. */
struct file {
    json_t *header; /* an object, with texts as objects in __metadata__ where they are JSON */
    uint8_t *data;
    size_t size;
};

static uint32_t draw(uint32_t *state, uint32_t below) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return below ? *state % below : 0;
}

static int take_apart(struct file *file, const uint8_t *bytes, size_t size) {
    uint64_t length = 0;
    for (size_t i = 0; i < 8 && i < size; i++)
        length |= (uint64_t)bytes[i] << 8 * i;
    if (size < 8 || length > size - 8)
        return 0;
    file->header = json_loadb((const char *)bytes + 8, (size_t)length, 0, NULL);
    file->size = size - 8 - (size_t)length;
    file->data = malloc(file->size + 64);
    memcpy(file->data, bytes + 8 + length, file->size);
    json_t *metadata = json_object_get(file->header, "__metadata__"), *text;
    const char *key;
    void *next;
    json_object_foreach_safe(metadata, next, key, text) {
        json_t *inner = json_is_string(text) ? json_loads(json_string_value(text), 0, NULL) : NULL;
        if (inner)
            json_object_set_new(metadata, key, inner);
    }
    return json_is_object(file->header) && json_is_object(metadata);
}

/* ---- Sealing -------------------------------------------------------------------------------------------------- */

static json_t *hex(uint64_t sum) {
    char text[17];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)sum);
    return json_string(text);
}

static void seal_slots(const struct file *file, const char *tensor, json_t *slots) {
    const char *slot;
    json_t *sum;
    void *next;
    char name[512];
    json_object_foreach_safe(slots, next, slot, sum) {
        json_int_t begin, end;
        snprintf(name, sizeof name, "%s/%s", tensor, slot);
        json_t *part = json_object_get(file->header, name);
        if (json_unpack(part, "{s:[I,I]}", "data_offsets", &begin, &end) == 0 && begin >= 0 && begin <= end &&
            (size_t)end <= file->size)
            json_object_set_new(slots, slot, hex(XXH3_64bits(file->data + begin, (size_t)(end - begin))));
    }
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void seal(struct file *file) {
    json_t *metadata = json_object_get(file->header, "__metadata__"), *text;
    const size_t most = json_object_size(metadata);
    const char **keys = malloc((most + 1) * sizeof *keys), *key;
    size_t count = 0;
    void *next;
    XXH3_state_t *state = XXH3_createState();
    XXH3_64bits_reset(state);
    json_object_foreach_safe(metadata, next, key, text) {
        if (strncmp(key, "tensor ", 7) == 0)
            seal_slots(file, key + 7, json_object_get(text, "slots"));
        if (!json_is_string(text)) {
            char *dumped = json_dumps(text, JSON_COMPACT | JSON_ENCODE_ANY);
            json_object_set_new(metadata, key, json_string(dumped ? dumped : ""));
            free(dumped);
        }
        keys[count++] = key;
    }
    qsort(keys, count, sizeof *keys, by_text);
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i], "checksum") != 0) {
            const char *value = json_string_value(json_object_get(metadata, keys[i]));
            XXH3_64bits_update(state, keys[i], strlen(keys[i]) + 1);
            XXH3_64bits_update(state, value, strlen(value) + 1);
        }
    char sum[19];
    snprintf(sum, sizeof sum, "\"%016llx\"", (unsigned long long)XXH3_64bits_digest(state));
    json_object_set_new(metadata, "checksum", json_string(sum));
    XXH3_freeState(state);
    free(keys);
}

static size_t put_together(struct file *file, uint8_t *bytes, size_t room) {
    seal(file);
    char *header = json_dumps(file->header, JSON_COMPACT);
    const size_t length = header ? strlen(header) : 0, padded = (length + 7) / 8 * 8;
    const size_t total = header && 8 + padded + file->size <= room ? 8 + padded + file->size : 0;
    if (total) {
        for (size_t i = 0; i < 8; i++)
            bytes[i] = (uint8_t)((uint64_t)padded >> 8 * i);
        memset(bytes + 8, ' ', padded);
        memcpy(bytes + 8, header, length);
        memcpy(bytes + 8 + padded, file->data, file->size);
    }
    free(header);
    return total;
}

/* ---- Changing ------------------------------------------------------------------------------------------------- */

static json_t *odd_value(uint32_t *random) {
    static const char *const values[] = {"0",
                                         "1",
                                         "-1",
                                         "2",
                                         "3",
                                         "0.5",
                                         "-0.0",
                                         "1e300",
                                         "1e-320",
                                         "9223372036854775807",
                                         "-9223372036854775808",
                                         "4294967296",
                                         "9007199254740993",
                                         "\"nan\"",
                                         "\"inf\"",
                                         "\"-inf\"",
                                         "null",
                                         "true",
                                         "[]",
                                         "{}",
                                         "\"\"",
                                         "\"*\"",
                                         "\"weight\"",
                                         "\"plateau\"",
                                         "\"piecewise\"",
                                         "\"warmup\"",
                                         "[[0,1],[5,0.5]]",
                                         "[{\"kind\":\"cosine\",\"values\":{\"steps\":5}}]"};
    return json_loads(values[draw(random, sizeof values / sizeof *values)], JSON_DECODE_ANY, NULL);
}

/* A member of an object, drawn. */
static const char *draw_key(json_t *object, uint32_t *random) {
    uint32_t left = draw(random, (uint32_t)json_object_size(object));
    void *at = json_object_iter(object);
    while (at && left--)
        at = json_object_iter_next(object, at);
    return at ? json_object_iter_key(at) : NULL;
}

/* Somewhere in the tree a value is changed, taken out or put in. */
static void change(json_t *json, uint32_t *random) {
    const size_t count = json_is_object(json) ? json_object_size(json) : json_array_size(json);
    const uint32_t what = draw(random, 10);
    if (json_is_object(json) && count) {
        char *key = strdup(draw_key(json, random));
        json_t *value = json_object_get(json, key);
        if ((json_is_object(value) || json_is_array(value)) && what < 8)
            change(value, random);
        else if (what < 6)
            json_object_set_new(json, key, odd_value(random));
        else if (what < 8)
            json_object_del(json, key);
        else if (what == 8)
            json_object_set(json, draw_key(json, random), value);
        else {
            char other[300];
            snprintf(other, sizeof other, "%.250s%u", key, draw(random, 3));
            json_object_set(json, other, value);
        }
        free(key);
    } else if (json_is_array(json) && count) {
        const size_t i = draw(random, (uint32_t)count);
        json_t *value = json_array_get(json, i);
        if ((json_is_object(value) || json_is_array(value)) && what < 8)
            change(value, random);
        else if (what < 7)
            json_array_set_new(json, i, odd_value(random));
        else if (what == 7)
            json_array_remove(json, i);
        else
            json_array_append(json, value);
    } else if (json_is_array(json))
        json_array_append_new(json, odd_value(random));
    else
        json_object_set_new(json, "x", odd_value(random));
}

/* A text of the metadata as bytes, for the fuzzer's own mutations and its dictionary. */
static void change_text(json_t *metadata, uint32_t *random) {
    enum { ROOM = 4096 };
    const char *key = draw_key(metadata, random);
    char buffer[ROOM + 1],
        *text = key ? json_dumps(json_object_get(metadata, key), JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (text && strlen(text) < ROOM) {
        const size_t length = strlen(text);
        memcpy(buffer, text, length);
        const size_t size = LLVMFuzzerMutate((uint8_t *)buffer, length, ROOM);
        json_t *changed = json_stringn(buffer, size);
        if (changed && !memchr(buffer, 0, size))
            json_object_set(metadata, key, changed);
        json_decref(changed);
    }
    free(text);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
    struct file file = {0};
    uint32_t random = seed * 2654435761u + 1;
    size_t changed = 0;
    if (draw(&random, 3) != 0 && take_apart(&file, data, size)) {
        json_t *metadata = json_object_get(file.header, "__metadata__");
        for (uint32_t times = 1 + draw(&random, 3); times > 0; times--) {
            const uint32_t what = draw(&random, 10);
            if (what < 6)
                change(metadata, &random);
            else if (what < 7)
                change_text(metadata, &random);
            else if (what < 9)
                change(file.header, &random);
            else
                file.size = LLVMFuzzerMutate(file.data, file.size, file.size + 64);
            metadata = json_object_get(file.header, "__metadata__");
            if (!json_is_object(metadata)) {
                json_object_set_new(file.header, "__metadata__", json_object());
                metadata = json_object_get(file.header, "__metadata__");
            }
            if (what == 9)
                break; /* there is room for one growth */
        }
        changed = put_together(&file, data, max_size);
    }
    json_decref(file.header);
    free(file.data);
    return changed ? changed : LLVMFuzzerMutate(data, size, max_size);
}
