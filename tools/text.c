#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

void *allocate(size_t count, size_t size) {
    void *block = calloc(count ? count : 1, size);
    if (!block) {
        complain("out of memory: %zu x %zu bytes", count, size);
        exit(FAILED);
    }
    return block;
}

static char *format_list(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = allocate((size_t)(length < 0 ? 0 : length) + 1, 1);
    vsnprintf(text, (size_t)(length < 0 ? 0 : length) + 1, format, arguments);
    return text;
}

char *format_text(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = format_list(format, arguments);
    va_end(arguments);
    return text;
}

void complain(const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    char *shown = visible(text);
    fflush(stdout);
    fprintf(stderr, "optim: %s\n", shown);
    free(shown);
}

/* ---- Names that are safe to look at --------------------------------------------------------------------------- */

/* The bytes of the character that begins here, and which it is; 0: it is no UTF-8. */
static size_t decode(const char *text, uint32_t *character) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char first = (unsigned char)*text;
    const size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
    if (length <= 1) {
        *character = first;
        return length;
    }
    *character = first & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
        *character = *character << 6 | ((unsigned char)text[i] & 0x3f);
    }
    const bool surrogate = *character >= 0xd800 && *character <= 0xdfff;
    return *character < least[length] || *character > 0x10ffff || surrogate ? 0 : length;
}

/* Control characters, and those that change the direction of what follows. */
static bool steers(uint32_t character) {
    return character < 0x20 || (character >= 0x7f && character < 0xa0) ||
           (character >= 0x200e && character <= 0x200f) || (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069);
}

char *visible(const char *text) {
    char *shown = allocate(4 * strlen(text) + 1, 1), *to = shown;
    while (*text) {
        uint32_t character;
        const size_t length = decode(text, &character);
        if (length && !steers(character)) {
            memcpy(to, text, length);
            to += length;
            text += length;
            continue;
        }
        for (size_t i = 0; i < (length ? length : 1); i++)
            to += sprintf(to, "\\x%02x", (unsigned)(unsigned char)*text++);
    }
    *to = '\0';
    return shown;
}

/* ---- Numbers and tables --------------------------------------------------------------------------------------- */

struct number number_text(double x) {
    struct number number;
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(number.text, sizeof number.text, "%.*g", digits, x);
        if (strtod(number.text, NULL) == x)
            break;
    }
    if (strstr(number.text, "e+") && fabs(x) < 1e15) /* 20, not 2e+01 */
        snprintf(number.text, sizeof number.text, "%.0f", x);
    return number;
}

void table_cell(struct table *table, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *cell = format_list(format, arguments);
    va_end(arguments);
    if (table->count == table->capacity) {
        char **grown = allocate(table->capacity = 2 * table->capacity + 64, sizeof *grown);
        if (table->count)
            memcpy(grown, table->cells, table->count * sizeof *grown);
        free(table->cells);
        table->cells = grown;
    }
    table->cells[table->count++] = visible(cell);
    free(cell);
}

static size_t width_of(const char *cell) {
    size_t width = 0;
    for (; *cell; cell++)
        width += ((unsigned char)*cell & 0xc0) != 0x80; /* characters, not bytes */
    return width;
}

/* A row, without blanks at its end. */
static void print_row(const struct table *table, const size_t *width, const char *const *cells, int indent) {
    const size_t columns = strlen(table->columns);
    int blanks = indent;
    for (size_t i = 0; i < columns; i++) {
        const int missing = (int)(width[i] - width_of(cells[i]));
        const bool left = table->columns[i] == 'l';
        blanks += left ? 0 : missing;
        if (*cells[i]) {
            printf("%*s%s", blanks, "", cells[i]);
            blanks = 0;
        }
        blanks += (left ? missing : 0) + 2;
    }
    putchar('\n');
}

void table_print(struct table *table, int indent) {
    const size_t columns = strlen(table->columns);
    const char *const *cells = (const char *const *)table->cells;
    size_t *width = allocate(columns, sizeof *width);
    for (size_t i = 0; i < columns; i++)
        width[i] = table->titles ? width_of(table->titles[i]) : 0;
    for (size_t i = 0; i < table->count; i++) {
        const size_t needed = width_of(cells[i]);
        width[i % columns] = needed > width[i % columns] ? needed : width[i % columns];
    }
    if (table->titles && table->count)
        print_row(table, width, table->titles, indent);
    for (size_t i = 0; i < table->count; i += columns)
        print_row(table, width, cells + i, indent);
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(width);
    free(table->cells);
    *table = (struct table){.columns = table->columns, .titles = table->titles};
}
