/* A walk over the members of a JSON object, without building it: headers may be large, and most of them is names. */
#include "saved.h"

#include <string.h>

static char *skip_space(char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

/* Behind the string that begins here; NULL: it does not end. */
static char *string_end(char *at, const char *end) {
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at < end ? at + 1 : NULL;
}

/* Behind the value that begins here; NULL: it does not end. That brackets match is for others to see. */
static char *value_end(char *at, const char *end) {
    size_t depth = 0;
    while (at < end) {
        if (*at == '"') {
            at = string_end(at, end);
            if (!at)
                return NULL;
            if (depth == 0)
                return at;
            continue;
        }
        if (depth == 0 && (*at == ',' || *at == '}' || *at == ']'))
            return at;
        depth += *at == '{' || *at == '[';
        if ((*at == '}' || *at == ']') && --depth == 0)
            return at + 1;
        at++;
    }
    return NULL;
}

struct walk optim_walk_begin(char *text, size_t length) {
    struct walk walk = {skip_space(text, text + length), text + length, NULL};
    if (walk.at == walk.end || *walk.at != '{')
        walk.wrong = "it does not begin with {";
    return walk;
}

char *optim_walk_string(char *value, size_t length) {
    json_t *json = *value == '"' ? json_loadb(value, length, JSON_DECODE_ANY, NULL) : NULL;
    char *decoded = NULL;
    if (json_is_string(json) && json_string_length(json) < length) /* the quotes are gone: there is room for the end */
        decoded = memcpy(value, json_string_value(json), json_string_length(json) + 1);
    json_decref(json);
    return decoded;
}

static bool stop(struct walk *walk, const char *wrong) {
    walk->wrong = wrong;
    return false;
}

bool optim_walk_next(struct walk *walk, char **key, char **value, size_t *length) {
    char *const end = walk->end;
    if (walk->wrong || walk->at == end)
        return false;
    const bool first = *walk->at == '{';
    char *at = skip_space(walk->at + (first || *walk->at == ','), end);
    if (at < end && *at == '}' && (first || *walk->at != ',')) {
        if (skip_space(at + 1, end) != end)
            return stop(walk, "something follows it");
        walk->at = end;
        return false;
    }
    if (at == end || *at != '"')
        return stop(walk, "a name in quotes is missing");
    char *const key_end = string_end(at, end);
    char *colon = key_end ? skip_space(key_end, end) : end;
    if (colon == end || *colon != ':')
        return stop(walk, "a colon is missing");
    *value = skip_space(colon + 1, end);
    char *const after = value_end(*value, end);
    if (!after)
        return stop(walk, "it ends within a value");
    *length = (size_t)(after - *value);
    while (*length && strchr(" \t\n\r", (*value)[*length - 1]))
        --*length;
    *key = optim_walk_string(at, (size_t)(key_end - at));
    if (!*key)
        return stop(walk, "a name is not proper JSON or UTF-8");
    walk->at = skip_space(after, end);
    if (walk->at == end || (*walk->at != ',' && *walk->at != '}'))
        return stop(walk, "a comma or a closing bracket is missing");
    return true;
}
