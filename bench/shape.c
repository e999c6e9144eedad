#include "shape.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct shape *shape, size_t tensors, size_t count) {
    shape->kinds[shape->nkinds].tensors = tensors;
    shape->kinds[shape->nkinds++].count = count;
    shape->tensors += tensors;
    shape->elements += tensors * count;
}

/* GPT-2 with 124 million weights: embeddings, 12 layers, a normalization; equal sizes of all layers together. */
static void read_gpt2(struct shape *shape) {
    enum { WIDTH = 768, LAYERS = 12 };
    static const size_t layer[] = {WIDTH * 3 * WIDTH, WIDTH * WIDTH, WIDTH * 4 * WIDTH,
                                   4 * WIDTH * WIDTH, 3 * WIDTH,     4 * WIDTH};
    add(shape, 1, (size_t)50257 * WIDTH);
    add(shape, 1, (size_t)1024 * WIDTH);
    for (size_t i = 0; i < sizeof layer / sizeof *layer; i++)
        add(shape, LAYERS, layer[i]);
    add(shape, 6 * LAYERS + 2, WIDTH); /* two normalizations and two biases a layer; the last normalization */
}

/* A whole number with a suffix; *text moves behind it; 0: there is none. */
static size_t read_number(const char **text) {
    static const struct {
        const char *suffix;
        size_t scale;
    } scales[] = {{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"k", 1000}, {"M", 1000000}, {"", 1}};
    char *end = NULL;
    errno = 0;
    const unsigned long long n = **text >= '0' && **text <= '9' ? strtoull(*text, &end, 10) : 0;
    if (!end || errno != 0)
        return 0;
    size_t i = 0;
    while (strncmp(end, scales[i].suffix, strlen(scales[i].suffix)) != 0)
        i++;
    *text = end + strlen(scales[i].suffix);
    return n > SIZE_MAX / 64 / scales[i].scale ? 0 : (size_t)n * scales[i].scale;
}

bool shape_read(struct shape *shape, const char *name) {
    *shape = (struct shape){.tensors = 0};
    if (strlen(name) >= SHAPE_NAME)
        return false;
    strcpy(shape->name, name);
    if (strcmp(name, "gpt2") == 0) {
        read_gpt2(shape);
        return true;
    }
    size_t tensors = 1, count = read_number(&name);
    if (count && *name == 'x') {
        name++;
        tensors = count;
        count = read_number(&name);
    }
    if (count == 0 || *name || tensors > SIZE_MAX / 64 / count)
        return false;
    add(shape, tensors, count);
    return true;
}

size_t shape_count(const struct shape *shape, size_t k) {
    size_t i = 0;
    while (k >= shape->kinds[i].tensors)
        k -= shape->kinds[i++].tensors;
    return shape->kinds[i].count;
}
