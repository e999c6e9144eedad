#include "table.h"

#include <optim/optim.h>
#include <string.h>
#include <unistd.h>

#include "peers.h"

const char *table_number(char text[TABLE_NUMBER], size_t value) {
    char digits[TABLE_NUMBER];
    const size_t length = (size_t)snprintf(digits, sizeof digits, "%zu", value);
    size_t at = 0;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

const char *table_dtype(int dtype) {
    return dtype == OPTIM_F64 ? "f64" : "f32";
}

void table_print_head(void) {
    puts(
        "\nWhole steps. threads: that the step used; where more make no difference they are left out. ns: for an\n"
        "element, median; spread: between its quartiles; limit: the same for the fastest loop that only adds, over as\n"
        "many bytes; ratio: limit / ns, the median of each repetition's. Then how many times as long others take: the\n"
        "step itself alone on one thread, a plain loop (-O2), level-1 BLAS, PyTorch, PyTorch with foreach=True.\n");
    printf("%-22s %5s %7s %8s %9s %6s %8s %7s %8s %6s %7s %7s", "algorithm", "dtype", "isa", "threads", "elements",
           "bytes", "ns", "spread", "limit", "ratio", "GB/s", TABLE_ALONE);
    for (size_t k = 0; k < PEERS; k++)
        printf(" %7s", peers_name(k));
    putchar('\n');
    fflush(stdout);
}

static void print_times(const struct measured *m, const char *name) {
    const size_t at = measured_place(m, name);
    if (at)
        printf(" %7.2f", m->of[at].times);
    else
        printf(" %7s", "-");
}

void table_print(const struct row *row) {
    const struct measured *m = &row->measured;
    const size_t limit = measured_place(m, TABLE_LIMIT);
    const double count = (double)row->shape->elements;
    printf("%-22s %5s %7s %8d %9s %6.4g %8.4f %6.1f%% %8.4f %6.2f %7.1f", row->algorithm, table_dtype(row->dtype),
           row->isa, row->threads, row->shape->name, row->bytes, m->of[0].ns / count, 100 * m->of[0].spread,
           m->of[limit].ns / count, m->of[limit].times, row->bytes * count / m->of[0].ns);
    print_times(m, TABLE_ALONE);
    for (size_t k = 0; k < PEERS; k++)
        print_times(m, peers_name(k));
    putchar('\n');
    fflush(stdout);
}

void table_csv_head(FILE *file) {
    fputs("algorithm,dtype,isa,threads,shape,tensors,elements,bytes_per_element,bound_ns,who,step_ns,spread,times_ours,"
          "repetitions,steps_per_repetition\n",
          file);
}

/* One line for each that was measured. */
void table_csv(FILE *file, const struct row *row) {
    const struct measured *m = &row->measured;
    const size_t limit = measured_place(m, TABLE_LIMIT);
    for (size_t k = 0; k < m->count; k++)
        fprintf(file, "%s,%s,%s,%d,%s,%zu,%zu,%g,%.4f,%s,%.2f,%.4f,%.4f,%zu,%zu\n", row->algorithm,
                table_dtype(row->dtype), k == limit ? row->limit_isa : row->isa, row->threads, row->shape->name,
                row->shape->tensors, row->shape->elements, row->bytes, row->bound, m->of[k].name, m->of[k].ns,
                m->of[k].spread, m->of[k].times, m->repetitions, m->of[k].steps);
    fflush(file);
}

void table_progress(const char *algorithm, const char *shape, int threads) {
    if (!isatty(STDERR_FILENO))
        return;
    if (algorithm)
        fprintf(stderr, "\r%s, %s elements, threads: %d\x1b[K", algorithm, shape, threads);
    else
        fputs("\r\x1b[K", stderr);
}
