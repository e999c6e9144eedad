/* The data of a file, and checksums: XXH3 of 64 bits. */
#include "saved.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* What is read ahead, where pieces are small; and how much of a large one is read before it is looked at. */
enum { AHEAD = 1 << 16, PIECE = 1 << 20 };

uint64_t optim_saved_checksum(const void *data, size_t size) {
    return XXH3_64bits(data, size);
}

bool optim_saved_checksum_texts(const struct saved_text *texts, size_t count, uint64_t *checksum) {
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        return false;
    XXH3_64bits_reset(state);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(texts[i].key, "checksum") == 0)
            continue;
        XXH3_64bits_update(state, texts[i].key, strlen(texts[i].key) + 1);
        XXH3_64bits_update(state, texts[i].value, strlen(texts[i].value) + 1);
    }
    *checksum = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return true;
}

bool optim_source_open(struct source *source, optim_reader read, void *context) {
    *source = (struct source){.read = read, .context = context, .buffer = malloc(AHEAD)};
    return source->buffer != NULL;
}

void optim_source_close(struct source *source) {
    free(source->buffer);
}

static int fetch(const struct saved *saved, struct source *source, void *to, size_t size) {
    const int answer = source->read(source->context, to, size);
    if (answer != 0)
        return optim_saved_fail(saved, OPTIM_ERROR_IO, "the %zu bytes at %llu could not be read (reader: %d)", size,
                                (unsigned long long)source->taken, answer);
    source->taken += size;
    return OPTIM_OK;
}

int optim_source_read(const struct saved *saved, struct source *source, void *to, size_t size, uint64_t ahead) {
    size_t have = source->filled - source->next;
    have = have < size ? have : size;
    memcpy(to, source->buffer + source->next, have);
    source->next += have;
    to = (char *)to + have;
    size -= have;
    if (size == 0)
        return OPTIM_OK;
    if (size >= AHEAD)
        return fetch(saved, source, to, size);
    const size_t fill = ahead < AHEAD - size ? size + (size_t)ahead : AHEAD;
    source->next = source->filled = 0;
    const int status = fetch(saved, source, source->buffer, fill);
    if (status != OPTIM_OK)
        return status;
    source->filled = fill;
    source->next = size;
    memcpy(to, source->buffer, size);
    return OPTIM_OK;
}

int optim_saved_read_part(const struct saved *saved, struct source *source, const struct saved_part *part, void *to) {
    XXH3_state_t *state = XXH3_createState();
    char *passing = to ? NULL : malloc(PIECE);
    int status =
        state && (to || passing) ? OPTIM_OK : optim_saved_fail(saved, OPTIM_ERROR_MEMORY, "no memory to read into");
    if (status == OPTIM_OK)
        XXH3_64bits_reset(state);
    for (uint64_t at = part->begin; at < part->end && status == OPTIM_OK; at += PIECE) {
        const uint64_t left = part->end - at;
        const size_t size = left < PIECE ? (size_t)left : PIECE;
        char *const piece = to ? (char *)to + (at - part->begin) : passing;
        status = optim_source_read(saved, source, piece, size, saved->size - at - size);
        if (status == OPTIM_OK)
            XXH3_64bits_update(state, piece, size);
    }
    if (status == OPTIM_OK && XXH3_64bits_digest(state) != part->checksum)
        status =
            optim_saved_fail(saved, OPTIM_ERROR_FORMAT, "\"%.200s\" is damaged: its checksum is another", part->name);
    free(passing);
    XXH3_freeState(state);
    return status;
}
