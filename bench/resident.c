#include "resident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"

static double before;

/* A line of /proc/self/status, in bytes. */
static double status_of(const char *name) {
    char line[256];
    double kib = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtod(line + strlen(name), NULL);
    if (status)
        fclose(status);
    if (kib < 0)
        die(FAILED, "/proc/self/status does not tell %s", name);
    return kib * 1024;
}

void resident_begin(void) {
    FILE *clear = fopen("/proc/self/clear_refs", "w");
    if (!clear || fputs("5", clear) < 0 || fclose(clear) != 0) /* the peak is what there is now */
        die(FAILED, "/proc/self/clear_refs: memory cannot be measured here");
    before = status_of("VmRSS:");
}

double resident_grown(void) {
    return status_of("VmHWM:") - before;
}
