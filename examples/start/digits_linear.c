/* A linear classifier of handwritten digits: 64 pixels, 10 classes. Its argument is the path of digits.csv, which is in
 * examples/data. To be the same bits everywhere, it is compiled with -ffp-contract=off. */
#include <inttypes.h>
#include <optim/optim.h>
#include <stdio.h>
#include <string.h>

enum { IMAGES = 1797, LEARNING = 1438, PIXELS = 64, CLASSES = 10, BATCH = 32, EPOCHS = 20 };

static float image[IMAGES][PIXELS];
static int label[IMAGES];

static float weight[PIXELS][CLASSES], bias[CLASSES];
static float weight_gradient[PIXELS][CLASSES], bias_gradient[CLASSES];

static int read_digits(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    int complete = 1;
    for (int n = 0; n < IMAGES && complete; n++) {
        for (int i = 0; i < PIXELS && complete; i++) {
            int value;
            complete = fscanf(file, "%d,", &value) == 1;
            image[n][i] = (float)value / 16;
        }
        complete = complete && fscanf(file, "%d", &label[n]) == 1 && label[n] >= 0 && label[n] < CLASSES;
    }
    fclose(file);
    return complete;
}

static void scores(const float *x, float score[CLASSES]) {
    memcpy(score, bias, sizeof bias);
    for (int i = 0; i < PIXELS; i++)
        for (int c = 0; c < CLASSES; c++)
            score[c] += x[i] * weight[i][c];
}

/* Add the gradient of half the squared error of one image. */
static void learn(int n) {
    float error[CLASSES];
    scores(image[n], error);
    error[label[n]] -= 1;
    for (int i = 0; i < PIXELS; i++)
        for (int c = 0; c < CLASSES; c++)
            weight_gradient[i][c] += image[n][i] * error[c];
    for (int c = 0; c < CLASSES; c++)
        bias_gradient[c] += error[c];
}

static int recognized(int n) {
    float score[CLASSES];
    int best = 0;
    scores(image[n], score);
    for (int c = 1; c < CLASSES; c++)
        if (score[c] > score[best])
            best = c;
    return best == label[n];
}

/* FNV-1a of the bits of the numbers, the lowest byte first. */
static uint64_t digest(uint64_t hash, const float *number, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &number[i], sizeof bits);
        for (int shift = 0; shift < 32; shift += 8)
            hash = (hash ^ (bits >> shift & 0xff)) * UINT64_C(1099511628211);
    }
    return hash;
}

/* Make the optimizer; *opt is NULL if not even that was possible. */
static int prepare(optim **opt) {
    const size_t shape[] = {PIXELS, CLASSES};
    optim_schedule *cosine = NULL;
    *opt = NULL;
    if (optim_create(opt, "adamw") || optim_add(*opt, "weight", OPTIM_F32, 2, shape, weight, weight_gradient) ||
        optim_add(*opt, "bias", OPTIM_F32, 1, shape + 1, bias, bias_gradient) || optim_set(*opt, "lr", 0.005) ||
        optim_set(*opt, "weight_decay", 0.01) || optim_set_for(*opt, "bias", "weight_decay", 0) ||
        optim_set(*opt, "grad_scale", BATCH))
        return 0;
    const int steps = EPOCHS * ((LEARNING + BATCH - 1) / BATCH);
    if (optim_schedule_create(&cosine, "cosine") || optim_schedule_set(cosine, "steps", steps) ||
        optim_attach(*opt, "lr", cosine)) {
        optim_schedule_destroy(cosine);
        return 0;
    }
    return 1;
}

static int train(optim *opt) {
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        for (int first = 0; first < LEARNING; first += BATCH) {
            memset(weight_gradient, 0, sizeof weight_gradient);
            memset(bias_gradient, 0, sizeof bias_gradient);
            for (int n = first; n < first + BATCH && n < LEARNING; n++)
                learn(n);
            if (optim_step(opt))
                return 0;
        }
    }
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 2 || !read_digits(argv[1])) {
        fprintf(stderr, "usage: digits_linear DIGITS_CSV\n");
        return 2;
    }
    optim *opt;
    const int done = prepare(&opt) && train(opt);
    if (!done)
        fprintf(stderr, "digits_linear: %s\n", optim_errmsg(opt));
    optim_destroy(opt);
    if (!done)
        return 1;

    int right = 0;
    for (int n = LEARNING; n < IMAGES; n++)
        right += recognized(n);
    uint64_t hash = digest(UINT64_C(14695981039346656037), weight[0], PIXELS * CLASSES);
    hash = digest(hash, bias, CLASSES);
    printf("accuracy %.2f %%\n", 100.0 * right / (IMAGES - LEARNING));
    printf("weights %016" PRIx64 "\n", hash);
}
