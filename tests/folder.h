/* A folder of a test's own, for files. */
#ifndef FOLDER_H
#define FOLDER_H

#include "test.h"

enum { FOLDER_PATH = 640 };

struct folder {
    char path[64];
};

/* A new one, and how many files are in it. */
struct folder folder_create(void);
size_t folder_files(const struct folder *folder);
/* The path of a file in it; it holds until the next call but three. */
const char *folder_file(const struct folder *folder, const char *name);
/* Take it and the files in it away. */
void folder_remove(const struct folder *folder);

#endif
