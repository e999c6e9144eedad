/* Statuses and messages. */
#include "handle.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local char message_without_handle[OPTIM_MESSAGE];

const char *optim_version(void) {
    return OPTIM_VERSION;
}

const char *optim_strerror(int status) {
    static const char *const texts[] = {
        [-OPTIM_OK] = "success",
        [-OPTIM_ERROR_MEMORY] = "out of memory",
        [-OPTIM_ERROR_ARGUMENT] = "invalid argument",
        [-OPTIM_ERROR_NAME] = "unknown name",
        [-OPTIM_ERROR_RANGE] = "value out of range",
        [-OPTIM_ERROR_DTYPE] = "element type not supported",
        [-OPTIM_ERROR_SIZE] = "size too large",
        [-OPTIM_ERROR_DUPLICATE] = "duplicate tensor name",
        [-OPTIM_ERROR_ALIGNMENT] = "misaligned pointer",
        [-OPTIM_ERROR_CONFLICT] = "contradictory hyperparameters",
        [-OPTIM_ERROR_STATE] = "not possible in this state",
        [-OPTIM_ERROR_UNSUPPORTED] = "not supported by this build or machine",
        [-OPTIM_ERROR_NONFINITE] = "gradient not finite",
        [-OPTIM_ERROR_IO] = "input or output failed",
        [-OPTIM_ERROR_FORMAT] = "not a saved state, or damaged",
        [-OPTIM_ERROR_MISMATCH] = "saved state of something else",
    };
    const int count = sizeof(texts) / sizeof(*texts);
    return status <= 0 && status > -count ? texts[-status] : "unknown status";
}

const char *optim_errmsg(const optim *opt) {
    return opt ? opt->body->message : message_without_handle;
}

int optim_fail(struct body *body, int status, const char *format, ...) {
    char text[OPTIM_MESSAGE]; /* an argument may be the old message */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(body ? body->message : message_without_handle, OPTIM_MESSAGE, "%s", text);
    return status;
}

int optim_check(const optim *opt, const char *function, bool swapped_is_fine) {
    if (!opt)
        return optim_fail(NULL, OPTIM_ERROR_ARGUMENT, "%s: the handle is NULL", function);
    if (opt->owned)
        return optim_fail(opt->body, OPTIM_ERROR_STATE, "%s: this handle belongs to %s: use that one", function,
                          opt->body->name);
    if (opt->body->swapped && !swapped_is_fine)
        return optim_fail(opt->body, OPTIM_ERROR_STATE,
                          "%s: the weights are swapped: call optim_swap to have them back first", function);
    return OPTIM_OK;
}
