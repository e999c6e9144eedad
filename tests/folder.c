#include "folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct folder folder_create(void) {
    struct folder folder;
    const char *temporary = getenv("TMPDIR");
    snprintf(folder.path, sizeof folder.path, "%.40s/optim-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder.path));
    return folder;
}

/* Count the files, and unlink them if asked. */
static size_t walk(const struct folder *folder, bool take_away) {
    size_t count = 0;
    DIR *dir = opendir(folder->path);
    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (take_away && unlink(folder_file(folder, entry->d_name)) != 0)
            rmdir(folder_file(folder, entry->d_name));
    }
    closedir(dir);
    return count;
}

size_t folder_files(const struct folder *folder) {
    return walk(folder, false);
}

const char *folder_file(const struct folder *folder, const char *name) {
    static char paths[4][FOLDER_PATH];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, FOLDER_PATH, "%s/%s", folder->path, name);
    return path;
}

void folder_remove(const struct folder *folder) {
    walk(folder, true);
    ck_assert_int_eq(rmdir(folder->path), 0);
}
