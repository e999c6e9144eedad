#include "network.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"

void network_create(struct network *network, size_t count, const size_t *width, size_t rows, struct rng *rng) {
    *network = (struct network){.count = count, .rows = rows};
    network->input = allocate(rows, width[0] * sizeof(float));
    network->label = allocate(rows, 1);
    for (size_t i = 0; i < count; i++) {
        struct layer *l = &network->layer[i];
        l->inputs = width[i];
        l->outputs = width[i + 1];
        l->weight = allocate(l->outputs, l->inputs * sizeof(float));
        l->weight_gradient = allocate(l->outputs, l->inputs * sizeof(float));
        l->bias = allocate(l->outputs, sizeof(float));
        l->bias_gradient = allocate(l->outputs, sizeof(float));
        l->output = allocate(rows, l->outputs * sizeof(float));
        l->output_gradient = allocate(rows, l->outputs * sizeof(float));

        const float bound = sqrtf(6.0f / (float)l->inputs); /* He et al. 2015, for ReLU */
        for (size_t k = 0; k < l->outputs * l->inputs; k++)
            l->weight[k] = bound * rng_uniform(rng);
    }
}

void network_free(struct network *network) {
    for (size_t i = 0; i < network->count; i++) {
        struct layer *l = &network->layer[i];
        free(l->weight);
        free(l->weight_gradient);
        free(l->bias);
        free(l->bias_gradient);
        free(l->output);
        free(l->output_gradient);
    }
    free(network->input);
    free(network->label);
}

/* output = input weight^T + bias */
static void linear(const struct layer *l, const float *input, size_t rows) {
    for (size_t r = 0; r < rows; r++)
        memcpy(l->output + r * l->outputs, l->bias, l->outputs * sizeof(float));
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, (int)l->outputs, (int)l->inputs, 1.0f, input,
                (int)l->inputs, l->weight, (int)l->inputs, 1.0f, l->output, (int)l->outputs);
}

static void relu(float *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        x[i] = x[i] > 0.0f ? x[i] : 0.0f;
}

/* One row: returns -log softmax(z)[label]; the gradient is (softmax(z) - onehot(label)) scale. */
static double cross_entropy(const float *z, size_t count, size_t label, float scale, float *gradient, size_t *correct) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        best = z[i] > z[best] ? i : best;
    *correct += best == label;

    float sum = 0.0f;
    for (size_t i = 0; i < count; i++)
        sum += gradient[i] = expf(z[i] - z[best]);
    for (size_t i = 0; i < count; i++)
        gradient[i] *= scale / sum;
    gradient[label] -= scale;
    return log(sum) + z[best] - z[label];
}

double network_forward(struct network *network, size_t rows, size_t *correct) {
    const float *input = network->input;
    for (size_t i = 0; i < network->count; i++) {
        struct layer *l = &network->layer[i];
        linear(l, input, rows);
        if (i + 1 < network->count)
            relu(l->output, rows * l->outputs);
        input = l->output;
    }
    struct layer *last = &network->layer[network->count - 1];
    double loss = 0.0;
    for (size_t r = 0; r < rows; r++) {
        loss += cross_entropy(last->output + r * last->outputs, last->outputs, network->label[r], 1.0f / (float)rows,
                              last->output_gradient + r * last->outputs, correct);
    }
    return loss;
}

void network_backward(struct network *network, size_t rows) {
    for (size_t i = network->count; i-- > 0;) {
        struct layer *l = &network->layer[i];
        const struct layer *below = i > 0 ? l - 1 : NULL;
        const float *input = below != NULL ? below->output : network->input;

        /* weight gradient = output gradient^T input */
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)l->outputs, (int)l->inputs, (int)rows, 1.0f,
                    l->output_gradient, (int)l->outputs, input, (int)l->inputs, 0.0f, l->weight_gradient,
                    (int)l->inputs);
        memset(l->bias_gradient, 0, l->outputs * sizeof(float));
        for (size_t r = 0; r < rows; r++) {
            for (size_t k = 0; k < l->outputs; k++)
                l->bias_gradient[k] += l->output_gradient[r * l->outputs + k];
        }
        if (below == NULL)
            break;

        /* input gradient = output gradient weight, where ReLU let the input through */
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows, (int)l->inputs, (int)l->outputs, 1.0f,
                    l->output_gradient, (int)l->outputs, l->weight, (int)l->inputs, 0.0f, below->output_gradient,
                    (int)l->inputs);
        for (size_t k = 0; k < rows * l->inputs; k++) {
            if (input[k] <= 0.0f)
                below->output_gradient[k] = 0.0f;
        }
    }
}
