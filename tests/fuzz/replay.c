/* The target without the fuzzer: every file that is named, and what optim_read says of it. */
#include "handles.h"

#include <stdio.h>

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        struct bytes bytes;
        if (!bytes_of_file(argv[i], &bytes)) {
            fprintf(stderr, "%s: cannot be read\n", argv[i]);
            return 1;
        }
        printf("%s: %s\n", argv[i], optim_strerror(handles_try(bytes.data, bytes.size)));
        bytes_free(&bytes);
    }
    printf("%d files\n", argc - 1);
}
