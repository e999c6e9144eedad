/* A file that optim_save wrote, looked at without a handle. */
#ifndef FILE_H
#define FILE_H

#include <stdio.h>

#include "../src/save/saved.h"

struct saved_file {
    const char *path;
    int number;      /* -1: not open */
    int why;         /* errno of a call that failed; 0: none did */
    uint64_t length; /* UINT64_MAX: who knows, it is no regular file */
    uint64_t taken;  /* bytes of it */
    bool cut;        /* it ended before it should */
    bool progress;   /* show how far it is read */
    struct saved saved;
    struct source source;
};

/*
 * Open it and read its header. FINE; DIFFERS: it is not intact; FAILED: it cannot be read. saved_file_wrong says what.
 * To be closed in any case.
 */
int saved_file_open(struct saved_file *file, const char *path);
void saved_file_close(struct saved_file *file);

/* What is wrong with it, to be freed. */
char *saved_file_wrong(const struct saved_file *file);

/*
 * Read all the data. `wrong` is told of what is wrong, a text at a time. Returns FINE, DIFFERS or FAILED, as above.
 */
int saved_file_verify(struct saved_file *file, void (*wrong)(void *context, const char *what), void *context);

/* A text of the metadata, as a JSON object to be freed; NULL: it is not there, or is none. */
json_t *saved_file_text(const struct saved_file *file, const char *key);

/* Read what is anywhere in its data. FINE, or FAILED if it cannot be: it is no regular file, or has become shorter. */
int saved_file_read_at(struct saved_file *file, uint64_t place, void *data, size_t size);

#endif
