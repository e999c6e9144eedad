/* Files: a state is written beside the old file and then takes its place, so that there is always a whole one. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1 << 30 }; /* bytes at a time, which every system takes */

/* A file that is written or read, and the call that failed on it. */
struct file {
    int number; /* -1: not open */
    const char *call;
    int why;
};

static bool failed(struct file *file, const char *call) {
    file->call = call;
    file->why = errno;
    return false;
}

static int fail(struct body *body, const char *function, const struct file *file, const char *path) {
    return optim_fail(body, OPTIM_ERROR_IO, "%s: \"%.300s\": %s: %s", function, path, file->call, strerror(file->why));
}

/* ---- Saving -------------------------------------------------------------------------------------------------- */

static int write_to_file(void *context, const void *data, size_t size) {
    struct file *file = context;
    while (size) {
        const ssize_t written = write(file->number, data, size < MOST ? size : MOST);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            errno = written == 0 ? ENOSPC : errno;
            failed(file, "write");
            return 1;
        }
        data = (const char *)data + written;
        size -= (size_t)written;
    }
    return 0;
}

/* A new file in the folder of `path`: its name, to be freed; NULL: it cannot be. */
static char *create_beside(const char *path, struct file *file) {
    enum { TRIES = 1000 };
    const char *slash = strrchr(path, '/');
    const int folder = slash ? (int)(slash - path) + 1 : 0;
    const size_t size = (size_t)folder + 64;
    char *name = malloc(size);
    if (!name) {
        failed(file, "malloc");
        return NULL;
    }
    for (int i = 0; i < TRIES; i++) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(name, size, "%.*s.optim-%ld-%lx-%d", folder, path, (long)getpid(), (unsigned long)now.tv_nsec, i);
        file->number = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file->number >= 0)
            return name;
        if (errno != EEXIST && errno != EINTR)
            break;
    }
    failed(file, "open");
    free(name);
    return NULL;
}

/* What is replaced keeps its permissions, and its owner where this process may give files away. */
static bool take_over(struct file *file, const struct stat *old) {
    struct stat new;
    if (fstat(file->number, &new) != 0)
        return failed(file, "fstat");
    if ((new.st_uid != old->st_uid || new.st_gid != old->st_gid) && fchown(file->number, old->st_uid, old->st_gid) != 0)
        errno = 0; /* then it is this process's */
    return fchmod(file->number, old->st_mode & 07777) == 0 || failed(file, "fchmod");
}

/* Have the folder remember the file's new name. */
static bool sync_folder(const char *path, struct file *file) {
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    if (!folder)
        return failed(file, "strndup");
    const int number = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (number < 0)
        return errno == EACCES || failed(file, "open"); /* a folder one may write to but not read */
    const bool fine = fsync(number) == 0 || errno == EINVAL || errno == EROFS || failed(file, "fsync");
    close(number);
    return fine;
}

static bool finish(struct file *file, const char *name, const char *path) {
    const int number = file->number;
    if (fsync(number) != 0 && errno != EINVAL)
        return failed(file, "fsync");
    file->number = -1;
    if (close(number) != 0)
        return failed(file, "close");
    if (rename(name, path) != 0)
        return failed(file, "rename");
    return true;
}

static int save(const optim *opt, const char *function, const char *path, const struct stat *old) {
    struct file file = {.number = -1};
    char *name = create_beside(path, &file);
    if (!name)
        return fail(opt->body, function, &file, path);
    int status = old && !take_over(&file, old) ? OPTIM_ERROR_IO : OPTIM_OK;
    if (status == OPTIM_OK)
        status = optim_saved_write(opt, function, write_to_file, &file);
    if (status == OPTIM_OK && !finish(&file, name, path))
        status = OPTIM_ERROR_IO;
    if (status != OPTIM_OK)
        unlink(name);
    else if (!sync_folder(path, &file))
        status = OPTIM_ERROR_IO;
    if (file.number >= 0)
        close(file.number);
    free(name);
    return file.call && status == OPTIM_ERROR_IO ? fail(opt->body, function, &file, path) : status;
}

/* Where a path leads that may be a link to nothing: to be freed; NULL: no memory. */
static char *follow(const char *path, struct file *file) {
    enum { LINKS = 40 }; /* as many as the system follows */
    char to[4096], *at = strdup(path);
    for (int i = 0; at && i < LINKS; i++) {
        const ssize_t length = readlink(at, to, sizeof to - 1);
        if (length < 0)
            return at;
        to[length] = 0;
        const char *slash = *to == '/' ? NULL : strrchr(at, '/');
        const int folder = slash ? (int)(slash - at) + 1 : 0;
        char *next = malloc((size_t)folder + (size_t)length + 1);
        if (next)
            sprintf(next, "%.*s%s", folder, at, to);
        free(at);
        at = next;
    }
    if (!at)
        failed(file, "malloc");
    return at;
}

int optim_save(const optim *opt, const char *path) {
    static const char function[] = "optim_save";
    struct file file = {.number = -1};
    struct stat old;
    int status = optim_check(opt, function, false);
    if (status != OPTIM_OK)
        return status;
    if (!path || !*path)
        return optim_fail(opt->body, OPTIM_ERROR_ARGUMENT, "%s: path is %s", function, path ? "empty" : "NULL");
    const bool replaces = stat(path, &old) == 0;
    if (!replaces && errno != ENOENT) {
        failed(&file, "stat");
        return fail(opt->body, function, &file, path);
    }
    if (replaces && !S_ISREG(old.st_mode))
        return optim_fail(opt->body, OPTIM_ERROR_IO, "%s: \"%.300s\" is no file: optim_write writes to anything else",
                          function, path);
    char *target = replaces ? realpath(path, NULL) : follow(path, &file); /* a link stays one */
    if (!target) {
        if (replaces)
            failed(&file, "realpath");
        return fail(opt->body, function, &file, path);
    }
    status = save(opt, function, target, replaces ? &old : NULL);
    free(target);
    return status;
}

/* ---- Loading ------------------------------------------------------------------------------------------------- */

static int read_from_file(void *context, void *data, size_t size) {
    struct file *file = context;
    while (size) {
        const ssize_t count = read(file->number, data, size < MOST ? size : MOST);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            failed(file, "read");
        if (count <= 0)
            return 1;
        data = (char *)data + count;
        size -= (size_t)count;
    }
    return 0;
}

int optim_load(optim *opt, const char *path) {
    static const char function[] = "optim_load";
    int status = optim_check(opt, function, false);
    if (status != OPTIM_OK)
        return status;
    if (!path)
        return optim_fail(opt->body, OPTIM_ERROR_ARGUMENT, "%s: path is NULL", function);
    struct file file = {.number = open(path, O_RDONLY | O_CLOEXEC)};
    if (file.number < 0) {
        failed(&file, "open");
        return fail(opt->body, function, &file, path);
    }
    struct stat about;
    const bool regular = fstat(file.number, &about) == 0 && S_ISREG(about.st_mode);
    status = optim_saved_load(opt, function, regular ? (uint64_t)about.st_size : UINT64_MAX, read_from_file, &file);
    close(file.number);
    if (status == OPTIM_ERROR_IO && file.call)
        return fail(opt->body, function, &file, path);
    if (status == OPTIM_ERROR_IO)
        return optim_fail(opt->body, OPTIM_ERROR_FORMAT, "%s: \"%.300s\" is cut off: it ends too early", function,
                          path);
    return status;
}
