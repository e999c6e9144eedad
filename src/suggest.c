/* Names near a misspelt one. */
#include "handle.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 63 };

static size_t least(size_t a, size_t b, size_t c) {
    const size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* How many letters must be added, dropped or changed to get from a to b (Levenshtein 1966). */
static size_t distance(const char *a, const char *b) {
    size_t row[LONGEST + 1];
    const size_t width = strlen(b);
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= width; j++) {
            const size_t above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[width];
}

static bool is_near(const char *name, const char *candidate) {
    const size_t length = strlen(candidate), given = strlen(name);
    if (length > LONGEST || given > LONGEST)
        return false;
    const bool contains = given > 2 && length > 2 && (strstr(candidate, name) || strstr(name, candidate));
    return contains || distance(name, candidate) <= (length > 3 ? 1 + length / 4 : 1);
}

/* Those that are near, or all. */
static size_t list(char *text, size_t size, const char *name, const char *const *names, bool all) {
    size_t length = 0;
    text[0] = '\0';
    for (; *names && length < size; names++)
        if (all || is_near(name, *names))
            length += (size_t)snprintf(text + length, size - length, "%s%s",
                                       length ? ", "
                                       : all  ? "; there are: "
                                              : "; near: ",
                                       *names);
    return length;
}

const char *optim_suggest(char *text, size_t size, const char *name, const char *const *names) {
    if (list(text, size, name, names, false) == 0)
        list(text, size, name, names, true);
    return text;
}
