/* A build without jansson and xxhash can neither save nor load. */
#include "../handle.h"

static int fail(const optim *opt, const char *function) {
    const int status = optim_check(opt, function, true);
    return status == OPTIM_OK
               ? optim_fail(opt->body, OPTIM_ERROR_UNSUPPORTED,
                            "%s: this build leaves saving and loading out: it needs jansson and xxhash", function)
               : status;
}

int optim_save(const optim *opt, const char *path) {
    (void)path;
    return fail(opt, "optim_save");
}

int optim_load(optim *opt, const char *path) {
    (void)path;
    return fail(opt, "optim_load");
}

int optim_write(const optim *opt, optim_writer write, void *context) {
    (void)write;
    (void)context;
    return fail(opt, "optim_write");
}

int optim_read(optim *opt, optim_reader read, void *context) {
    (void)read;
    (void)context;
    return fail(opt, "optim_read");
}

int optim_loaded(const optim *opt, size_t *restored, size_t *fresh, size_t *ignored) {
    (void)restored;
    (void)fresh;
    (void)ignored;
    return fail(opt, "optim_loaded");
}
