#include "machine.h"

#include <math.h>
#include <optim/optim.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__clang__)
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

enum { LINE = 256 };

/* The rest of the first line of a file that begins with `key`; "unknown" if there is none. */
static const char *look_up(const char *path, const char *key, char line[LINE]) {
    FILE *file = fopen(path, "r");
    const char *found = NULL;
    while (file && !found && fgets(line, LINE, file))
        if (strncmp(line, key, strlen(key)) == 0)
            found = line + strlen(key);
    if (file)
        fclose(file);
    if (!found)
        return "unknown";
    line[strcspn(line, "\n")] = '\0';
    return found + strspn(found, " \t:");
}

static void print_caches(void) {
    char path[LINE], line[LINE];
    fputs("caches      ", stdout);
    for (int level = 0; level < 4; level++) {
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/type", level);
        if (strcmp(look_up(path, "", line), "Instruction") == 0)
            continue;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", level);
        printf(" %s", look_up(path, "", line));
    }
    putchar('\n');
}

void machine_print(const char *isa) {
    char line[LINE];
    printf("liboptim     %s", optim_version());
    if (isa)
        printf(", %s kernels", isa);
    puts("");
    printf("processor    %s\n", look_up("/proc/cpuinfo", "model name", line));
    printf("processors   %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
    print_caches();
    printf("load         %s\n", look_up("/proc/loadavg", "", line));
    printf("compiler     %s\n", COMPILER);
}

double machine_memory(void) {
    char line[LINE];
    double kibibytes;
    if (sscanf(look_up("/proc/meminfo", "MemAvailable:", line), "%lf", &kibibytes) != 1)
        return INFINITY;
    return kibibytes * 1024;
}
