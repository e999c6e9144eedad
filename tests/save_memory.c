/*
 * Saving and loading where memory runs out, at each allocation once, those of the JSON and checksum libraries included;
 * and how much memory files take, hostile ones too. Linked with the static library, whose calls the linker sends here.
 */
#include "folder.h"
#include "save_support.h"
#include "schedule_support.h"

#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- Counting allocations ------------------------------------------------------------------------------------- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
char *__real_realpath(const char *path, char *to);
XXH3_state_t *__real_XXH3_createState(void);
XXH_errorcode __real_XXH3_freeState(XXH3_state_t *state);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
char *__wrap_realpath(const char *path, char *to);
XXH3_state_t *__wrap_XXH3_createState(void);
XXH_errorcode __wrap_XXH3_freeState(XXH3_state_t *state);
void __wrap_free(void *memory);

static struct {
    long until_failure; /* this many more succeed; negative: all do */
    bool spares_json;   /* those of the JSON library succeed */
    bool in_json;       /* whether the one that failed was that library's */
    long held;          /* blocks not freed yet */
    size_t bytes, peak; /* in them, and the most there were */
    size_t largest;     /* that was asked for */
} heap = {.until_failure = -1};

static bool fails(size_t size) {
    heap.largest = size > heap.largest ? size : heap.largest;
    return heap.until_failure >= 0 && heap.until_failure-- == 0;
}

static void *count(void *memory) {
    heap.held += memory != NULL;
    heap.bytes += malloc_usable_size(memory);
    heap.peak = heap.bytes > heap.peak ? heap.bytes : heap.peak;
    return memory;
}

static void uncount(void *memory) {
    heap.held -= memory != NULL;
    heap.bytes -= malloc_usable_size(memory);
}

void *__wrap_malloc(size_t size) {
    return fails(size) ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t number, size_t size) {
    return fails(number * size) ? NULL : count(__real_calloc(number, size));
}

/* Both blocks are there for a moment, in the worst case. */
void *__wrap_realloc(void *memory, size_t size) {
    const size_t before = malloc_usable_size(memory);
    if (fails(size))
        return NULL;
    void *grown = __real_realloc(memory, size);
    heap.held += memory == NULL && grown != NULL;
    heap.bytes += malloc_usable_size(grown);
    heap.peak = heap.bytes > heap.peak ? heap.bytes : heap.peak;
    heap.bytes -= before;
    return grown;
}

char *__wrap_strdup(const char *text) {
    return fails(strlen(text)) ? NULL : count(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t size) {
    return fails(size) ? NULL : count(__real_strndup(text, size));
}

char *__wrap_realpath(const char *path, char *to) {
    return fails(0) ? NULL : count(__real_realpath(path, to));
}

XXH3_state_t *__wrap_XXH3_createState(void) {
    XXH3_state_t *state = fails(0) ? NULL : __real_XXH3_createState();
    heap.held += state != NULL;
    return state;
}

XXH_errorcode __wrap_XXH3_freeState(XXH3_state_t *state) {
    heap.held -= state != NULL;
    return __real_XXH3_freeState(state);
}

void __wrap_free(void *memory) {
    uncount(memory);
    __real_free(memory);
}

static void *json_malloc(size_t size) {
    if (heap.spares_json)
        return count(__real_malloc(size));
    const long until = heap.until_failure;
    void *memory = __wrap_malloc(size);
    heap.in_json |= until == 0;
    return memory;
}

/* ---- A handle with everything in it --------------------------------------------------------------------------- */

enum { TENSORS = 3, COUNT = 6 };
static const size_t shape[2] = {2, 3};
static double params[TENSORS][COUNT], grads[TENSORS][COUNT];
static const char *const names[TENSORS] = {"a", "b/weight", "\"größe\""};

static optim *made(void) {
    optim *opt = test_create("lookahead(adam)");
    memset(params, 0, sizeof params);
    for (size_t k = 0; k < TENSORS; k++)
        ck_ok(opt, optim_add(opt, names[k], k ? OPTIM_F64 : OPTIM_F32, 2, shape, params[k], grads[k]));
    return opt;
}

static void steps(optim *opt, uint64_t from, uint64_t to) {
    for (uint64_t t = from + 1; t <= to; t++) {
        for (size_t k = 0; k < TENSORS; k++)
            for (size_t i = 0; i < COUNT; i++)
                test_put(k ? OPTIM_F64 : OPTIM_F32, grads[k], i, test_gradient(t + k, i));
        ck_ok(opt, optim_step(opt));
    }
}

static optim *used(void) {
    optim *opt = made();
    ck_ok(opt, optim_set_for(opt, "b*", "lr", 0.25));
    ck_ok(opt, optim_set(opt, "clip_norm", 0.5));
    ck_ok(opt, optim_set(opt, "save_weights", 1));
    ck_ok(opt, optim_attach(opt, "lr", schedule_around("warmup steps=3", schedule_make("cosine steps=50"))));
    ck_ok(opt, optim_attach_for(opt, "*", "weight_decay", schedule_make("piecewise 3:0.5 5:0.25")));
    ck_ok(opt, optim_attach_for(opt, "a", "beta1", schedule_make("plateau patience=1")));
    steps(opt, 0, 9);
    ck_ok(opt, optim_epoch(opt, 0.5));
    return opt;
}

static struct bytes state_of(const optim *opt) {
    struct bytes bytes = {0};
    ck_ok(opt, optim_write(opt, bytes_append, &bytes));
    return bytes;
}

/* What is written, without an allocation. */
struct fixed {
    unsigned char data[1 << 16];
    size_t size;
};

static int fixed_append(void *context, const void *data, size_t size) {
    struct fixed *fixed = context;
    if (size > sizeof fixed->data - fixed->size)
        return 1;
    memcpy(fixed->data + fixed->size, data, size);
    fixed->size += size;
    return 0;
}

/* ---- Each allocation fails once ------------------------------------------------------------------------------- */

/* jansson does not tell a string that it has no memory for from one that is no UTF-8: then another error will do. */
static void assert_no_memory(const optim *opt, int status, long failing) {
    if (heap.in_json) {
        heap.in_json = false;
        return;
    }
    ck_assert_msg(status == OPTIM_ERROR_MEMORY, "allocation %ld: %d %s", failing, status, optim_errmsg(opt));
    ck_assert_msg(strstr(optim_errmsg(opt), "memory") != NULL, "allocation %ld: %s", failing, optim_errmsg(opt));
}

START_TEST(saving_without_memory) {
    optim *opt = used();
    struct bytes right = state_of(opt);
    static struct fixed written;
    long failing = 0;
    for (bool all_succeeded = false; !all_succeeded; failing++) {
        const long held = heap.held;
        written.size = 0;
        heap.until_failure = failing;
        const int status = optim_write(opt, fixed_append, &written);
        all_succeeded = heap.until_failure >= 0;
        heap.until_failure = -1;
        ck_assert_msg(heap.held == held, "allocation %ld: %ld blocks are lost", failing, heap.held - held);
        if (status != OPTIM_OK)
            assert_no_memory(opt, status, failing);
        else
            ck_assert_msg(written.size == right.size && memcmp(written.data, right.data, right.size) == 0,
                          "allocation %ld failed, and what was saved is something else", failing);
    }
    ck_assert_int_gt(failing, 100);
    bytes_free(&right);
    optim_destroy(opt);
}
END_TEST

START_TEST(saving_a_file_without_memory) {
    const struct folder folder = folder_create();
    optim *opt = used();
    struct bytes right = state_of(opt), now;
    char path[FOLDER_PATH];
    snprintf(path, sizeof path, "%s", folder_file(&folder, "state"));
    ck_ok(opt, optim_save(opt, path));
    steps(opt, 9, 10);
    struct bytes next = state_of(opt);
    long failing = 0;
    for (bool all_succeeded = false; !all_succeeded; failing++) {
        const long held = heap.held;
        heap.until_failure = failing;
        const int status = optim_save(opt, path);
        all_succeeded = heap.until_failure >= 0;
        heap.until_failure = -1;
        ck_assert_int_eq(heap.held, held);
        ck_assert_uint_eq(folder_files(&folder), 1);
        ck_assert(bytes_of_file(path, &now));
        ck_assert_msg(bytes_same(&now, &next) || (status != OPTIM_OK && bytes_same(&now, &right)), "allocation %ld",
                      failing);
        ck_assert(status == OPTIM_OK || *optim_errmsg(opt));
        bytes_free(&now);
    }
    bytes_free(&right);
    bytes_free(&next);
    folder_remove(&folder);
    optim_destroy(opt);
}
END_TEST

/*
 * But for the allocations of jansson, which does not survive them itself: where its lexer cannot grow its buffer,
 * version 2.14 loses a byte of the text, or stops at an assertion.
 */
START_TEST(loading_without_memory) {
    optim *from = used();
    heap.spares_json = true;
    struct bytes state = state_of(from);
    optim_destroy(from);
    long failing = 0;
    for (bool all_succeeded = false; !all_succeeded; failing++) {
        optim *opt = made();
        if (_i == 1) /* where state must be kept while the new one is read */
            steps(opt, 0, 3);
        struct bytes before = state_of(opt);
        const long held = heap.held;
        state.at = 0;
        heap.until_failure = failing;
        const int status = optim_read(opt, bytes_take, &state);
        all_succeeded = heap.until_failure >= 0;
        heap.until_failure = -1;
        struct bytes after = state_of(opt);
        if (status != OPTIM_OK) {
            assert_no_memory(opt, status, failing);
            ck_assert_msg(bytes_same(&before, &after), "allocation %ld: the handle has changed", failing);
            bytes_free(&after);
            ck_assert_msg(heap.held == held, "allocation %ld: %ld blocks are lost", failing, heap.held - held);
        } else {
            ck_ok(opt, optim_set(opt, "save_weights", 1));
            bytes_free(&after);
            after = state_of(opt);
            ck_assert(bytes_same(&after, &state));
            bytes_free(&after);
        }
        bytes_free(&before);
        optim_destroy(opt);
    }
    ck_assert_int_gt(failing, 40);
    bytes_free(&state);
}
END_TEST

/* ---- How much there is of it ---------------------------------------------------------------------------------- */

enum { MIB = 1 << 20, LARGE = 32 * MIB };

/* Saving takes no second copy of the state, and loading none where none is replaced. */
START_TEST(there_is_no_second_copy) {
    static const size_t large = LARGE / sizeof(float);
    optim *opt = test_create("adam"), *other = test_create("adam");
    float *param = calloc(large, sizeof *param);
    struct bytes state = {.data = malloc(3 * LARGE), .capacity = 3 * LARGE};
    ck_ok(opt, optim_add(opt, "large", OPTIM_F32, 1, &large, param, param));
    ck_ok(other, optim_add(other, "large", OPTIM_F32, 1, &large, param, param));
    ck_ok(opt, optim_step(opt));
    size_t before = heap.peak = heap.bytes;
    ck_ok(opt, optim_write(opt, bytes_append, &state));
    ck_assert_uint_le(heap.peak - before, MIB);
    before = heap.peak = heap.bytes;
    ck_ok(other, optim_read(other, bytes_take, &state));
    ck_assert_uint_le(heap.peak - before, MIB);
    bytes_free(&state);
    free(param);
    optim_destroy(opt);
    optim_destroy(other);
}
END_TEST

/* A header of `size` bytes: a beginning, something over and over, an end. */
struct header {
    const char *name, *begin, *repeated, *end;
};

/* One whose checksum is put in, so that the text behind it is looked at. */
#define SEALED "{\"__metadata__\":{\"checksum\":\"\\\"0123456789abcdef\\\"\",\"liboptim\":\""
enum { CHECKSUM = sizeof "{\"__metadata__\":{\"checksum\":\"\\\"" - 1 };

static const struct header headers[] = {
    {"spaces", "{}", " ", ""},
    {"brackets", "", "[", ""},
    {"braces", "", "{", ""},
    {"objects in objects", "", "{\"\":", ""},
    {"a name without end", "{\"", "x", ""},
    {"a long name", "{\"", "x", "\":{}}"},
    {"a list for a part", "{\"a\":[0", ",0", "]}"},
    {"a shape of many dimensions", "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4],\"shape\":[1", ",1", "]}}"},
    {"a list for a text", "{\"__metadata__\":{\"a\":[0", ",0", "]}}"},
    {"lists in a list for a text", "{\"__metadata__\":{\"a\":[[]", ",[]", "]}}"},
    {"a long text", "{\"__metadata__\":{\"a\":\"", "x", "\"}}"},
    {"a long list in the whole", SEALED "[0", ",0", "]\"}}"},
    {"a long list as a checksum", "{\"__metadata__\":{\"liboptim\":\"\",\"checksum\":\"[0", ",0", "]\"}}"},
    {"texts of nothing", "{\"__metadata__\":{\"\":\"\"", ",\"\":\"\"", "}}"},
    {"parts of nothing", "{\"\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}",
     ",\"\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}", "}"},
    {"escapes", "{\"", "\\u0041", "\":{}}"},
};
enum { HEADERS = sizeof headers / sizeof *headers };

static struct bytes header_of(const struct header *header, size_t size) {
    const size_t begin = strlen(header->begin), repeated = strlen(header->repeated), end = strlen(header->end);
    struct bytes bytes = {.data = malloc(8 + size), .size = 8 + size};
    unsigned char *at = bytes.data + 8 + begin;
    for (size_t i = 0; i < 8; i++)
        bytes.data[i] = (unsigned char)((uint64_t)size >> 8 * i);
    memset(bytes.data + 8, ' ', size);
    memcpy(bytes.data + 8, header->begin, begin);
    for (size_t left = (size - begin - end) / repeated; left > 0; left--, at += repeated)
        memcpy(at, header->repeated, repeated);
    memcpy(at, header->end, end);
    const size_t sealed = sizeof SEALED - 1;
    if (strncmp(header->begin, SEALED, sealed) == 0) {
        static const char key[] = "liboptim", none[] = "";
        char sum[17];
        XXH3_state_t *state = __real_XXH3_createState();
        XXH3_64bits_reset(state);
        XXH3_64bits_update(state, key, sizeof key);
        XXH3_64bits_update(state, bytes.data + 8 + sealed, (size_t)(at - bytes.data) + end - 3 - 8 - sealed);
        XXH3_64bits_update(state, none, sizeof none);
        snprintf(sum, sizeof sum, "%016llx", (unsigned long long)XXH3_64bits_digest(state));
        __real_XXH3_freeState(state);
        memcpy(bytes.data + 8 + CHECKSUM, sum, 16);
    }
    return bytes;
}

/* A few times the header, and 42 times the longest text that is parsed, of 1 MiB: whatever the header says. */
START_TEST(memory_is_bounded_by_the_header) {
    const size_t size = _i / HEADERS ? 100000000 / net_stride(100, 10) : 8 * MIB / net_stride(8, 8);
    struct bytes file = header_of(&headers[_i % HEADERS], size);
    optim *opt = used();
    const size_t before = heap.peak = heap.bytes;
    const int status = optim_read(opt, bytes_take, &file);
    ck_assert_int_eq(status, OPTIM_ERROR_FORMAT);
    if (getenv("TEST_MEMORY"))
        fprintf(stderr, "%-28s %9zu bytes: %.2f times\n", headers[_i % HEADERS].name, size,
                (double)(heap.peak - before) / (double)size);
    ck_assert_msg(heap.peak - before <= 8 * size + 48 * MIB, "%s: %zu bytes for %zu", headers[_i % HEADERS].name,
                  heap.peak - before, size);
    bytes_free(&file);
    optim_destroy(opt);
}
END_TEST

/* What is not there takes no memory: a length without a header, a shape without data. */
START_TEST(memory_is_bounded_by_what_is_there) {
    static const char *const files[] = {
        "\0\xe1\xf5\5\0\0\0\0", /* 100,000,000 */
        "\0\xe1\xf5\5\0\0\0\0{}",
    };
    static const size_t sizes[] = {8, 10};
    struct bytes file = {.data = (unsigned char *)files[_i], .size = sizes[_i]};
    optim *opt = used();
    const size_t before = heap.peak = heap.bytes;
    ck_fails(opt, OPTIM_ERROR_IO, "could not be read", optim_read(opt, bytes_take, &file));
    ck_assert_uint_le(heap.peak - before, MIB);
    optim_destroy(opt);
}
END_TEST

int main(void) {
    json_set_alloc_funcs(json_malloc, __wrap_free);
    Suite *suite = suite_create("save_memory");
    TCase *none = tcase_create("none left"), *much = tcase_create("how much");
    tcase_set_timeout(none, 600);
    tcase_set_timeout(much, 600);
    tcase_add_test(none, saving_without_memory);
    tcase_add_test(none, saving_a_file_without_memory);
    tcase_add_loop_test(none, loading_without_memory, 0, 2);
    tcase_add_test(much, there_is_no_second_copy);
    tcase_add_loop_test(much, memory_is_bounded_by_the_header, 0, 2 * HEADERS);
    tcase_add_loop_test(much, memory_is_bounded_by_what_is_there, 0, 2);
    suite_add_tcase(suite, none);
    suite_add_tcase(suite, much);
    return test_run(suite);
}
