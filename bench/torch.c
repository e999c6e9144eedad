#include "torch.h"

#include <fcntl.h>
#include <optim/optim.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "die.h"

enum { LINE = 256, MANY = 10000 /* tensors, of which it would take seconds for a step */ };

struct torch {
    pid_t process;
    FILE *to, *from;
};

static bool absent; /* once it could not be started, it is not tried again */

/* Its answer to a line; false: it has ended. */
static bool ask(struct torch *torch, char answer[LINE]) {
    return fflush(torch->to) == 0 && fgets(answer, LINE, torch->from) != NULL;
}

static void run_python(int in, int out) {
    const char *python = getenv("PYTHON");
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    execlp(python ? python : "python3", "python3", TORCH_PEER, (char *)NULL);
    _exit(127);
}

static struct torch *start(void) {
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0)
        die(FAILED, "a pipe cannot be made");
    const pid_t process = fork();
    if (process < 0)
        die(FAILED, "a process for PyTorch cannot be started");
    if (process == 0) {
        close(to[1]);
        close(from[0]);
        run_python(to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    fcntl(to[1], F_SETFD, FD_CLOEXEC); /* or a later process would keep them open */
    fcntl(from[0], F_SETFD, FD_CLOEXEC);
    struct torch *torch = allocate(1, sizeof *torch);
    *torch = (struct torch){process, fdopen(to[1], "w"), fdopen(from[0], "r")};
    return torch;
}

void torch_destroy(void *context) {
    struct torch *torch = context;
    fclose(torch->to); /* which is how it knows */
    fclose(torch->from);
    waitpid(torch->process, NULL, 0);
    free(torch);
}

static void *create(const char *algorithm, int dtype, const struct shape *shape, int threads, bool foreach) {
    char answer[LINE] = "";
    if (absent || shape->tensors > MANY)
        return NULL;
    signal(SIGPIPE, SIG_IGN);
    struct torch *torch = start();
    fprintf(torch->to, "create %s %s %d %d", algorithm, dtype == OPTIM_F64 ? "float64" : "float32", threads, foreach);
    for (size_t k = 0; k < shape->tensors; k++)
        fprintf(torch->to, " %zu", shape_count(shape, k));
    fputs("\n", torch->to);
    const bool answers = ask(torch, answer);
    if (answers && strcmp(answer, "ready\n") == 0)
        return torch;
    absent = !answers || strcmp(answer, "absent\n") == 0;
    torch_destroy(torch);
    return NULL;
}

void *torch_create(const char *algorithm, int dtype, const struct shape *shape, int threads) {
    return create(algorithm, dtype, shape, threads, false);
}

void *torch_create_foreach(const char *algorithm, int dtype, const struct shape *shape, int threads) {
    return create(algorithm, dtype, shape, threads, true);
}

double torch_time(void *context, size_t steps) {
    struct torch *torch = context;
    char answer[LINE];
    fprintf(torch->to, "time %zu\n", steps);
    if (!ask(torch, answer))
        die(FAILED, "PyTorch ended while it was timed");
    return strtod(answer, NULL);
}
