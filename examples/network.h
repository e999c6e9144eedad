/* A multilayer perceptron: linear layers with ReLU between them, softmax and cross-entropy at the end. */
#ifndef NETWORK_H
#define NETWORK_H

#include <stddef.h>

#include "rng.h"

#define MAX_LAYERS 9

struct layer {
    size_t inputs, outputs;
    float *weight, *weight_gradient; /* outputs x inputs */
    float *bias, *bias_gradient;     /* outputs */
    float *output, *output_gradient; /* rows x outputs */
};

struct network {
    size_t count; /* of layers */
    struct layer layer[MAX_LAYERS];
    size_t rows;          /* the most images at once */
    float *input;         /* rows x layer[0].inputs: for the caller to fill in */
    unsigned char *label; /* rows: likewise */
};

/* Layer i has width[i] inputs and width[i + 1] outputs. Weights are drawn with `rng`, biases are 0. */
void network_create(struct network *network, size_t count, const size_t *width, size_t rows, struct rng *rng);

void network_free(struct network *network);

/*
 * Look at the first `rows` rows of input. Returns the sum of their losses; *correct grows by the number of images
 * that were recognized. Leaves the gradient of the mean loss with respect to the last output for network_backward.
 */
double network_forward(struct network *network, size_t rows, size_t *correct);

/* After network_forward: the gradients of the mean loss with respect to every weight and bias. */
void network_backward(struct network *network, size_t rows);

#endif
