/* Numbers and names as JSON has them. */
#include "saved.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* JSON has no infinities: they are strings. */
json_t *optim_json_from_double(double x) {
    if (isfinite(x))
        return json_real(x);
    return json_string(isnan(x) ? "nan" : x > 0 ? "inf" : "-inf");
}

bool optim_json_to_double(const json_t *json, double *x) {
    const char *text = json_string_value(json);
    if (text && (strcmp(text, "nan") == 0 || strcmp(text, "inf") == 0 || strcmp(text, "-inf") == 0))
        *x = strcmp(text, "nan") == 0 ? NAN : *text == '-' ? -INFINITY : INFINITY;
    else if (json_is_number(json))
        *x = json_number_value(json);
    else
        return false;
    return true;
}

bool optim_json_to_count(const json_t *json, uint64_t *x) {
    const json_int_t most = (json_int_t)1 << 62; /* so that counting on cannot overflow */
    if (!json_is_integer(json) || json_integer_value(json) < 0 || json_integer_value(json) > most)
        return false;
    *x = (uint64_t)json_integer_value(json);
    return true;
}

json_t *optim_json_from_hex(uint64_t x) {
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, x);
    return json_string(text);
}

char *optim_json_to_text(const json_t *json) {
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY, size = json_dumpb(json, NULL, 0, flags);
    char *text = size ? malloc(size + 1) : NULL;
    if (!text || json_dumpb(json, text, size, flags) != size) {
        free(text);
        return NULL;
    }
    text[size] = 0;
    return text;
}

bool optim_json_to_hex(const json_t *json, uint64_t *x) {
    const char *text = json_string_value(json);
    if (!text || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
        return false;
    *x = strtoull(text, NULL, 16);
    return true;
}

static const char *slot_name(const struct body *body, uint32_t slot) {
    const struct stage *stage = body->stages;
    while (slot >= stage->first_slot + stage->slots)
        stage++;
    return stage->type->slots[slot - stage->first_slot].name;
}

void optim_saved_slot_name(const struct body *body, uint32_t slot, char *name, size_t size) {
    const char *own = slot_name(body, slot);
    unsigned outer = 0;
    for (uint32_t k = slot + 1; k < body->slots; k++)
        outer += strcmp(slot_name(body, k), own) == 0;
    if (outer)
        snprintf(name, size, "%s.%u", own, outer);
    else
        snprintf(name, size, "%s", own);
}

const char *optim_saved_dtype(int element) {
    return element == OPTIM_ELEMENT_F64 ? "F64" : "F32";
}

char *optim_saved_shape(const struct tensor *tensor) {
    char *text = malloc(21 * tensor->ndim + 3), *at = text;
    if (!text)
        return NULL;
    *at++ = '[';
    for (size_t i = 0; i < tensor->ndim; i++)
        at += sprintf(at, i ? ",%zu" : "%zu", tensor->shape[i]);
    memcpy(at, "]", 2);
    return text;
}
