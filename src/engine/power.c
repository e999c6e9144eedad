#include "../type.h"

double optim_power(double x, uint64_t n) {
    double result = 1;
    for (; n != 0; n >>= 1, x *= x) {
        if (x < 0x1p-200)
            return 0;
        if (n & 1)
            result *= x;
    }
    return result;
}
