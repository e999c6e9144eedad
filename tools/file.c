#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"
#include "tool.h"

/* What the library begins its messages with here. */
#define FUNCTION "optim"

enum { WORTH_SHOWING = 1 << 28 }; /* bytes that take a while */

static void show_progress(const struct saved_file *file) {
    if (file->progress)
        fprintf(stderr, "\r%5.1f %%", 100.0 * (double)file->taken / (double)file->length);
}

static void clear_progress(const struct saved_file *file) {
    if (file->progress)
        fputs("\r        \r", stderr);
}

static int read_some(void *context, void *data, size_t size) {
    struct saved_file *file = context;
    while (size) {
        const ssize_t count = read(file->number, data, size < INT32_MAX ? size : INT32_MAX);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            file->why = count < 0 ? errno : 0;
            file->cut = count == 0;
            return 1;
        }
        data = (char *)data + count;
        size -= (size_t)count;
        file->taken += (uint64_t)count;
    }
    show_progress(file);
    return 0;
}

/* What a status of the library means here. */
static int status_of(const struct saved_file *file, int status) {
    if (status == OPTIM_OK)
        return FINE;
    return file->why || status == OPTIM_ERROR_MEMORY ? FAILED : DIFFERS;
}

int saved_file_open(struct saved_file *file, const char *path) {
    struct stat about;
    *file = (struct saved_file){.path = path, .saved = {.function = FUNCTION}, .length = UINT64_MAX};
    file->number = open(path, O_RDONLY | O_CLOEXEC);
    if (file->number < 0 || fstat(file->number, &about) != 0) {
        file->why = errno;
        return FAILED;
    }
    if (S_ISREG(about.st_mode))
        file->length = (uint64_t)about.st_size;
    file->progress = file->length != UINT64_MAX && file->length >= WORTH_SHOWING && isatty(STDERR_FILENO);
    if (!optim_source_open(&file->source, read_some, file)) {
        file->why = ENOMEM;
        return FAILED;
    }
    int status = optim_saved_read(&file->saved, &file->source);
    if (status == OPTIM_OK && file->length != UINT64_MAX)
        status = optim_saved_check_length(&file->saved, file->length);
    clear_progress(file);
    return status_of(file, status);
}

void saved_file_close(struct saved_file *file) {
    optim_saved_free(&file->saved);
    optim_source_close(&file->source);
    if (file->number >= 0)
        close(file->number);
}

char *saved_file_wrong(const struct saved_file *file) {
    static const char prefix[] = FUNCTION ": ";
    const char *message = optim_errmsg(NULL);
    if (file->why)
        return format_text("%s", strerror(file->why));
    if (file->cut)
        return format_text("is cut off: it ends after %llu bytes", (unsigned long long)file->taken);
    return format_text("%s", strncmp(message, prefix, sizeof prefix - 1) == 0 ? message + sizeof prefix - 1 : message);
}

/* Are its tensors and parts those of such a chain? */
static int check_parts(const struct saved *saved, const struct body *body) {
    char name[OPTIM_NAME];
    for (size_t i = 0; i < saved->ntensors; i++)
        if (saved->tensors[i].stages != body->nstages)
            return optim_saved_fail(saved, OPTIM_ERROR_MISMATCH, "\"%.200s\" has the steps of %d stages, %s has %zu",
                                    saved->tensors[i].name, saved->tensors[i].stages, body->name, body->nstages);
    for (size_t i = 0; i < saved->nparts; i++) {
        bool known = strcmp(saved->parts[i].slot, "weight") == 0;
        for (uint32_t k = 0; k < body->slots && !known; k++) {
            optim_saved_slot_name(body, k, name, sizeof name);
            known = strcmp(saved->parts[i].slot, name) == 0;
        }
        if (!known)
            return optim_saved_fail(saved, OPTIM_ERROR_MISMATCH, "the file has \"%.200s\": %s has no such slot",
                                    saved->parts[i].name, body->name);
    }
    return OPTIM_OK;
}

/* May this version load it into a handle of its chain? */
static int check_meaning(struct saved_file *file) {
    json_t *whole = saved_file_text(file, "liboptim");
    const char *algorithm = json_string_value(json_object_get(whole, "algorithm"));
    struct body *body = NULL;
    optim *opt = NULL;
    int status = algorithm
                     ? optim_create(&opt, algorithm)
                     : optim_saved_fail(&file->saved, OPTIM_ERROR_FORMAT, "the header does not say which algorithm");
    json_decref(whole);
    if (status == OPTIM_OK)
        status = optim_restore_body(&file->saved, opt->body, &body);
    if (status == OPTIM_OK)
        status = check_parts(&file->saved, body);
    if (body)
        optim_body_free(body);
    optim_destroy(opt);
    return status;
}

int saved_file_verify(struct saved_file *file, void (*wrong)(void *context, const char *what), void *context) {
    const struct saved *saved = &file->saved;
    int worst = FINE;
    char more;
    for (size_t i = 0; i <= saved->nparts + 1; i++) {
        int status = OPTIM_OK;
        if (i < saved->nparts)
            status = optim_saved_read_part(saved, &file->source, &saved->parts[i], NULL);
        else if (i == saved->nparts)
            status = check_meaning(file);
        else if (file->length == UINT64_MAX && read_some(file, &more, 1) == 0)
            status = optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "something follows the data");
        if (status == OPTIM_OK)
            continue;
        char *what = saved_file_wrong(file);
        clear_progress(file);
        wrong(context, what);
        free(what);
        const int meaning = status_of(file, status);
        worst = meaning > worst ? meaning : worst;
        if (status == OPTIM_ERROR_IO || meaning == FAILED)
            break; /* nothing follows */
    }
    clear_progress(file);
    return worst;
}

json_t *saved_file_text(const struct saved_file *file, const char *key) {
    const char *text = optim_saved_find_text(&file->saved, key);
    json_t *json = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

int saved_file_read_at(struct saved_file *file, uint64_t place, void *data, size_t size) {
    place += 8 + file->saved.length;
    while (size) {
        const ssize_t count = pread(file->number, data, size, (off_t)place);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            file->why = count < 0 ? errno : EIO;
            return FAILED;
        }
        data = (char *)data + count;
        size -= (size_t)count;
        place += (uint64_t)count;
    }
    return FINE;
}
