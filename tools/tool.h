/* The program `optim`: what its commands have in common. */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses. */
enum {
    FINE = 0,
    DIFFERS = 1, /* or is not intact */
    MISUSE = 2,
    FAILED = 3 /* could not be read, is no intact state where one is needed, or no memory */
};

/* What stood behind the command. */
struct arguments {
    bool json, brief, all, quiet;
    char **operand;
    size_t count;
};

/* The commands: each returns an exit status. */
int command_list(const struct arguments *arguments);
int command_info(const struct arguments *arguments);
int command_state(const struct arguments *arguments);
int command_verify(const struct arguments *arguments);
int command_diff(const struct arguments *arguments);

#endif
