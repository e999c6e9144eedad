#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int bytes_append(void *context, const void *data, size_t size) {
    struct bytes *bytes = context;
    if (bytes->size + size > bytes->capacity) {
        const size_t capacity = 2 * (bytes->size + size);
        unsigned char *grown = realloc(bytes->data, capacity);
        if (!grown)
            return 1;
        bytes->data = grown;
        bytes->capacity = capacity;
    }
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    return 0;
}

int bytes_take(void *context, void *data, size_t size) {
    struct bytes *bytes = context;
    if (size > bytes->size - bytes->at)
        return 1;
    memcpy(data, bytes->data + bytes->at, size);
    bytes->at += size;
    return 0;
}

bool bytes_same(const struct bytes *a, const struct bytes *b) {
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

bool bytes_of_file(const char *path, struct bytes *bytes) {
    unsigned char buffer[1 << 12];
    size_t count;
    bool fine = true;
    *bytes = (struct bytes){0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    while (fine && (count = fread(buffer, 1, sizeof buffer, file)) > 0)
        fine = bytes_append(bytes, buffer, count) == 0;
    fine = fine && !ferror(file);
    fclose(file);
    return fine;
}

void bytes_free(struct bytes *bytes) {
    free(bytes->data);
    *bytes = (struct bytes){0};
}
