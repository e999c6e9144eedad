#include "json.h"

#include <stdlib.h>

#include "text.h"
#include "tool.h"

static void check(bool fine) {
    if (fine)
        return;
    complain("out of memory");
    exit(FAILED);
}

void json_put(json_t *object, const char *key, json_t *value) {
    check(json_object_set_new(object, key, value) == 0);
}

void json_push(json_t *array, json_t *value) {
    check(json_array_append_new(array, value) == 0);
}

json_t *json_text(const char *text) {
    json_t *json = json_string(text);
    if (json)
        return json;
    char *made = visible(text);
    json = json_string(made);
    free(made);
    check(json != NULL);
    return json;
}

void json_print(json_t *json) {
    check(json && json_dumpf(json, stdout, JSON_INDENT(2)) == 0);
    putchar('\n');
    json_decref(json);
}
