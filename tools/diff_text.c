/* How two files differ, as tables. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "json.h"
#include "state.h"
#include "text.h"

static const char *string_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* Any value as people write it; to be freed. */
static char *value_text(const json_t *value) {
    if (json_is_null(value))
        return format_text("-");
    if (json_is_boolean(value))
        return format_text("%s", json_is_true(value) ? "yes" : "no");
    if (json_is_string(value))
        return format_text("%s", json_string_value(value));
    if (json_is_real(value))
        return format_text("%s", number_text(json_real_value(value)).text);
    if (json_is_object(value)) { /* a rule */
        char *rule = state_rule_text(value);
        char *text = format_text("%s, %s, %s", string_of(value, "pattern"), string_of(value, "hyperparameter"), rule);
        free(rule);
        return text;
    }
    char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    char *text = format_text("%s", dumped ? dumped : "?");
    free(dumped);
    return text;
}

/* With a blank line before it, unless it is the first. */
static void print_section(struct table *table, bool *first) {
    if (table->count == 0)
        return;
    if (!*first)
        puts("");
    *first = false;
    table_print(table, 0);
}

static void print_pairs(const json_t *diff, const char *part, const char *kind, bool *first) {
    const char *const titles[] = {kind, "", string_of(diff, "a"), string_of(diff, "b")};
    struct table table = {.columns = "llll", .titles = titles};
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(diff, part), i, item) {
        char *a = value_text(json_object_get(item, "a")), *b = value_text(json_object_get(item, "b"));
        table_cell(&table, "%s", string_of(item, kind));
        table_cell(&table, "%s", string_of(item, "what"));
        table_cell(&table, "%s", a);
        table_cell(&table, "%s", b);
        free(a);
        free(b);
    }
    print_section(&table, first);
}

/* Rules are long: one below the other. */
static void print_rules(const json_t *diff, bool *first) {
    static const char *const titles[] = {"rule", "in", "tensors, hyperparameter, value"};
    struct table table = {.columns = "lll", .titles = titles};
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(diff, "rules"), i, item) {
        for (int side = 0; side < 2; side++) {
            const char *const key = side ? "b" : "a";
            char *text = value_text(json_object_get(item, key));
            table_cell(&table, "%s", string_of(item, "rule"));
            table_cell(&table, "%s", string_of(diff, key));
            table_cell(&table, "%s", text);
            free(text);
        }
    }
    print_section(&table, first);
}

static void add_largest(struct table *table, const json_t *largest) {
    char *at = json_dumps(json_object_get(largest, "at"), JSON_COMPACT);
    double by = NAN;
    optim_json_to_double(json_object_get(largest, "by"), &by);
    table_cell(table, "%.6g", by);
    table_cell(table, "%s", at ? at : "?");
    free(at);
}

static void print_data(const json_t *diff, bool *first) {
    static const char *const titles[] = {"tensor",           "slot", "differing",        "of",
                                         "largest absolute", "at",   "largest relative", "at"};
    struct table table = {.columns = "llrrrlrl", .titles = titles};
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(diff, "data"), i, item) {
        table_cell(&table, "%s", string_of(item, "tensor"));
        table_cell(&table, "%s", string_of(item, "slot"));
        table_cell(&table, "%lld", (long long)json_integer_value(json_object_get(item, "differing")));
        table_cell(&table, "%lld", (long long)json_integer_value(json_object_get(item, "elements")));
        add_largest(&table, json_object_get(item, "absolute"));
        add_largest(&table, json_object_get(item, "relative"));
    }
    print_section(&table, first);
}

void diff_print(const json_t *diff) {
    bool first = true;
    print_pairs(diff, "settings", "of", &first);
    print_rules(diff, &first);
    print_pairs(diff, "tensors", "tensor", &first);
    print_data(diff, &first);
}
