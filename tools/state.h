/* What a file says, as JSON, and text from that. */
#ifndef STATE_H
#define STATE_H

#include "file.h"
#include "text.h"

/* Everything; to be freed. */
json_t *state_describe(const struct saved_file *file);

/* A number, which may be "inf" or "nan". */
struct number state_number(const json_t *value);

/* What a rule says: "0.01", "cosine(steps 900, floor 0)"; to be freed. */
char *state_rule_text(const json_t *rule);

/* For people. */
void state_print(const json_t *state, bool all);

#endif
