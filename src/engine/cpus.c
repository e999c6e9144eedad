/* How many threads this process can keep busy: its CPU affinity, and what its control groups allow. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "engine.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 4096, LINE = 256 };

/* The CPUs that cpu.max ("50000 100000": so many microseconds of so many; "max ...") of one group is worth. */
static int quota_of(const char *folder) {
    char path[2 * PATH + LINE];
    double quota, period;
    snprintf(path, sizeof path, "%s/cpu.max", folder);
    FILE *file = fopen(path, "r");
    const int read = file ? fscanf(file, "%lf %lf", &quota, &period) : 0;
    if (file)
        fclose(file);
    if (read != 2 || !(period > 0) || quota / period >= OPTIM_MAX_THREADS)
        return OPTIM_MAX_THREADS;
    return quota <= period ? 1 : (int)((quota + period - 1) / period); /* a part of one more is worth a thread */
}

int optim_quota(const char *self, const char *root) {
    char line[PATH], folder[2 * PATH] = "";
    FILE *file = fopen(self, "r");
    int least = OPTIM_MAX_THREADS;
    bool found = false;
    while (file && !found && fgets(line, sizeof line, file))
        found = strncmp(line, "0::/", 4) == 0;
    if (file)
        fclose(file);
    if (!found)
        return least;
    line[strcspn(line, "\n")] = '\0';
    snprintf(folder, sizeof folder, "%s%s", root, line + 3);
    for (char *end = folder + strlen(folder); end; end = strrchr(folder, '/')) { /* its own, and all around it */
        *end = '\0';
        if (strlen(folder) < strlen(root))
            break;
        const int quota = quota_of(folder);
        least = quota < least ? quota : least;
    }
    return least;
}

static int allowed;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void look(void) {
    allowed = optim_quota("/proc/self/cgroup", "/sys/fs/cgroup");
}

int optim_cpus(void) {
    cpu_set_t set;
    const int count =
        sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
    pthread_once(&once, look);
    return count < 1 ? 1 : count > allowed ? allowed : count;
}
