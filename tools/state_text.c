/* What a file says, as a table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../src/schedule.h"
#include "json.h"
#include "state.h"

static const char *string_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "?";
}

static long long integer_of(const json_t *object, const char *key) {
    return (long long)json_integer_value(json_object_get(object, key));
}

struct number state_number(const json_t *value) {
    double number;
    if (optim_json_to_double(value, &number))
        return number_text(number);
    return (struct number){"?"};
}

/* ---- Rules ---------------------------------------------------------------------------------------------------- */

/* Text that grows. */
static char *extend(char *text, char *more) {
    char *whole = format_text("%s%s", text, more);
    free(text);
    free(more);
    return whole;
}

static char *member_text(char *text, const char **before, const char *name, const json_t *value) {
    char *more = format_text("%s%s %s", *before, name, state_number(value).text);
    *before = ", ";
    return extend(text, more);
}

/* What a parameter of a schedule begins as; NAN: this version does not know it, or it must be set. */
static double initial_of(const struct optim_schedule_kind *kind, const char *name) {
    const struct optim_param *param;
    for (size_t i = 0; kind && (param = optim_schedule_param(kind, i)); i++)
        if (strcmp(param->name, name) == 0)
            return param->initial;
    return NAN;
}

/* "cosine(steps 900": what is not as it begins. */
static char *link_text(char *text, const json_t *link) {
    const struct optim_schedule_kind *kind = optim_schedule_find(string_of(link, "kind"));
    const char *name, *before = "";
    size_t i;
    json_t *value, *point;
    json_object_foreach(json_object_get(link, "values"), name, value) {
        double number;
        if (!optim_json_to_double(value, &number) || number != initial_of(kind, name))
            text = member_text(text, &before, name, value);
    }
    json_array_foreach(json_object_get(link, "points"), i, point) {
        text = extend(text, format_text("%sfrom %s on %s", before, state_number(json_array_get(point, 0)).text,
                                        state_number(json_array_get(point, 1)).text));
        before = ", ";
    }
    before = "; remembers ";
    json_object_foreach(json_object_get(link, "memory"), name, value) {
        text = member_text(text, &before, name, value);
    }
    return text;
}

/* "warmup(steps 20) around cosine(steps 900)" */
static char *schedule_text(const json_t *chain) {
    char *text = format_text("%s", "");
    size_t i;
    json_t *link;
    json_array_foreach(chain, i, link) {
        text = extend(text, format_text("%s%s(", i ? " around " : "", string_of(link, "kind")));
        text = extend(link_text(text, link), format_text(")"));
    }
    return text;
}

char *state_rule_text(const json_t *rule) {
    const json_t *schedule = json_object_get(rule, "schedule");
    if (json_is_array(schedule))
        return schedule_text(schedule);
    if (schedule)
        return format_text("no schedule");
    return format_text("%s", state_number(json_object_get(rule, "value")).text);
}

static void print_rules(const json_t *state) {
    static const char *const titles[] = {"tensors", "of", "hyperparameter", "value"};
    struct table table = {.columns = "llll", .titles = titles};
    size_t i;
    json_t *rule;
    json_array_foreach(json_object_get(state, "rules"), i, rule) {
        const size_t number = (size_t)integer_of(rule, "stage");
        const json_t *stage = json_array_get(json_object_get(state, "stages"), number);
        char *text = state_rule_text(rule);
        table_cell(&table, "%s", string_of(rule, "pattern"));
        table_cell(&table, "%s", string_of(stage, "of"));
        table_cell(&table, "%s", string_of(rule, "hyperparameter"));
        table_cell(&table, "%s", text);
        free(text);
    }
    puts(table.count ? "\nrules and schedules: a later one wins" : "\nno rules");
    table_print(&table, 4);
}

/* ---- Hyperparameters ------------------------------------------------------------------------------------------ */

static void print_values(const json_t *state, bool all) {
    static const char *const titles[] = {"of", "hyperparameter", "value", "default"};
    struct table table = {.columns = "llll", .titles = titles};
    size_t i;
    json_t *stage, *value;
    const char *name;
    json_array_foreach(json_object_get(state, "stages"), i, stage) {
        const json_t *differ = json_object_get(stage, "differ");
        json_object_foreach(json_object_get(stage, "values"), name, value) {
            const json_t *pair = json_object_get(differ, name);
            if (!pair && !all)
                continue;
            const json_t *initial = pair ? json_object_get(pair, "default") : value;
            table_cell(&table, "%s", string_of(stage, "of"));
            table_cell(&table, "%s", name);
            table_cell(&table, "%s", state_number(value).text);
            table_cell(&table, "%s", json_is_null(initial) ? "?" : state_number(initial).text);
        }
    }
    const char *which = all ? "" : " that differ from the defaults";
    if (table.count)
        printf("\nhyperparameters%s\n", which);
    else
        puts("\nall hyperparameters are the defaults");
    table_print(&table, 4);
}

/* ---- Tensors -------------------------------------------------------------------------------------------------- */

/* "500", or "500,500,100" if its stages have taken different numbers of steps. */
static char *steps_text(const json_t *steps) {
    char *text = format_text("%s", "");
    size_t i;
    json_t *count;
    bool same = true;
    json_array_foreach(steps, i, count) {
        same &= json_equal(count, json_array_get(steps, 0));
        text = extend(text, format_text(i ? ",%lld" : "%lld", (long long)json_integer_value(count)));
    }
    if (same) {
        free(text);
        text = format_text("%lld", (long long)json_integer_value(json_array_get(steps, 0)));
    }
    return text;
}

static void print_tensors(const json_t *state) {
    static const char *const titles[] = {"name", "type", "shape", "steps", "bytes", "slots"};
    struct table table = {.columns = "lllrrl", .titles = titles};
    size_t i;
    json_t *tensor, *slot;
    const char *name;
    json_array_foreach(json_object_get(state, "tensors"), i, tensor) {
        char *shape = json_dumps(json_object_get(tensor, "shape"), JSON_COMPACT);
        char *steps = steps_text(json_object_get(tensor, "steps")), *slots = format_text("%s", "");
        json_object_foreach(json_object_get(tensor, "slots"), name, slot) slots =
            extend(slots, format_text("%s%s", *slots ? " " : "", name));
        table_cell(&table, "%s", string_of(tensor, "name"));
        table_cell(&table, "%s", string_of(tensor, "dtype"));
        table_cell(&table, "%s", shape ? shape : "?");
        table_cell(&table, "%s", steps);
        table_cell(&table, "%lld", integer_of(tensor, "bytes"));
        table_cell(&table, "%s", slots);
        free(shape);
        free(steps);
        free(slots);
    }
    puts(table.count ? "\ntensors" : "\nno tensors");
    table_print(&table, 4);
}

void state_print(const json_t *state, bool all) {
    struct table table = {.columns = "ll"};
    const json_t *norm = json_object_get(state, "norm");
    const char *const counts[] = {"steps", "epochs", "skipped"};
    table_cell(&table, "file");
    table_cell(&table, "%s", string_of(state, "file"));
    table_cell(&table, "optimizer");
    table_cell(&table, "%s", string_of(state, "algorithm"));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        table_cell(&table, "%s", counts[i]);
        table_cell(&table, "%lld", integer_of(state, counts[i]));
    }
    if (norm && !json_is_null(norm)) {
        table_cell(&table, "norm");
        table_cell(&table, "%s, of the last gradients", state_number(norm).text);
    }
    table_cell(&table, "written by");
    table_cell(&table, "liboptim %s, format %lld", string_of(state, "version"), integer_of(state, "format"));
    table_print(&table, 0);
    print_values(state, all);
    print_rules(state);
    print_tensors(state);
    printf("\n%zu tensors, %lld bytes of data, %lld in all\n", json_array_size(json_object_get(state, "tensors")),
           integer_of(state, "bytes_of_data"), integer_of(state, "bytes"));
}
