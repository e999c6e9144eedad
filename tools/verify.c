/* optim verify: are files intact? */
#include <stdio.h>
#include <stdlib.h>

#include "file.h"
#include "json.h"
#include "text.h"
#include "tool.h"

/* What is found in one file. */
struct verdict {
    const struct arguments *arguments;
    const char *path;
    json_t *problems;
};

static void add_problem(void *context, const char *what) {
    struct verdict *verdict = context;
    json_push(verdict->problems, json_text(what));
    if (!verdict->arguments->json)
        complain("%s: %s", verdict->path, what);
}

static json_t *describe(const struct saved_file *file, const struct verdict *verdict, int status) {
    json_t *json = json_object();
    json_put(json, "file", json_text(file->path));
    json_put(json, "intact", json_boolean(status == FINE));
    json_put(json, "readable", json_boolean(status != FAILED));
    json_put(json, "problems", json_incref(verdict->problems));
    if (status == FINE) {
        json_put(json, "tensors", json_integer((json_int_t)file->saved.ntensors));
        json_put(json, "parts", json_integer((json_int_t)file->saved.nparts));
        json_put(json, "bytes", json_integer((json_int_t)(8 + file->saved.length + file->saved.size)));
    }
    return json;
}

static int verify(const struct arguments *arguments, const char *path, json_t *all) {
    struct verdict verdict = {arguments, path, json_array()};
    struct saved_file file;
    int status = saved_file_open(&file, path);
    if (status == FINE) {
        status = saved_file_verify(&file, add_problem, &verdict);
    } else {
        char *what = saved_file_wrong(&file);
        add_problem(&verdict, what);
        free(what);
    }
    if (arguments->json) {
        json_push(all, describe(&file, &verdict, status));
    } else if (status == FINE && !arguments->quiet) {
        char *shown = visible(path);
        printf("%s: intact: %zu tensors, %zu parts, %llu bytes of data\n", shown, file.saved.ntensors,
               file.saved.nparts, (unsigned long long)file.saved.size);
        free(shown);
    }
    json_decref(verdict.problems);
    saved_file_close(&file);
    return status;
}

int command_verify(const struct arguments *arguments) {
    json_t *all = json_array();
    int worst = FINE;
    for (size_t i = 0; i < arguments->count; i++) {
        const int status = verify(arguments, arguments->operand[i], all);
        worst = status > worst ? status : worst;
    }
    if (arguments->json && !arguments->quiet)
        json_print(all);
    else
        json_decref(all);
    return worst;
}
