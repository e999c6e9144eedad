/* A build without jansson and xxhash: it cannot look into files, nor write JSON. */
#include "about.h"
#include "text.h"
#include "tool.h"

static int left_out(const char *what) {
    complain("%s: this build leaves that out: it needs jansson and xxhash", what);
    return FAILED;
}

int command_state(const struct arguments *arguments) {
    (void)arguments;
    return left_out("state");
}

int command_verify(const struct arguments *arguments) {
    (void)arguments;
    return left_out("verify");
}

int command_diff(const struct arguments *arguments) {
    (void)arguments;
    return left_out("diff");
}

bool about_json(const struct about *about) {
    (void)about;
    return left_out("--json") == FINE;
}

bool about_json_all(void) {
    return left_out("--json") == FINE;
}
