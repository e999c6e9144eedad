/* Bytes in memory, for optim_write and optim_read. */
#ifndef BYTES_H
#define BYTES_H

#include <stdbool.h>
#include <stddef.h>

struct bytes {
    unsigned char *data;
    size_t size, capacity;
    size_t at; /* how many have been read */
};

int bytes_append(void *context, const void *data, size_t size); /* an optim_writer */
int bytes_take(void *context, void *data, size_t size);         /* an optim_reader: fails behind the last */
bool bytes_same(const struct bytes *a, const struct bytes *b);
/* False: the file cannot be read, or there is no memory. */
bool bytes_of_file(const char *path, struct bytes *bytes);
void bytes_free(struct bytes *bytes);

#endif
