/* Powers and exponentials made of + - * / alone, so that they do not depend on the C library. */
#include "../type.h"

#include <math.h>

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

/* With a = 1 - x^m and b = 1 - x^n, 1 - x^(m + n) = a + b (1 - a): nothing cancels. */
double optim_decayed(double x, uint64_t n) {
    double result = 0;
    for (double b = 1 - x; n != 0; n >>= 1, b *= 2 - b) {
        if (b == 1)
            return 1;
        if (n & 1)
            result += b * (1 - result);
    }
    return result;
}

/* With c = 1 - x^m and d = 1 - x^n, the lag of m + n is the sum of both lags and c d: again nothing cancels. */
void optim_lag(double x, uint64_t n, double *decayed, double *lag) {
    double c = 0, c_lag = 0, d = 1 - x, d_lag = 0;
    for (; n != 0; n >>= 1) {
        if (n & 1) {
            c_lag += d_lag + c * d;
            c += d * (1 - c);
        }
        d_lag = 2 * d_lag + d * d;
        d *= 2 - d;
    }
    *decayed = c;
    *lag = c_lag;
}

/* x = k ln 2 + r, |r| <= ln 2 / 2; Taylor's series of e^r to the 14th power leaves less than half an ulp. */
double optim_exp(double x) {
    const double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
    if (!(x > -745))
        return x == x ? 0 : x;
    const double k = floor(x / 0.69314718055994530942 + 0.5);
    const double r = (x - k * ln2_high) - k * ln2_low;
    double sum = 1;
    for (int i = 14; i > 0; i--)
        sum = 1 + r / i * sum;
    return ldexp(sum, (int)k);
}
