/* The header of a file: everything that can be known of it without a handle. */
#include "saved.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int optim_saved_fail(const struct saved *saved, int status, const char *format, ...) {
    char text[OPTIM_MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return optim_fail(saved->body, status, "%s: %s", saved->function, text);
}

int optim_saved_fail_memory(const struct saved *saved) {
    return optim_saved_fail(saved, OPTIM_ERROR_MEMORY, "no memory for what the header says");
}

/* ---- Texts -------------------------------------------------------------------------------------------------- */

static int add_text(struct saved *saved, char *key, char *value, size_t length) {
    struct saved_text *grown =
        optim_grow(saved->texts, &saved->text_capacity, saved->ntexts + 1, sizeof(*saved->texts));
    if (!grown)
        return optim_saved_fail_memory(saved);
    saved->texts = grown;
    char *decoded = optim_walk_string(value, length);
    if (!decoded)
        return optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "the header's \"__metadata__\" has no text for \"%.100s\"",
                                key);
    saved->texts[saved->ntexts++] = (struct saved_text){key, decoded};
    return OPTIM_OK;
}

int optim_saved_by_key(const void *a, const void *b) {
    return strcmp(((const struct saved_text *)a)->key, ((const struct saved_text *)b)->key);
}

const char *optim_saved_find_text(const struct saved *saved, const char *key) {
    const struct saved_text like = {.key = (char *)key};
    const struct saved_text *found =
        saved->ntexts ? bsearch(&like, saved->texts, saved->ntexts, sizeof(*saved->texts), optim_saved_by_key) : NULL;
    return found ? found->value : NULL;
}

json_t *optim_saved_parse(const char *text, size_t length) {
    return length <= SAVED_ENTRY ? json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL) : NULL;
}

static int walk_texts(struct saved *saved, char *value, size_t length) {
    struct walk walk = optim_walk_begin(value, length);
    char *key, *text;
    int status = OPTIM_OK;
    if (saved->has_texts)
        return optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "the header has \"__metadata__\" twice");
    saved->has_texts = true;
    while (status == OPTIM_OK && optim_walk_next(&walk, &key, &text, &length))
        status = add_text(saved, key, text, length);
    if (status == OPTIM_OK && walk.wrong)
        status = optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "the header's \"__metadata__\": %s", walk.wrong);
    return status;
}

static int check_texts(struct saved *saved) {
    uint64_t checksum = 0, expected;
    if (saved->ntexts)
        qsort(saved->texts, saved->ntexts, sizeof(*saved->texts), optim_saved_by_key);
    for (size_t i = 1; i < saved->ntexts; i++)
        if (strcmp(saved->texts[i - 1].key, saved->texts[i].key) == 0)
            return optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "the header's \"__metadata__\" has \"%.100s\" twice",
                                    saved->texts[i].key);
    const char *text = optim_saved_find_text(saved, "checksum");
    if (!text || !optim_saved_find_text(saved, "liboptim"))
        return optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "a safetensors file, but not of an optimizer's state");
    if (!optim_saved_checksum_texts(saved->texts, saved->ntexts, &expected))
        return optim_saved_fail_memory(saved);
    json_t *json = optim_saved_parse(text, strlen(text));
    const bool fits = optim_json_to_hex(json, &checksum) && checksum == expected;
    json_decref(json);
    return fits ? OPTIM_OK
                : optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "the header is damaged: its checksum is another");
}

/* ---- Tensors ------------------------------------------------------------------------------------------------ */

static bool read_history(const json_t *json, struct saved_tensor *tensor) {
    const json_t *steps = json_object_get(json, "steps"), *carried = json_object_get(json, "carried");
    const size_t stages = json_array_size(steps);
    if (stages == 0 || stages > OPTIM_MAX_STAGES || json_array_size(carried) != stages)
        return false;
    tensor->stages = (uint8_t)stages;
    for (size_t i = 0; i < stages; i++)
        if (!optim_json_to_count(json_array_get(steps, i), &tensor->t[i]) ||
            !optim_json_to_double(json_array_get(carried, i), &tensor->carried[i]))
            return false;
    return true;
}

/* Find the parts that a tensor's text tells of, and tell them their checksums. */
static int claim_parts(struct saved *saved, const struct saved_tensor *tensor, json_t *slots) {
    const char *slot;
    json_t *checksum;
    json_object_foreach(slots, slot, checksum) {
        char *name = malloc(strlen(tensor->name) + strlen(slot) + 2);
        if (!name)
            return optim_saved_fail_memory(saved);
        sprintf(name, "%s/%s", tensor->name, slot);
        struct saved_part *part = (struct saved_part *)optim_saved_find_part(saved, name);
        const bool fits = part && part->tensor == SIZE_MAX && part->element == tensor->element &&
                          strcmp(part->shape, tensor->shape) == 0 && optim_json_to_hex(checksum, &part->checksum) &&
                          !strchr(slot, '/');
        if (fits)
            part->tensor = saved->ntensors;
        const int status = fits ? OPTIM_OK
                                : optim_saved_fail(saved, OPTIM_ERROR_FORMAT,
                                                   "\"%.100s\" is missing, or of another shape or type", name);
        free(name);
        if (!fits)
            return status;
    }
    return OPTIM_OK;
}

static int add_tensor(struct saved *saved, char *name, char *text) {
    struct saved_tensor tensor = {.name = name};
    const char *dtype = NULL;
    json_t *shape = NULL, *slots = NULL;
    uint64_t bytes;
    const size_t length = strlen(text);
    int status = OPTIM_OK;
    json_t *json = optim_saved_parse(text, length);
    const bool fits = json_unpack(json, "{s:s, s:o, s:o}", "dtype", &dtype, "shape", &shape, "slots", &slots) == 0 &&
                      optim_saved_element(dtype, &tensor.element) && read_history(json, &tensor) &&
                      (tensor.shape = optim_saved_keep_shape(shape, text, length)) != NULL &&
                      optim_saved_bytes(tensor.shape, tensor.element, &bytes) && json_is_object(slots);
    struct saved_tensor *grown =
        optim_grow(saved->tensors, &saved->tensor_capacity, saved->ntensors + 1, sizeof(*saved->tensors));
    if (!grown)
        status = optim_saved_fail_memory(saved);
    else
        saved->tensors = grown;
    if (status == OPTIM_OK && !fits)
        status =
            optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "what is said of the tensor \"%.100s\" makes no sense", name);
    if (status == OPTIM_OK)
        status = claim_parts(saved, &tensor, slots);
    json_decref(json);
    if (status == OPTIM_OK)
        saved->tensors[saved->ntensors++] = tensor;
    return status;
}

static int read_tensors(struct saved *saved) {
    static const char prefix[] = "tensor ";
    int status = OPTIM_OK;
    for (size_t i = 0; i < saved->ntexts && status == OPTIM_OK; i++)
        if (strncmp(saved->texts[i].key, prefix, sizeof prefix - 1) == 0)
            status = add_tensor(saved, saved->texts[i].key + sizeof prefix - 1, saved->texts[i].value);
    for (size_t i = 0; i < saved->nparts && status == OPTIM_OK; i++)
        if (saved->parts[i].tensor == SIZE_MAX)
            status = optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "\"%.100s\" belongs to no tensor of the optimizer",
                                      saved->parts[i].name);
    return status;
}

/* ---- The whole ---------------------------------------------------------------------------------------------- */

/* Read as much memory as there turns out to be text for, however long it claims to be. */
static int read_header(struct saved *saved, struct source *source) {
    enum { FIRST = 1 << 16 };
    unsigned char prefix[8];
    uint64_t length = 0;
    int status = optim_source_read(saved, source, prefix, sizeof prefix, 0);
    if (status != OPTIM_OK)
        return status;
    for (size_t i = 0; i < sizeof prefix; i++)
        length |= (uint64_t)prefix[i] << 8 * i;
    if (length < 2 || length > SAVED_HEADER)
        return optim_saved_fail(saved, OPTIM_ERROR_FORMAT,
                                "not a safetensors file: its header's length would be %llu, and must be 2 to %d",
                                (unsigned long long)length, SAVED_HEADER);
    for (size_t room = FIRST; saved->length < length && status == OPTIM_OK; room *= 2) {
        const size_t upto = length < room ? (size_t)length : room;
        char *grown = realloc(saved->header, upto);
        if (!grown)
            return optim_saved_fail_memory(saved);
        saved->header = grown;
        status = optim_source_read(saved, source, saved->header + saved->length, upto - saved->length, 0);
        saved->length = upto;
    }
    return status;
}

static int walk_header(struct saved *saved) {
    struct walk walk = optim_walk_begin(saved->header, saved->length);
    char *key, *value;
    size_t length;
    int status = OPTIM_OK;
    while (status == OPTIM_OK && optim_walk_next(&walk, &key, &value, &length)) {
        const bool texts = strcmp(key, "__metadata__") == 0;
        status = texts ? walk_texts(saved, value, length) : optim_saved_add_part(saved, key, value, length);
    }
    if (status == OPTIM_OK && walk.wrong)
        status = optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "the header: %s", walk.wrong);
    return status;
}

int optim_saved_read(struct saved *saved, struct source *source) {
    int status = read_header(saved, source);
    if (status == OPTIM_OK)
        status = walk_header(saved);
    if (status == OPTIM_OK)
        status = optim_saved_sort_parts(saved);
    if (status == OPTIM_OK)
        status = check_texts(saved);
    if (status == OPTIM_OK)
        status = read_tensors(saved);
    return status;
}

int optim_saved_check_length(const struct saved *saved, uint64_t length) {
    const uint64_t expected = 8 + saved->length + saved->size;
    if (length == expected)
        return OPTIM_OK;
    return optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "the file has %llu bytes, and by its header should have %llu",
                            (unsigned long long)length, (unsigned long long)expected);
}

void optim_saved_free(struct saved *saved) {
    free(saved->header);
    free(saved->parts);
    free(saved->tensors);
    free(saved->texts);
    free(saved->by_name);
}
