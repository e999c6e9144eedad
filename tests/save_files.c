/* optim_save and optim_load among the files of a system: what is replaced and kept, and what cannot be done. */
#include "folder.h"
#include "fuzz/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COUNT = 20000 };
static float params[COUNT], grads[COUNT];
static struct folder folder;
static optim *opt;
static struct bytes state; /* of opt */

static optim *stepped(int steps) {
    static const size_t count = COUNT;
    optim *made = test_create("adam");
    for (size_t i = 0; i < COUNT; i++)
        grads[i] = (float)test_gradient(1, i);
    ck_ok(made, optim_add(made, "weight", OPTIM_F32, 1, &count, params, grads));
    for (int t = 0; t < steps; t++)
        ck_ok(made, optim_step(made));
    return made;
}

static void set_up(void) {
    folder = folder_create();
    opt = stepped(2);
    state = (struct bytes){0};
    ck_ok(opt, optim_write(opt, bytes_append, &state));
}

static void tear_down(void) {
    folder_remove(&folder);
    bytes_free(&state);
    optim_destroy(opt);
}

static const char *file(const char *name) {
    return folder_file(&folder, name);
}

static void put(const char *path, const void *data, size_t size) {
    const int number = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ck_assert_int_ge(number, 0);
    ck_assert_int_eq(write(number, data, size), (ssize_t)size);
    close(number);
}

static bool holds(const char *path, const void *data, size_t size) {
    struct bytes bytes, expected = {.data = (unsigned char *)data, .size = size};
    ck_assert(bytes_of_file(path, &bytes));
    const bool same = bytes_same(&bytes, &expected);
    bytes_free(&bytes);
    return same;
}

static bool is_state(const char *path) {
    return holds(path, state.data, state.size);
}

static mode_t mode_of(const char *path) {
    struct stat about;
    ck_assert_int_eq(stat(path, &about), 0);
    return about.st_mode & 07777;
}

/* ---- What there is afterwards --------------------------------------------------------------------------------- */

START_TEST(a_new_file_has_the_usual_mode) {
    umask(027);
    ck_ok(opt, optim_save(opt, file("new")));
    ck_assert(is_state(file("new")));
    ck_assert_int_eq(mode_of(file("new")), 0640);
    ck_assert_uint_eq(folder_files(&folder), 1);
}
END_TEST

START_TEST(a_replaced_file_keeps_its_mode) {
    static const mode_t modes[] = {0600, 0644, 0666, 0440, 0755};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        put(file("old"), "old", 3);
        ck_assert_int_eq(chmod(file("old"), modes[i]), 0);
        ck_ok(opt, optim_save(opt, file("old")));
        ck_assert(is_state(file("old")));
        ck_assert_int_eq(mode_of(file("old")), modes[i]);
        ck_assert_int_eq(chmod(file("old"), 0600), 0);
        ck_assert_uint_eq(folder_files(&folder), 1);
    }
}
END_TEST

/* Where this process may give files away. */
START_TEST(a_replaced_file_keeps_its_owner) {
    struct stat about;
    put(file("old"), "old", 3);
    if (chown(file("old"), 65534, 65534) != 0)
        return;
    ck_ok(opt, optim_save(opt, file("old")));
    ck_assert_int_eq(stat(file("old"), &about), 0);
    ck_assert(about.st_uid == 65534 && about.st_gid == 65534);
}
END_TEST

/* Who has the old file open keeps it. */
START_TEST(the_old_file_is_not_written_to) {
    char buffer[4] = {0};
    put(file("old"), "old", 3);
    const int number = open(file("old"), O_RDONLY);
    ck_ok(opt, optim_save(opt, file("old")));
    ck_assert_int_eq(read(number, buffer, 4), 3);
    ck_assert_str_eq(buffer, "old");
    close(number);
}
END_TEST

START_TEST(links_are_followed) {
    static const char *const links[] = {"relative", "absolute", "of a link"};
    put(file("target"), "old", 3);
    ck_assert_int_eq(symlink("target", file(links[0])), 0);
    ck_assert_int_eq(symlink(file("target"), file(links[1])), 0);
    ck_assert_int_eq(symlink(links[0], file(links[2])), 0);
    for (int i = 0; i < 3; i++) {
        struct stat about;
        put(file("target"), "old", 3);
        ck_ok(opt, optim_save(opt, file(links[i])));
        ck_assert(is_state(file("target")));
        ck_assert_int_eq(lstat(file(links[i]), &about), 0);
        ck_assert(S_ISLNK(about.st_mode));
        ck_assert_uint_eq(folder_files(&folder), 4);
        ck_ok(opt, optim_load(opt, file(links[i])));
    }
}
END_TEST

/* A link to what is not there yet is no reason to lose the link. */
START_TEST(links_to_nothing_are_followed) {
    struct stat about;
    ck_assert_int_eq(symlink("later", file("link")), 0);
    ck_ok(opt, optim_save(opt, file("link")));
    ck_assert_int_eq(lstat(file("link"), &about), 0);
    ck_assert(S_ISLNK(about.st_mode));
    ck_assert(is_state(file("later")));
    ck_assert_int_eq(symlink(file("even later"), file("absolute")), 0);
    ck_assert_int_eq(chdir(folder.path), 0);
    ck_ok(opt, optim_save(opt, "absolute"));
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert(is_state(file("even later")));
    ck_assert_uint_eq(folder_files(&folder), 4);
}
END_TEST

START_TEST(any_name_will_do) {
    char name[256];
    memset(name, 'x', 255);
    name[255] = 0;
    ck_ok(opt, optim_save(opt, file(name)));
    ck_ok(opt, optim_save(opt, file(name)));
    ck_ok(opt, optim_save(opt, file(" \n'\"größe%s")));
    ck_assert(is_state(file(name)));
    ck_assert(is_state(file(" \n'\"größe%s")));
    ck_assert_int_eq(chdir(folder.path), 0);
    ck_ok(opt, optim_save(opt, "here"));
    ck_ok(opt, optim_save(opt, "./there"));
    ck_assert(is_state(file("here")));
    ck_ok(opt, optim_load(opt, "there"));
    ck_assert_uint_eq(folder_files(&folder), 4);
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

/* ---- What cannot be saved ------------------------------------------------------------------------------------- */

/* Saving fails, with a message that names the path and says why; nothing is there that was not there before. */
static void cannot_save(const char *path, const char *why) {
    const size_t files = folder_files(&folder);
    ck_fails(opt, OPTIM_ERROR_IO, why, optim_save(opt, path));
    ck_assert(strstr(optim_errmsg(opt), path) || strlen(path) >= 255);
    ck_assert_uint_eq(folder_files(&folder), files);
}

START_TEST(places_that_are_no_file_are_refused) {
    char name[257], *path = calloc(1, PATH_MAX + 100);
    cannot_save(file("missing/state"), strerror(ENOENT));
    put(file("a file"), "old", 3);
    cannot_save(file("a file/state"), strerror(ENOTDIR));
    ck_assert_int_eq(mkdir(file("a folder"), 0755), 0);
    cannot_save(file("a folder"), "is no file");
    cannot_save("/dev/full", "is no file");
    ck_assert_int_eq(mkfifo(file("a pipe"), 0600), 0);
    cannot_save(file("a pipe"), "is no file");
    ck_assert_int_eq(symlink("loop", file("loop")), 0);
    cannot_save(file("loop"), strerror(ELOOP));
    memset(name, 'x', 256);
    name[256] = 0;
    cannot_save(file(name), strerror(ENAMETOOLONG));
    memset(path, '/', PATH_MAX + 50);
    memcpy(path, folder.path, strlen(folder.path));
    path[PATH_MAX + 50] = 'x';
    cannot_save(path, strerror(ENAMETOOLONG));
    free(path);
    ck_assert(holds(file("a file"), "old", 3));
}
END_TEST

/* Root may write anywhere: a child is somebody else. */
START_TEST(a_folder_that_is_read_only_is_refused) {
    const bool root = geteuid() == 0;
    put(file("state"), "old", 3);
    if (root)
        ck_assert(chown(folder.path, 65534, 65534) == 0 && chown(file("state"), 65534, 65534) == 0);
    const pid_t child = fork();
    if (child == 0) {
        ck_assert(!root || seteuid(65534) == 0);
        ck_assert_int_eq(chmod(folder.path, 0555), 0);
        cannot_save(file("state"), strerror(EACCES));
        cannot_save(file("new"), strerror(EACCES));
        ck_assert(holds(file("state"), "old", 3));
        /* a folder that one may write to and not look into is fine */
        ck_assert_int_eq(chmod(folder.path, 0300), 0);
        ck_ok(opt, optim_save(opt, file("state")));
        _exit(0);
    }
    int status = -1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(chmod(folder.path, 0755), 0);
    ck_assert_int_eq(status, 0);
    ck_assert(is_state(file("state")));
    ck_assert_uint_eq(folder_files(&folder), 1);
}
END_TEST

/* The limit on a file's size, with its signal ignored, is as good as a full disk. */
START_TEST(a_full_disk_leaves_the_old_file) {
    signal(SIGXFSZ, SIG_IGN);
    put(file("state"), "old", 3);
    for (rlim_t room = 0; room < state.size; room += room < 16 ? 1 : state.size / 7) {
        const struct rlimit limit = {room, RLIM_INFINITY};
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        cannot_save(file("state"), strerror(EFBIG));
        cannot_save(file("new"), strerror(EFBIG));
        ck_assert(holds(file("state"), "old", 3));
    }
    const struct rlimit limit = {state.size, RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_ok(opt, optim_save(opt, file("state")));
    ck_assert(is_state(file("state")));
}
END_TEST

/* No file is left open, whatever happens: with no more than one number to be had, all works on. */
START_TEST(no_file_stays_open) {
    const int lowest = dup(0);
    close(lowest);
    for (int i = 0; i < 3; i++) {
        ck_ok(opt, optim_save(opt, file("state")));
        ck_ok(opt, optim_load(opt, file("state")));
        ck_fails(opt, OPTIM_ERROR_IO, "is no file", optim_save(opt, folder.path));
        ck_fails(opt, OPTIM_ERROR_IO, strerror(ENOENT), optim_load(opt, file("missing")));
        put(file("bad"), "12345678{}", 10);
        ck_fails(opt, OPTIM_ERROR_FORMAT, "not a safetensors file", optim_load(opt, file("bad")));
    }
    const int next = dup(0);
    ck_assert_int_eq(next, lowest);
    close(next);
}
END_TEST

/* ---- What cannot be loaded ------------------------------------------------------------------------------------ */

START_TEST(files_are_read_to_their_end_and_no_further) {
    optim *other = stepped(1);
    struct bytes before = {0}, after = {0};
    ck_ok(other, optim_write(other, bytes_append, &before));
    ck_fails(other, OPTIM_ERROR_IO, strerror(ENOENT), optim_load(other, file("missing")));
    ck_fails(other, OPTIM_ERROR_IO, strerror(EISDIR), optim_load(other, folder.path));
    ck_fails(other, OPTIM_ERROR_IO, strerror(ENOENT), optim_load(other, ""));
    for (size_t size = 0; size < state.size; size += state.size / 97) {
        put(file("cut"), state.data, size);
        ck_fails(other, OPTIM_ERROR_FORMAT, "", optim_load(other, file("cut")));
    }
    put(file("cut"), state.data, state.size - 1);
    ck_fails(other, OPTIM_ERROR_FORMAT, "by its header should have", optim_load(other, file("cut")));
    bytes_append(&state, "x", 1);
    put(file("long"), state.data, state.size);
    ck_fails(other, OPTIM_ERROR_FORMAT, "by its header should have", optim_load(other, file("long")));
    ck_ok(other, optim_write(other, bytes_append, &after));
    ck_assert(bytes_same(&before, &after));
    bytes_free(&before);
    bytes_free(&after);
    optim_destroy(other);
}
END_TEST

START_TEST(a_pipe_can_be_loaded_from) {
    optim *other = stepped(1);
    struct bytes after = {0};
    ck_assert_int_eq(mkfifo(file("pipe"), 0600), 0);
    const pid_t child = fork();
    if (child == 0) {
        const int number = open(file("pipe"), O_WRONLY);
        _exit(write(number, state.data, state.size) == (ssize_t)state.size ? 0 : 1);
    }
    ck_ok(other, optim_load(other, file("pipe")));
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_ok(other, optim_write(other, bytes_append, &after));
    ck_assert(bytes_same(&state, &after));
    bytes_free(&after);
    optim_destroy(other);
}
END_TEST

/* ---- Several at once ------------------------------------------------------------------------------------------ */

/* Two processes that save to one path, over and over: whoever looks sees the whole of one of the two. */
START_TEST(one_of_two_wins_whole) {
    enum { TIMES = 40 };
    optim *other = stepped(3);
    struct bytes second = {0};
    size_t seen[2] = {0};
    pid_t children[2];
    ck_ok(other, optim_write(other, bytes_append, &second));
    ck_ok(opt, optim_save(opt, file("state")));
    for (int k = 0; k < 2; k++) {
        children[k] = fork();
        if (children[k] == 0) {
            for (int i = 0; i < TIMES; i++)
                if (optim_save(k ? other : opt, file("state")) != OPTIM_OK)
                    _exit(1);
            _exit(0);
        }
    }
    for (int left = 2; left > 0;) {
        struct bytes now;
        int status;
        ck_assert(bytes_of_file(file("state"), &now));
        const bool first = bytes_same(&now, &state);
        ck_assert(first || bytes_same(&now, &second));
        seen[first]++;
        bytes_free(&now);
        if (waitpid(-1, &status, WNOHANG) > 0) {
            ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
            left--;
        }
    }
    ck_assert_uint_gt(seen[0] + seen[1], 2);
    ck_assert_uint_eq(folder_files(&folder), 1);
    bytes_free(&second);
    optim_destroy(other);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("save_files");
    TCase *files = tcase_create("files");
    tcase_set_timeout(files, 300);
    tcase_add_checked_fixture(files, set_up, tear_down);
    tcase_add_test(files, a_new_file_has_the_usual_mode);
    tcase_add_test(files, a_replaced_file_keeps_its_mode);
    tcase_add_test(files, a_replaced_file_keeps_its_owner);
    tcase_add_test(files, the_old_file_is_not_written_to);
    tcase_add_test(files, links_are_followed);
    tcase_add_test(files, links_to_nothing_are_followed);
    tcase_add_test(files, any_name_will_do);
    tcase_add_test(files, places_that_are_no_file_are_refused);
    tcase_add_test(files, a_folder_that_is_read_only_is_refused);
    tcase_add_test(files, a_full_disk_leaves_the_old_file);
    tcase_add_test(files, no_file_stays_open);
    tcase_add_test(files, files_are_read_to_their_end_and_no_further);
    tcase_add_test(files, a_pipe_can_be_loaded_from);
    tcase_add_test(files, one_of_two_wins_whole);
    suite_add_tcase(suite, files);
    return test_run(suite);
}
