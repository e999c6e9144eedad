/* Images of handwritten digits, from a CSV file or from the four files of MNIST. */
#ifndef DATA_H
#define DATA_H

#include "rng.h"

#define DIGITS 10

struct images {
    size_t count;
    const unsigned char *pixel; /* count x pixels */
    const unsigned char *label; /* count, each below DIGITS */
};

struct data {
    size_t pixels; /* of one image */
    float scale;   /* pixel x scale is 0..1 */
    struct images train, validation;
    unsigned char *memory[4]; /* what data_free frees */
};

/* A line is 8x8 pixels of 0..16 and a label. A fifth of the images, drawn with `rng`, is for validation. */
void data_read_csv(struct data *data, const char *path, struct rng *rng);

/* train-images-idx3-ubyte and so on in `directory`. The t10k pair is for validation. */
void data_read_mnist(struct data *data, const char *directory);

void data_free(struct data *data);

/* Copy `count` images, from the one numbered order[0] (order NULL: `first`) on, to the rows of `input` and `label`. */
void data_gather(const struct data *data, const struct images *images, const size_t *order, size_t first, size_t count,
                 float *input, unsigned char *label);

#endif
