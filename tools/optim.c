/* What liboptim has, and what is in the files it saves: see the manual page, optim.1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/handle.h"
#include "text.h"
#include "tool.h"

enum option { JSON, BRIEF, ALL, QUIET, HELP, OPTIONS };

static const struct {
    const char *name, *help;
} options[OPTIONS] = {
    [JSON] = {"--json", "print JSON"},
    [BRIEF] = {"--brief", "leave out the parameters"},
    [ALL] = {"--all", "all hyperparameters, not only those that differ from the defaults"},
    [QUIET] = {"--quiet", "print nothing but errors: the exit status tells"},
    [HELP] = {"--help", "print this"},
};

static const struct command {
    const char *name, *operands;
    size_t least, most; /* operands; most SIZE_MAX: as many as there are */
    unsigned takes;     /* bit i: option i */
    int (*run)(const struct arguments *arguments);
    const char *help;
} commands[] = {
    /* clang-format off */
    {"list", "", 0, 0, 1 << JSON | 1 << BRIEF, command_list,
     "the optimizers, wrappers and schedules there are, with their parameters and ranges"},
    {"info", "NAME", 1, 1, 1 << JSON, command_info,
     "about one of them, or a chain such as \"lookahead(adam)\": parameters, state, bytes"},
    {"state", "FILE", 1, 1, 1 << JSON | 1 << ALL, command_state,
     "what is in a file that optim_save wrote; checksums of the data are left to verify"},
    {"verify", "FILE...", 1, SIZE_MAX, 1 << JSON | 1 << QUIET, command_verify,
     "whether files are intact, checksums included"},
    {"diff", "FILE FILE", 2, 2, 1 << JSON | 1 << QUIET, command_diff,
     "how two files differ: settings, rules, tensors, and by how much their values do"},
    /* clang-format on */
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void) {
    puts("usage: optim COMMAND [OPTION]... [OPERAND]...\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-8s%-10s %s\n", commands[i].name, commands[i].operands, commands[i].help);
    puts("\noptim COMMAND --help lists the options of a command; optim --version prints the version.\n"
         "Exit status: 0 fine, 1 files differ or are not intact, 2 wrong use, 3 something could not be read or "
         "written.");
}

static void print_command_help(const struct command *command) {
    const bool operands = *command->operands != '\0';
    printf("usage: optim %s [OPTION]...%s%s\n\nPrints %s.\n\n", command->name, operands ? " " : "", command->operands,
           command->help);
    for (int i = 0; i < OPTIONS; i++)
        if (i == HELP || command->takes >> i & 1)
            printf("  %-9s%s\n", options[i].name, options[i].help);
}

static void complain_of(const char *what, const char *name, const char *const *names) {
    char near[OPTIM_MESSAGE];
    complain("there is no %s \"%.100s\"%s", what, name, optim_suggest(near, sizeof near, name, names));
}

static const struct command *find_command(const char *name) {
    const char *names[COMMANDS + 1] = {0};
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
        if (strcmp(name, names[i]) == 0)
            return &commands[i];
    }
    complain_of("command", name, names);
    return NULL;
}

/* OPTIONS: there is none of that name, or not for that command. */
static enum option find_option(const struct command *command, const char *name) {
    const char *names[OPTIONS + 1] = {0};
    size_t count = 0;
    for (int i = 0; i < OPTIONS; i++) {
        if (i != HELP && !(command->takes >> i & 1))
            continue;
        names[count++] = options[i].name;
        if (strcmp(name, options[i].name) == 0)
            return (enum option)i;
    }
    char *what = format_text("option of %s", command->name);
    complain_of(what, name, names);
    free(what);
    return OPTIONS;
}

/* Options may stand anywhere, until "--". */
static int read_arguments(const struct command *command, char **argv, struct arguments *arguments, bool *help) {
    bool over = false;
    for (; *argv; argv++) {
        if (over || **argv != '-' || strcmp(*argv, "-") == 0) {
            arguments->operand[arguments->count++] = *argv;
            continue;
        }
        over = strcmp(*argv, "--") == 0;
        const enum option option = over ? OPTIONS : find_option(command, *argv);
        if (!over && option == OPTIONS)
            return MISUSE;
        arguments->json |= option == JSON;
        arguments->brief |= option == BRIEF;
        arguments->all |= option == ALL;
        arguments->quiet |= option == QUIET;
        *help |= option == HELP;
    }
    if (!*help && (arguments->count < command->least || arguments->count > command->most)) {
        complain("%s: %zu operands; usage: optim %s [OPTION]... %s", command->name, arguments->count, command->name,
                 command->operands);
        return MISUSE;
    }
    return FINE;
}

static int run(const struct command *command, char **argv) {
    size_t count = 0;
    bool help = false;
    while (argv[count])
        count++;
    struct arguments arguments = {.operand = allocate(count + 1, sizeof *arguments.operand)};
    int status = read_arguments(command, argv, &arguments, &help);
    if (status == FINE && help)
        print_command_help(command);
    else if (status == FINE)
        status = command->run(&arguments);
    free(arguments.operand);
    return status;
}

static bool is(const char *argument, const char *name) {
    return argument && strcmp(argument, name) == 0;
}

int main(int argc, char **argv) {
    int status = FINE;
    if (argc < 2) {
        complain("which command? optim --help lists them");
        return MISUSE;
    }
    if (is(argv[1], "--help") || (is(argv[1], "help") && argc == 2)) {
        print_help();
    } else if (is(argv[1], "--version")) {
        printf("optim %s\n", optim_version());
    } else {
        const struct command *command = find_command(argv[1]);
        status = command ? run(command, argv + 2) : MISUSE;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        complain("standard output: it cannot be written");
        return FAILED;
    }
    return status;
}
