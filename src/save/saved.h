/*
 * Saved state: what a file holds, apart from any handle. docs/state-format.md specifies it.
 *
 * A file is a safetensors file: the length of a header, the header in JSON, data. The header names parts of the data,
 * "weight/exp_avg", and has texts under `__metadata__`, which are JSON again: one of the whole, one a stage of the
 * chain, one a rule, one a tensor, and a checksum of all of these.
 */
#ifndef OPTIM_SAVE_SAVED_H
#define OPTIM_SAVE_SAVED_H

#include "../handle.h"

#include <jansson.h>

#define OPTIM_STATE_FORMAT 1

enum {
    SAVED_HEADER = 100000000, /* bytes of a header at most, as for all who read safetensors files */
    SAVED_ENTRY = 1 << 20     /* bytes of what it says about one part, tensor, rule or stage at most: the JSON library
                                 takes up to 42 times as much to parse it */
};

/* A text of the metadata. Both strings lie in the header. */
struct saved_text {
    char *key, *value;
};

/* A piece of the data: a slot of a tensor, or its weights. */
struct saved_part {
    char *name;        /* "tensor/slot" */
    const char *slot;  /* the last part of it */
    const char *shape; /* "[128,64]" */
    size_t tensor;     /* SIZE_MAX: of none that the metadata tell of */
    uint64_t begin, end, checksum;
    uint8_t element;
};

struct saved_tensor {
    char *name;
    const char *shape;
    uint8_t element;
    uint8_t stages;
    uint64_t t[OPTIM_MAX_STAGES];
    double carried[OPTIM_MAX_STAGES];
};

struct saved {
    struct body *body; /* who is told of errors; NULL: this thread */
    const char *function;
    char *header;
    size_t length;
    struct saved_part *parts; /* in the order of the data, which they cover without holes */
    struct saved_tensor *tensors;
    struct saved_text *texts; /* by key */
    size_t nparts, ntensors, ntexts;
    size_t part_capacity, tensor_capacity, text_capacity;
    struct saved_part **by_name;
    bool has_texts; /* whether "__metadata__" has been seen */
    uint64_t size;  /* of the data */
};

/* Where a state is read from, front to back. */
struct source {
    optim_reader read;
    void *context;
    uint64_t taken;
    char *buffer;        /* what is read ahead, of what is there for sure */
    size_t next, filled; /* of it */
};

/* ---- parse.c ---- */
/* Read the header and check all that can be known of a file without a handle or the data. */
int optim_saved_read(struct saved *saved, struct source *source);
/* Is a file of that length what its header says? */
int optim_saved_check_length(const struct saved *saved, uint64_t length);
void optim_saved_free(struct saved *saved);
/* For qsort and bsearch: texts by key. */
int optim_saved_by_key(const void *a, const void *b);
/* The text of that key; NULL: there is none. */
const char *optim_saved_find_text(const struct saved *saved, const char *key);
/* What a text says; NULL: it is none that makes sense. */
json_t *optim_saved_parse(const char *text, size_t length);
__attribute__((format(printf, 3, 4))) int optim_saved_fail(const struct saved *saved, int status, const char *format,
                                                           ...);
int optim_saved_fail_memory(const struct saved *saved);

/* ---- parts.c ---- */
/* What the header says of the part of that name. */
int optim_saved_add_part(struct saved *saved, char *name, char *value, size_t length);
/* Put them in order: without holes, no name twice. */
int optim_saved_sort_parts(struct saved *saved);
const struct saved_part *optim_saved_find_part(const struct saved *saved, const char *name);
bool optim_saved_element(const char *dtype, uint8_t *element);
/* The bytes of a shape; false: more than can be counted. */
bool optim_saved_bytes(const char *shape, uint8_t element, uint64_t *bytes);
/* Write a shape over what it was read from, which was no shorter; NULL: it is none. */
const char *optim_saved_keep_shape(const json_t *shape, char *to, size_t room);

/* ---- scan.c: walk over a JSON object in place ---- */
struct walk {
    char *at, *end;
    const char *wrong; /* what; NULL: nothing */
};
struct walk optim_walk_begin(char *text, size_t length);
/* The next member; false: there is no other, or something is wrong. The key is decoded in place. */
bool optim_walk_next(struct walk *walk, char **key, char **value, size_t *length);
/* Decode a JSON string in place; NULL: it is none. */
char *optim_walk_string(char *value, size_t length);

/* ---- data.c: the data, with its checksums ---- */
/* Read a part into `to`, or past it if that is NULL; an error if its checksum is another. */
int optim_saved_read_part(const struct saved *saved, struct source *source, const struct saved_part *part, void *to);
/* Read `size` bytes; `ahead` more than that are known to be there. */
int optim_source_read(const struct saved *saved, struct source *source, void *to, size_t size, uint64_t ahead);
/* Has the source memory to read ahead into? */
bool optim_source_open(struct source *source, optim_reader read, void *context);
void optim_source_close(struct source *source);
uint64_t optim_saved_checksum(const void *data, size_t size);
/* Of all texts but the checksum itself, in the order of their keys. False: no memory. */
bool optim_saved_checksum_texts(const struct saved_text *texts, size_t count, uint64_t *checksum);

/* ---- numbers.c: what JSON cannot say of numbers, and names ---- */
json_t *optim_json_from_double(double x);
bool optim_json_to_double(const json_t *json, double *x);
bool optim_json_to_count(const json_t *json, uint64_t *x);
bool optim_json_to_hex(const json_t *json, uint64_t *x);
json_t *optim_json_from_hex(uint64_t x);
/* Text, to be freed; NULL: no memory. json_dumps of jansson 2.14 would leave out a name that it has no memory for. */
char *optim_json_to_text(const json_t *json);
/* How a slot is called in a file: slots inside others of the same name have a number. */
void optim_saved_slot_name(const struct body *body, uint32_t slot, char *name, size_t size);
const char *optim_saved_dtype(int element);
/* "[128,64]" */
char *optim_saved_shape(const struct tensor *tensor);

/* ---- describe.c: the texts of a handle ---- */
struct texts {
    struct saved_text *texts;
    size_t count, capacity;
};
/* Append all but those about tensors. False: no memory. */
bool optim_describe_handle(const struct body *body, struct texts *texts);
bool optim_texts_add(struct texts *texts, const char *key, json_t *value); /* takes the value; NULL: no memory for it */
/* Sort them and add their checksum. */
bool optim_texts_seal(struct texts *texts);
void optim_texts_free(struct texts *texts);

/* ---- restore.c: a body as the texts say, with the tensors of another ---- */
/* It has the state memory of the other where there is some, and owns only what is new. */
int optim_restore_body(const struct saved *saved, const struct body *like, struct body **out);

/* ---- write.c and read.c, on behalf of a function ---- */
int optim_saved_write(const optim *opt, const char *function, optim_writer write, void *context);
/* `length`: of the file, to its end; UINT64_MAX: who knows, more may follow. */
int optim_saved_load(optim *opt, const char *function, uint64_t length, optim_reader read, void *context);

#endif
