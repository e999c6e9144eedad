#include "table.h"

#include <optim/optim.h>
#include <string.h>
#include <unistd.h>

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

void table_print_head(int dtype) {
    printf(
        "\nA step of one tensor, %s. ns: for an element, median; spread: between its quartiles; limit: the same for a\n"
        "loop that only adds, over the same arrays; ratio: limit / ns; paired: median of each repetition's ratio.\n"
        "threads: that the step used; where more make no difference they are left out.\n\n",
        table_dtype(dtype));
    printf("%-24s %7s %12s %7s %8s %7s %8s %6s %6s %7s %5s\n", "algorithm", "threads", "elements", "bytes", "ns",
           "spread", "limit", "ratio", "paired", "GB/s", "reps");
    fflush(stdout);
}

void table_print(const struct row *row) {
    char number[TABLE_NUMBER];
    const struct measured *m = &row->measured;
    const double count = (double)row->count;
    printf("%-24s %7d %12s %7g %8.4f %6.1f%% %8.4f %6.2f %6.2f %7.1f %5zu\n", row->algorithm, row->threads,
           table_number(number, row->count), row->bytes, m->ours / count, 100 * m->spread, m->other / count, m->ratio,
           m->paired, row->bytes * count / m->ours, m->repetitions);
    fflush(stdout);
}

void table_csv_head(FILE *file) {
    fputs("algorithm,dtype,threads,tensors,elements,bytes_per_element,step_ns,spread,other_ns,ratio,paired_ratio,"
          "repetitions,steps_per_repetition\n",
          file);
}

void table_csv(FILE *file, const struct row *row) {
    const struct measured *m = &row->measured;
    fprintf(file, "%s,%s,%d,%zu,%zu,%g,%.2f,%.4f,%.2f,%.4f,%.4f,%zu,%zu\n", row->algorithm, table_dtype(row->dtype),
            row->threads, row->tensors, row->count, row->bytes, m->ours, m->spread, m->other, m->ratio, m->paired,
            m->repetitions, m->steps);
}

void table_progress(const char *algorithm, size_t tensors, size_t count, int threads) {
    char many[TABLE_NUMBER], number[TABLE_NUMBER];
    if (!isatty(STDERR_FILENO))
        return;
    if (algorithm)
        fprintf(stderr, "\r%s, %s x %s elements, threads: %d\x1b[K", algorithm, table_number(many, tensors),
                table_number(number, count), threads);
    else
        fputs("\r\x1b[K", stderr);
}
