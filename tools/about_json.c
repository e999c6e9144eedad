#include <math.h>

#include "../src/save/saved.h"
#include "about.h"
#include "json.h"

static json_t *param_json(const struct about_param *param) {
    json_t *json = json_object();
    json_put(json, "name", json_text(param->name));
    json_put(json, "of", json_text(param->of));
    json_put(json, "initial", isnan(param->initial) ? json_null() : optim_json_from_double(param->initial));
    json_put(json, "min", optim_json_from_double(param->min));
    json_put(json, "max", optim_json_from_double(param->max));
    json_put(json, "whole", json_boolean(param->whole));
    json_put(json, "help", json_text(param->help));
    return json;
}

static json_t *slot_json(const struct about_slot *slot) {
    json_t *json = json_object();
    json_put(json, "name", json_text(slot->name));
    json_put(json, "of", json_text(slot->of));
    json_put(json, "used", json_boolean(slot->used));
    return json;
}

static json_t *describe(const struct about *about) {
    json_t *json = json_object(), *params = json_array(), *slots = json_array();
    json_put(json, "name", json_text(about->name));
    json_put(json, "kind", json_text(about_kind(about)));
    json_put(json, "summary", about->summary ? json_text(about->summary) : json_null());
    for (size_t i = 0; i < about->nparams; i++)
        json_push(params, param_json(&about->params[i]));
    json_put(json, "parameters", params);
    if (about->kind == ABOUT_SCHEDULE) {
        json_decref(slots);
        json_put(json, "wraps", json_boolean(about->wraps));
        json_put(json, "follows_metric", json_boolean(about->metric));
        json_put(json, "points", json_boolean(about->points));
        return json;
    }
    for (size_t i = 0; i < about->nslots; i++)
        json_push(slots, slot_json(&about->slots[i]));
    json_put(json, "slots", slots);
    json_put(json, "bytes_per_parameter_f32", json_integer((json_int_t)(about->used * sizeof(float))));
    json_put(json, "bytes_per_parameter_f64", json_integer((json_int_t)(about->used * sizeof(double))));
    return json;
}

bool about_json(const struct about *about) {
    json_print(describe(about));
    return true;
}

bool about_json_all(void) {
    json_t *all = json_array();
    struct about about;
    for (size_t i = 0; about_at(&about, i); i++)
        json_push(all, describe(&about));
    json_print(all);
    return true;
}
