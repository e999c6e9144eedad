/*
 * Files for the test of the program `optim` to look at.
 *
 *     tool_states DIRECTORY    writes them
 *     tool_states --checksum   prints the XXH3 of its input
 */
#include <optim/optim.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { ROWS = 3, COLUMNS = 5, ELEMENTS = ROWS * COLUMNS };

static const char *directory;

static void check(const optim *opt, int status) {
    if (status == OPTIM_OK)
        return;
    fprintf(stderr, "tool_states: %s\n", optim_errmsg(opt));
    exit(1);
}

static void save(optim *opt, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    check(opt, optim_save(opt, path));
}

/* Two tensors, whose gradients are the weights. */
struct model {
    float weight[ELEMENTS];
    double bias[2];
};

static optim *create(const char *algorithm, struct model *model, const char *weight) {
    static const size_t shape[] = {ROWS, COLUMNS}, two[] = {2};
    optim *opt;
    check(NULL, optim_create(&opt, algorithm));
    for (int i = 0; i < ELEMENTS; i++)
        model->weight[i] = (float)(i + 1) / 7;
    model->bias[0] = 0.3;
    model->bias[1] = -2;
    check(opt, optim_add(opt, weight, OPTIM_F32, 2, shape, model->weight, model->weight));
    check(opt, optim_add(opt, "layer.bias", OPTIM_F64, 1, two, model->bias, model->bias));
    check(opt, optim_set(opt, "save_weights", 1));
    return opt;
}

static void steps(optim *opt, int count) {
    for (int i = 0; i < count; i++)
        check(opt, optim_step(opt));
}

/* Rules, schedules within schedules, epochs. */
static void write_full(void) {
    struct model model;
    optim *opt = create("lookahead(adam)", &model, "layer.weight");
    optim_schedule *plateau, *warm, *points;
    check(opt, optim_set(opt, "lr", 0.01));
    check(opt, optim_set(opt, "clip_norm", 1));
    check(opt, optim_set_for(opt, "*.bias", "weight_decay", 0.5));
    check(NULL, optim_schedule_create(&plateau, "plateau"));
    check(NULL, optim_schedule_set(plateau, "patience", 3));
    check(NULL, optim_schedule_wrap(&warm, "warmup", plateau));
    check(NULL, optim_schedule_set(warm, "steps", 20));
    check(opt, optim_attach(opt, "lr", warm));
    check(NULL, optim_schedule_create(&points, "piecewise"));
    check(NULL, optim_schedule_point(points, 5, 0.25));
    check(opt, optim_attach_for(opt, "*.weight", "weight_decay", points));
    steps(opt, 12);
    check(opt, optim_epoch(opt, 0.75));
    save(opt, "full");
    steps(opt, 1);
    save(opt, "later");
    optim_destroy(opt);
}

/* Known differences: in slot "exp_avg" of layer.weight, and nowhere else. */
static void write_changed(void) {
    struct model model;
    optim *opt = create("adam", &model, "layer.weight");
    void *data;
    steps(opt, 3);
    check(opt, optim_state(opt, 0, "exp_avg", &data, NULL, NULL));
    float *exp_avg = data;
    exp_avg[7] = 8;
    exp_avg[13] = 0.25f;
    exp_avg[14] = 0;
    save(opt, "before");
    exp_avg[7] = 9.5f;
    exp_avg[13] = -0.25f;
    exp_avg[14] = -0.0f;
    save(opt, "after");
    exp_avg[2] = NAN;
    save(opt, "not-finite");
    check(opt, optim_set(opt, "beta1", 0.8));
    save(opt, "beta1");
    optim_destroy(opt);
}

static void write_others(void) {
    struct model model;
    optim *opt = create("adam", &model,
                        "\x1b[31mred\x1b[0m\t\xe2\x80\xaegr\xc3\xb6\xc3\x9f"
                        "e");
    save(opt, "fresh");
    optim_destroy(opt);
    opt = create("sgd", &model, "layer.other");
    steps(opt, 1);
    save(opt, "other");
    optim_destroy(opt);
    check(NULL, optim_create(&opt, "sgd"));
    save(opt, "empty");
    optim_destroy(opt);
}

/* One of each algorithm, wrappers around adam. */
static void write_each(void) {
    for (size_t i = 0; i < optim_algorithm_count(); i++) {
        struct model model;
        const char *name = optim_algorithm_name(i);
        char chain[64], file[80];
        snprintf(chain, sizeof chain, optim_algorithm_wraps(name) ? "%s(adam)" : "%s", name);
        snprintf(file, sizeof file, "each-%s", name);
        optim *opt = create(chain, &model, "layer.weight");
        steps(opt, 7);
        save(opt, file);
        optim_destroy(opt);
    }
}

static int print_checksum(void) {
    char piece[1 << 16];
    size_t size;
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        return 1;
    XXH3_64bits_reset(state);
    while ((size = fread(piece, 1, sizeof piece, stdin)) > 0)
        XXH3_64bits_update(state, piece, size);
    printf("%016llx\n", (unsigned long long)XXH3_64bits_digest(state));
    XXH3_freeState(state);
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    directory = argv[1];
    if (strcmp(directory, "--checksum") == 0)
        return print_checksum();
    write_full();
    write_changed();
    write_others();
    write_each();
    return 0;
}
