/* JSON, which runs out of memory as the rest does. */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>
#include <stdbool.h>

/* The members are taken, as by json_object_set_new and json_array_append_new. */
void json_put(json_t *object, const char *key, json_t *value);
void json_push(json_t *array, json_t *value);

/* Text that is UTF-8, or is made so. */
json_t *json_text(const char *text);

/* Print it, and free it. */
void json_print(json_t *json);

#endif
