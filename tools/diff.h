/* How two states differ, as JSON, and text from that. */
#ifndef DIFF_H
#define DIFF_H

#include "file.h"

struct pair {
    struct saved_file a, b;
};

/* What differs of the settings: an array of {"of", "what", "a", "b"}. */
json_t *diff_settings(const struct pair *pair);

/* Of the rules, number by number: an array of {"rule", "what", "a", "b"}. */
json_t *diff_rules(const struct pair *pair);

/* Of the tensors but their data: an array of {"tensor", "what", "a", "b"}. */
json_t *diff_tensors(const struct pair *pair);

/* For people. */
void diff_print(const json_t *diff);

#endif
