/*
 * Saving and loading where system calls fail, or the process dies at one of them: linked with the static library, whose
 * calls the linker sends here.
 */
#include "folder.h"
#include "fuzz/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- The calls ------------------------------------------------------------------------------------------------ */

enum fault {
    NONE,
    FAILS,      /* the n-th call */
    DIES,       /* the process, before it */
    DIES_AFTER, /* and with half of what is written */
    STUTTERS    /* every call is interrupted once, and reads and writes a few bytes */
};

enum { LOG = 4096 };

static struct {
    enum fault fault;
    long until; /* this many more calls are fine */
    int error;
    bool interrupted;
    long calls;
    char log[LOG]; /* a letter a call */
} now;

static void faults_begin(enum fault fault, long until, int error) {
    memset(&now, 0, sizeof now);
    now.fault = fault;
    now.until = until;
    now.error = error;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    pause();
}

/* A call begins: does it fail? */
static bool begins(char letter, bool can_be_interrupted) {
    if (now.calls < LOG - 1)
        now.log[now.calls] = letter;
    now.calls++;
    const bool hit = now.until-- == 0;
    if (now.fault == DIES && hit)
        die();
    if (now.fault == FAILS && hit) {
        errno = now.error;
        return true;
    }
    if (now.fault == STUTTERS && can_be_interrupted) {
        now.interrupted = !now.interrupted;
        errno = EINTR;
        return now.interrupted;
    }
    return false;
}

static void ends(void) {
    if (now.fault == DIES_AFTER && now.until == -1)
        die();
}

static size_t shortened(size_t size) {
    if (now.fault == STUTTERS)
        return size < 1000 ? size : 1000;
    return now.fault == DIES_AFTER && now.until == -1 ? size / 2 : size;
}

/* Declarations and definitions of the calls that take and return numbers and pointers. */
#define CALL(letter, type, failure, name, parameters, arguments)                                                       \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters {                                                                                    \
        if (begins(letter, false))                                                                                     \
            return failure;                                                                                            \
        type result = __real_##name arguments;                                                                         \
        ends();                                                                                                        \
        return result;                                                                                                 \
    }

struct stat64;
CALL('s', int, -1, fsync, (int number), (number))
CALL('c', int, -1, close, (int number), (number))
CALL('m', int, -1, fchmod, (int number, mode_t mode), (number, mode))
CALL('n', int, -1, rename, (const char *from, const char *to), (from, to))
CALL('u', int, -1, unlink, (const char *path), (path))
CALL('t', int, -1, stat, (const char *path, struct stat *about), (path, about))
CALL('t', int, -1, stat64, (const char *path, struct stat64 *about), (path, about))
CALL('f', int, -1, fstat, (int number, struct stat *about), (number, about))
CALL('f', int, -1, fstat64, (int number, struct stat64 *about), (number, about))
CALL('p', char *, NULL, realpath, (const char *path, char *to), (path, to))

ssize_t __real_write(int number, const void *data, size_t size);
ssize_t __wrap_write(int number, const void *data, size_t size);
ssize_t __wrap_write(int number, const void *data, size_t size) {
    if (begins('w', true))
        return -1;
    const ssize_t result = __real_write(number, data, shortened(size));
    ends();
    return result;
}

ssize_t __real_read(int number, void *data, size_t size);
ssize_t __wrap_read(int number, void *data, size_t size);
ssize_t __wrap_read(int number, void *data, size_t size) {
    return begins('r', true) ? -1 : __real_read(number, data, shortened(size));
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);

static int opened(const char *path, int flags, int mode) {
    if (begins('o', flags & O_CREAT))
        return -1;
    const int result = __real_open(path, flags, mode);
    ends();
    return result;
}

int __wrap_open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const int mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return opened(path, flags, mode);
}

int __wrap_open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const int mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return opened(path, flags, mode);
}

/* ---- Handles -------------------------------------------------------------------------------------------------- */

enum { COUNT = 100000 }; /* more than is written at once */
static float params[COUNT], grads[COUNT];

/* An optimizer after so many steps. */
static optim *stepped(int steps) {
    static const size_t count = COUNT;
    optim *opt = test_create("momentum");
    memset(params, 0, sizeof params);
    ck_ok(opt, optim_add(opt, "weight", OPTIM_F32, 1, &count, params, grads));
    for (int t = 1; t <= steps; t++) {
        for (size_t i = 0; i < COUNT; i++)
            grads[i] = (float)test_gradient((uint64_t)t, i);
        ck_ok(opt, optim_step(opt));
    }
    return opt;
}

static struct bytes state_of(const optim *opt) {
    struct bytes bytes = {0};
    ck_ok(opt, optim_write(opt, bytes_append, &bytes));
    return bytes;
}

/* A folder with the state of one step in a file, where that of two is about to be saved. */
struct scene {
    struct folder folder;
    const char *path;
    optim *opt;
    struct bytes old, new;
};

static struct scene scene_create(bool replaces) {
    struct scene scene = {.folder = folder_create()};
    optim *opt = stepped(1);
    scene.path = strdup(folder_file(&scene.folder, "state"));
    scene.old = state_of(opt);
    if (replaces) {
        ck_ok(opt, optim_save(opt, scene.path));
        ck_assert_int_eq(chmod(scene.path, 0640), 0);
    }
    optim_destroy(opt);
    scene.opt = stepped(2);
    scene.new = state_of(scene.opt);
    return scene;
}

static void scene_remove(struct scene *scene) {
    folder_remove(&scene->folder);
    optim_destroy(scene->opt);
    bytes_free(&scene->old);
    bytes_free(&scene->new);
    free((char *)scene->path);
}

enum content { MISSING, OLD, NEW, BROKEN };

static enum content content_of(const struct scene *scene) {
    struct bytes bytes;
    if (!bytes_of_file(scene->path, &bytes))
        return MISSING;
    const enum content content = bytes_same(&bytes, &scene->old) ? OLD : bytes_same(&bytes, &scene->new) ? NEW : BROKEN;
    bytes_free(&bytes);
    return content;
}

/* ---- Saving --------------------------------------------------------------------------------------------------- */

/* How the process may fail to save, with and without an old file; each call once. */
START_TEST(every_call_of_a_save_fails_once) {
    static const int errors[] = {EIO, ENOSPC, EDQUOT, EROFS};
    const bool replaces = _i % 2;
    long failing = 0;
    for (;; failing++) {
        struct scene scene = scene_create(replaces);
        faults_begin(FAILS, failing, errors[_i / 2]);
        const int status = optim_save(scene.opt, scene.path);
        const bool all_succeeded = now.until >= 0;
        const bool renamed = strchr(now.log, 'n') && (size_t)failing > (size_t)(strchr(now.log, 'n') - now.log);
        faults_begin(NONE, 0, 0);
        const enum content content = content_of(&scene), before = replaces ? OLD : MISSING;
        if (status == OPTIM_OK)
            ck_assert_int_eq(content, NEW);
        else {
            ck_assert_int_eq(status, OPTIM_ERROR_IO);
            ck_assert_ptr_nonnull(strstr(optim_errmsg(scene.opt), strerror(errors[_i / 2])));
            ck_assert_ptr_nonnull(strstr(optim_errmsg(scene.opt), scene.path));
            ck_assert_msg(content == (renamed ? NEW : before), "call %ld, %s: content %d", failing,
                          optim_errmsg(scene.opt), content);
        }
        ck_assert_msg(folder_files(&scene.folder) == (content != MISSING), "call %ld: something is left", failing);
        struct bytes after = state_of(scene.opt);
        ck_assert(bytes_same(&after, &scene.new));
        bytes_free(&after);
        ck_ok(scene.opt, optim_save(scene.opt, scene.path)); /* it can be tried again */
        ck_assert_int_eq(content_of(&scene), NEW);
        scene_remove(&scene);
        if (all_succeeded)
            break;
    }
    ck_assert_int_ge(failing, replaces ? 12 : 9);
}
END_TEST

/* Whatever the call at which the process dies, the old file is there or the new one, whole. */
START_TEST(every_call_of_a_save_is_the_last_one) {
    const bool replaces = _i % 2;
    const enum fault fault = _i / 2 ? DIES_AFTER : DIES;
    size_t contents[4] = {0};
    long dying = 0;
    for (;; dying++) {
        struct scene scene = scene_create(replaces);
        const pid_t child = fork();
        if (child == 0) {
            faults_begin(fault, dying, 0);
            _exit(optim_save(scene.opt, scene.path) == OPTIM_OK ? 0 : 1);
        }
        int status = -1;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        const bool died = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        ck_assert_msg(died || (WIFEXITED(status) && WEXITSTATUS(status) == 0), "call %ld: status %x", dying,
                      (unsigned)status);
        const enum content content = content_of(&scene);
        ck_assert_msg(content == NEW || content == (replaces ? OLD : MISSING), "call %ld: content %d", dying, content);
        ck_assert(died || content == NEW);
        contents[content]++;
        scene_remove(&scene);
        if (!died)
            break;
    }
    ck_assert_int_ge(dying, replaces ? 12 : 9);
    ck_assert_uint_ge(contents[NEW], 3);
    ck_assert_uint_ge(contents[replaces ? OLD : MISSING], 5);
}
END_TEST

/* The new file reaches the disk before it gets its name, and the folder after. */
START_TEST(calls_are_in_the_order_that_survives_a_crash) {
    struct scene scene = scene_create(true);
    faults_begin(NONE, 0, 0);
    ck_ok(scene.opt, optim_save(scene.opt, scene.path));
    const char *const write = strrchr(now.log, 'w'), *const renamed = strchr(now.log, 'n'),
                      *const synced = strchr(now.log, 's'), *const folder = strrchr(now.log, 's');
    ck_assert_msg(write && write < synced && synced < renamed && renamed < folder, "the calls were %s", now.log);
    ck_assert_ptr_null(strchr(renamed + 1, 'n'));
    struct stat about;
    ck_assert_int_eq(stat(scene.path, &about), 0);
    ck_assert_int_eq(about.st_mode & 07777, 0640);
    scene_remove(&scene);
}
END_TEST

/* ---- Loading -------------------------------------------------------------------------------------------------- */

START_TEST(every_call_of_a_load_fails_once) {
    struct scene scene = scene_create(true);
    long failing = 0;
    for (;; failing++) {
        faults_begin(FAILS, failing, EIO);
        const int status = optim_load(scene.opt, scene.path);
        const bool all_succeeded = now.until >= 0;
        const bool mattered = status != OPTIM_OK;
        faults_begin(NONE, 0, 0);
        struct bytes after = state_of(scene.opt);
        if (mattered) {
            ck_assert_int_eq(status, OPTIM_ERROR_IO);
            ck_assert_ptr_nonnull(strstr(optim_errmsg(scene.opt), strerror(EIO)));
            ck_assert(bytes_same(&after, &scene.new));
        } else {
            ck_assert(bytes_same(&after, &scene.old)); /* that the file cannot be closed changes nothing */
            optim_destroy(scene.opt);
            scene.opt = stepped(2);
        }
        bytes_free(&after);
        if (all_succeeded)
            break;
    }
    ck_assert_int_ge(failing, 4);
    scene_remove(&scene);
}
END_TEST

START_TEST(interruptions_and_small_pieces_are_no_errors) {
    struct scene scene = scene_create(_i == 0);
    faults_begin(STUTTERS, 0, 0);
    ck_ok(scene.opt, optim_save(scene.opt, scene.path));
    ck_assert_int_gt(now.calls, COUNT * (long)sizeof(float) / 1000);
    faults_begin(NONE, 0, 0);
    ck_assert_int_eq(content_of(&scene), NEW);
    optim *other = stepped(1);
    faults_begin(STUTTERS, 0, 0);
    ck_ok(other, optim_load(other, scene.path));
    ck_assert_int_gt(now.calls, COUNT * (long)sizeof(float) / 1000);
    faults_begin(NONE, 0, 0);
    struct bytes loaded = state_of(other);
    ck_assert(bytes_same(&loaded, &scene.new));
    bytes_free(&loaded);
    optim_destroy(other);
    scene_remove(&scene);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("save_faults");
    TCase *saving = tcase_create("saving"), *loading = tcase_create("loading");
    tcase_set_timeout(saving, 300);
    tcase_set_timeout(loading, 300);
    tcase_add_loop_test(saving, every_call_of_a_save_fails_once, 0, test_stride(2) == 1 ? 8 : 2);
    tcase_add_loop_test(saving, every_call_of_a_save_is_the_last_one, 0, 4);
    tcase_add_test(saving, calls_are_in_the_order_that_survives_a_crash);
    tcase_add_test(loading, every_call_of_a_load_fails_once);
    tcase_add_loop_test(loading, interruptions_and_small_pieces_are_no_errors, 0, 2);
    suite_add_tcase(suite, saving);
    suite_add_tcase(suite, loading);
    return test_run(suite);
}
