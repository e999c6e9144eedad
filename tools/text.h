/* Text for people: numbers, tables, and names that are safe to look at. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* "optim: ..." on the standard error stream. */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/* Memory or the end of the program. Both are to be freed. */
void *allocate(size_t count, size_t size);
__attribute__((format(printf, 1, 2))) char *format_text(const char *format, ...);

/* A copy of what may come from a file, to be freed: what would steer a terminal, and what is no UTF-8, as \xNN. */
char *visible(const char *text);

/* The fewest digits that say which double it is. */
struct number {
    char text[32];
};
struct number number_text(double x);

/* Rows of cells, printed in columns as wide as they need to be. */
struct table {
    const char *columns;       /* l or r for each: to which side its cells go */
    const char *const *titles; /* of the columns; NULL: none */
    char **cells;
    size_t count, capacity;
};
__attribute__((format(printf, 2, 3))) void table_cell(struct table *table, const char *format, ...);
/* Print it, unless it is empty, with that many blanks before each row; then it is empty. */
void table_print(struct table *table, int indent);

#endif
