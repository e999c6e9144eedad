/* The fuzzer's target: whatever bytes are given to optim_read. */
#include "handles.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    handles_try(data, size);
    return 0;
}
