/* Every file of tests/fuzz/corpus is loaded, or refused with the status that its name begins with. */
#include "folder.h"
#include "fuzz/handles.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES = 1024, NAME = 128 };
static char names[FILES][NAME];
static int files;

static int by_text(const void *a, const void *b) {
    return strcmp(a, b);
}

static void list_files(const char *path) {
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (const struct dirent *entry; (entry = readdir(dir)) && files < FILES;)
        if (strstr(entry->d_name, ".state"))
            snprintf(names[files++], NAME, "%.120s", entry->d_name);
    closedir(dir);
    qsort(names, (size_t)files, sizeof *names, by_text);
}

static bool begins(const char *name, const char *with) {
    return strncmp(name, with, strlen(with)) == 0;
}

static int status_of(const char *name) {
    static const struct {
        const char *word;
        int status;
    } words[] = {{"good-", OPTIM_OK},
                 {"format-", OPTIM_ERROR_FORMAT},
                 {"mismatch-", OPTIM_ERROR_MISMATCH},
                 {"io-", OPTIM_ERROR_IO}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (begins(name, words[i].word))
            return words[i].status;
    ck_abort_msg("%s: a name that begins with no status", name);
    return 1;
}

/* A file knows its length, other than a stream: then it is damaged if it ends too early or too late. */
static int status_as_file(const char *name) {
    const int status = status_of(name);
    return status == OPTIM_ERROR_IO || strstr(name, "behind-the-data") ? OPTIM_ERROR_FORMAT : status;
}

START_TEST(a_file_is_what_its_name_says) {
    const char *name = names[_i];
    char path[FOLDER_PATH];
    struct bytes bytes;
    snprintf(path, sizeof path, "%.500s/%s", getenv("CORPUS_DIR"), name);
    ck_assert(bytes_of_file(path, &bytes));
    const int status = handles_try(bytes.data, bytes.size);
    ck_assert_msg(status == status_of(name), "%s: %s", name, optim_strerror(status));
    bytes_free(&bytes);

    int as_file = OPTIM_ERROR_MISMATCH;
    char message[512] = "";
    for (size_t i = 0; handle_chain(i) && as_file == OPTIM_ERROR_MISMATCH; i++) {
        optim *opt = handle_create(handle_chain(i), 0, 0);
        as_file = optim_load(opt, path);
        snprintf(message, sizeof message, "%.500s", optim_errmsg(opt));
        optim_destroy(opt);
    }
    ck_assert_msg(as_file == status_as_file(name), "%s as a file: %s: %s", name, optim_strerror(as_file), message);
    ck_assert(as_file == OPTIM_OK || begins(message, "optim_load: "));
}
END_TEST

START_TEST(all_kinds_are_there) {
    static const char *const kinds[] = {"good-", "format-", "mismatch-", "io-"};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        int found = 0;
        for (int i = 0; i < files; i++)
            found += begins(names[i], kinds[k]);
        ck_assert_msg(found >= 5, "%d files %s", found, kinds[k]);
    }
}
END_TEST

int main(void) {
    list_files(getenv("CORPUS_DIR") ? getenv("CORPUS_DIR") : "");
    Suite *suite = suite_create("save_corpus");
    TCase *corpus = tcase_create("corpus");
    tcase_set_timeout(corpus, 300);
    tcase_add_test(corpus, all_kinds_are_there);
    for (int i = 0; i < files; i += (int)test_stride(4))
        tcase_add_loop_test(corpus, a_file_is_what_its_name_says, i, i + 1);
    suite_add_tcase(suite, corpus);
    return test_run(suite);
}
