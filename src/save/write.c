/* Saving: the header, then the data, to a writer. */
#include "saved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GATHERED = 1 << 18 }; /* bytes that are written at once, where pieces are small */

/* A piece of the data to come. */
struct piece {
    const struct tensor *tensor;
    char *name; /* "tensor/slot" */
    const void *data;
};

struct saving {
    struct body *body;
    const char *function;
    const struct tensor **tensors; /* in the order of the data */
    struct piece *pieces;
    size_t npieces, piece_capacity;
    struct texts texts;
    char *header;
    size_t length, capacity;
    /* where it goes */
    optim_writer write;
    void *context;
    char *buffer;
    size_t filled;
    uint64_t written;
};

static size_t bytes_of(const struct tensor *tensor) {
    return tensor->count * optim_element_size(tensor->element);
}

static int fail(const struct saving *saving, int status, const char *what) {
    return optim_fail(saving->body, status, "%s: %s", saving->function, what);
}

/* ---- What there is ------------------------------------------------------------------------------------------- */

static bool is_utf8(const char *text) {
    json_t *json = json_string(text);
    json_decref(json);
    return json != NULL;
}

static int check_names(const struct saving *saving) {
    const struct body *body = saving->body;
    for (size_t i = 0; i < body->ntensors; i++)
        if (!is_utf8(body->tensors[i].name))
            return fail(saving, OPTIM_ERROR_ARGUMENT, "a tensor's name is not UTF-8: it cannot be saved");
    for (size_t i = 0; i < body->nrules; i++)
        if (!is_utf8(body->rules[i].pattern))
            return fail(saving, OPTIM_ERROR_ARGUMENT, "a rule's pattern is not UTF-8: it cannot be saved");
    return OPTIM_OK;
}

/* The widest elements first, so that all are aligned where a file is mapped; then by name. */
static int in_order(const void *a, const void *b) {
    const struct tensor *x = *(const struct tensor *const *)a, *y = *(const struct tensor *const *)b;
    if (x->element != y->element)
        return x->element == OPTIM_ELEMENT_F64 ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* A piece more, and its checksum in the text about its tensor. */
static bool add_piece(struct saving *saving, const struct tensor *tensor, const char *slot, const void *data,
                      json_t *slots) {
    struct piece *grown =
        optim_grow(saving->pieces, &saving->piece_capacity, saving->npieces + 1, sizeof(*saving->pieces));
    char *name = malloc(strlen(tensor->name) + strlen(slot) + 2);
    if (grown)
        saving->pieces = grown;
    if (!grown || !name) {
        free(name);
        return false;
    }
    sprintf(name, "%s/%s", tensor->name, slot);
    saving->pieces[saving->npieces++] = (struct piece){tensor, name, data};
    /* cppcheck-suppress memleak; the piece has the name */
    return json_object_set_new(slots, slot, optim_json_from_hex(optim_saved_checksum(data, bytes_of(tensor)))) == 0;
}

static bool add_pieces(struct saving *saving, const struct tensor *tensor, json_t *slots) {
    const struct body *body = saving->body;
    const size_t number = (size_t)(tensor - body->tensors);
    char slot[OPTIM_NAME];
    bool fine = true;
    for (uint32_t k = 0; k < body->slots && fine; k++)
        if (body->cohorts[tensor->cohort].started >> k & 1) {
            optim_saved_slot_name(body, k, slot, sizeof slot);
            fine = add_piece(saving, tensor, slot, body->state[number * body->slots + k], slots);
        }
    if (fine && optim_values(body, 0)[body->save_weights] != 0)
        fine = add_piece(saving, tensor, "weight", tensor->param, slots);
    return fine;
}

/* A tensor's pieces, and the text about it: its shape and history. */
static bool add_tensor(struct saving *saving, const struct tensor *tensor) {
    const struct body *body = saving->body;
    const struct cohort *cohort = &body->cohorts[tensor->cohort];
    json_t *steps = json_array(), *carried = json_array(), *shape = json_array(), *slots = json_object();
    int failed = 0;
    for (size_t s = 0; s < body->nstages; s++) {
        failed |= json_array_append_new(steps, json_integer((json_int_t)cohort->t[s]));
        failed |= json_array_append_new(carried, optim_json_from_double(cohort->carried[s]));
    }
    for (size_t i = 0; i < tensor->ndim; i++)
        failed |= json_array_append_new(shape, json_integer((json_int_t)tensor->shape[i]));
    failed |= !add_pieces(saving, tensor, slots);
    json_t *text = json_pack("{s:s, s:o, s:o, s:o, s:o}", "dtype", optim_saved_dtype(tensor->element), "shape", shape,
                             "steps", steps, "carried", carried, "slots", slots);
    char *key = malloc(strlen(tensor->name) + sizeof "tensor ");
    if (failed || !key) {
        free(key);
        json_decref(text);
        return false;
    }
    sprintf(key, "tensor %s", tensor->name);
    const bool fine = optim_texts_add(&saving->texts, key, text);
    free(key);
    return fine;
}

/* A reader takes no longer ones. */
static int check_texts(const struct saving *saving) {
    for (size_t i = 0; i < saving->texts.count; i++) {
        const struct saved_text *text = &saving->texts.texts[i];
        if (strlen(text->value) > SAVED_ENTRY)
            return optim_fail(saving->body, OPTIM_ERROR_SIZE, "%s: \"%.100s\" takes %zu bytes: there is room for %d",
                              saving->function, text->key, strlen(text->value), SAVED_ENTRY);
    }
    return OPTIM_OK;
}

static int collect(struct saving *saving) {
    const struct body *body = saving->body;
    int status = check_names(saving);
    if (status != OPTIM_OK)
        return status;
    saving->tensors = malloc((body->ntensors + 1) * sizeof(*saving->tensors));
    bool fine = saving->tensors && optim_describe_handle(body, &saving->texts);
    for (size_t i = 0; i < body->ntensors && fine; i++)
        saving->tensors[i] = &body->tensors[i];
    if (fine)
        qsort(saving->tensors, body->ntensors, sizeof(*saving->tensors), in_order);
    for (size_t i = 0; i < body->ntensors && fine; i++)
        fine = add_tensor(saving, saving->tensors[i]);
    fine = fine && optim_texts_seal(&saving->texts);
    return fine ? check_texts(saving) : fail(saving, OPTIM_ERROR_MEMORY, "no memory for what the header says");
}

/* ---- The header ---------------------------------------------------------------------------------------------- */

static bool put(struct saving *saving, const char *text) {
    const size_t size = strlen(text);
    char *grown = optim_grow(saving->header, &saving->capacity, saving->length + size + 1, 1);
    if (!grown)
        return false;
    saving->header = grown;
    memcpy(grown + saving->length, text, size + 1);
    saving->length += size;
    return true;
}

static bool put_string(struct saving *saving, const char *string) {
    json_t *json = json_string(string);
    char *text = json ? optim_json_to_text(json) : NULL;
    const bool fine = text && put(saving, text);
    free(text);
    json_decref(json);
    return fine;
}

static bool put_piece(struct saving *saving, const struct piece *piece, uint64_t begin) {
    char offsets[80], *shape = optim_saved_shape(piece->tensor);
    snprintf(offsets, sizeof offsets, ",\"data_offsets\":[%llu,%llu]}", (unsigned long long)begin,
             (unsigned long long)(begin + bytes_of(piece->tensor)));
    const bool fine = shape && put(saving, ",") && put_string(saving, piece->name) && put(saving, ":{\"dtype\":\"") &&
                      put(saving, optim_saved_dtype(piece->tensor->element)) && put(saving, "\",\"shape\":") &&
                      put(saving, shape) && put(saving, offsets);
    free(shape);
    return fine;
}

/* Spaces at its end, so that the data begins at a multiple of 8. */
static int write_header(struct saving *saving) {
    uint64_t begin = 0;
    bool fine = put(saving, "{\"__metadata__\":{");
    for (size_t i = 0; i < saving->texts.count && fine; i++)
        fine = (i == 0 || put(saving, ",")) && put_string(saving, saving->texts.texts[i].key) && put(saving, ":") &&
               put_string(saving, saving->texts.texts[i].value);
    fine = fine && put(saving, "}");
    for (size_t i = 0; i < saving->npieces && fine; i++) {
        fine = put_piece(saving, &saving->pieces[i], begin);
        begin += bytes_of(saving->pieces[i].tensor);
    }
    fine = fine && put(saving, "}");
    while (fine && saving->length % 8 != 0)
        fine = put(saving, " ");
    if (!fine)
        return fail(saving, OPTIM_ERROR_MEMORY, "no memory for the header");
    if (saving->length > SAVED_HEADER)
        return optim_fail(saving->body, OPTIM_ERROR_SIZE,
                          "%s: names, rules and shapes take %zu bytes: the format has room for %d", saving->function,
                          saving->length, SAVED_HEADER);
    return OPTIM_OK;
}

/* ---- To the writer ------------------------------------------------------------------------------------------- */

static int flush(struct saving *saving, const void *data, size_t size) {
    const int answer = size ? saving->write(saving->context, data, size) : 0;
    if (answer != 0)
        return optim_fail(saving->body, OPTIM_ERROR_IO, "%s: the %zu bytes at %llu could not be written (writer: %d)",
                          saving->function, size, (unsigned long long)saving->written, answer);
    saving->written += size;
    return OPTIM_OK;
}

static int give(struct saving *saving, const void *data, size_t size) {
    int status = OPTIM_OK;
    if (saving->filled + size > GATHERED) {
        status = flush(saving, saving->buffer, saving->filled);
        saving->filled = 0;
    }
    if (status == OPTIM_OK && size > GATHERED)
        return flush(saving, data, size);
    if (status == OPTIM_OK && size) {
        memcpy(saving->buffer + saving->filled, data, size);
        saving->filled += size;
    }
    return status;
}

static int give_all(struct saving *saving) {
    unsigned char length[8];
    for (size_t i = 0; i < sizeof length; i++)
        length[i] = (unsigned char)((uint64_t)saving->length >> 8 * i);
    saving->buffer = malloc(GATHERED);
    if (!saving->buffer)
        return fail(saving, OPTIM_ERROR_MEMORY, "no memory to gather what is written");
    int status = give(saving, length, sizeof length);
    if (status == OPTIM_OK)
        status = give(saving, saving->header, saving->length);
    for (size_t i = 0; i < saving->npieces && status == OPTIM_OK; i++)
        status = give(saving, saving->pieces[i].data, bytes_of(saving->pieces[i].tensor));
    return status == OPTIM_OK ? flush(saving, saving->buffer, saving->filled) : status;
}

int optim_saved_write(const optim *opt, const char *function, optim_writer write, void *context) {
    int status = optim_check(opt, function, false);
    if (status != OPTIM_OK)
        return status;
    struct saving saving = {.body = opt->body, .function = function, .write = write, .context = context};
    if (!write)
        return fail(&saving, OPTIM_ERROR_ARGUMENT, "the writer is NULL");
    status = collect(&saving);
    if (status == OPTIM_OK)
        status = write_header(&saving);
    if (status == OPTIM_OK)
        status = give_all(&saving);
    for (size_t i = 0; i < saving.npieces; i++)
        free(saving.pieces[i].name);
    free(saving.pieces);
    free(saving.tensors);
    optim_texts_free(&saving.texts);
    free(saving.header);
    free(saving.buffer);
    return status;
}

int optim_write(const optim *opt, optim_writer write, void *context) {
    return optim_saved_write(opt, "optim_write", write, context);
}
