/* Powers, exponentials and cosines made of + - * / alone, so that they do not depend on the C library. */
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
    if ((1 - x) * (double)n > 40) /* x^n < e^-40, which is less than 1 can tell */
        return 1;
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

/* ln((1 + s) / (1 - s)) = 2 artanh(s) for |s| < 0.172, by its series. */
static double twice_artanh(double s) {
    const double s2 = s * s;
    double sum = 0;
    for (int i = 23; i > 1; i -= 2)
        sum = s2 * (sum + 1.0 / i);
    return 2 * s + 2 * s * sum;
}

/* x = 2^k m, m from sqrt(1/2) to sqrt(2), and s = (m - 1) / (m + 1). */
static double logarithm(double x) {
    const double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
    int k;
    double m = frexp(x, &k);
    if (m < 0.70710678118654752440) {
        m *= 2;
        k--;
    }
    return k * ln2_high + (k * ln2_low + twice_artanh((m - 1) / (m + 1)));
}

double optim_pow(double x, double y) {
    if (y == 0)
        return 1;
    return x > 0 ? optim_exp(y * logarithm(x)) : 0;
}

double optim_pow_above_one(double u, double y) {
    return optim_exp(y * (u < 0.4 ? twice_artanh(u / (2 + u)) : logarithm(1 + u)));
}

/* The sine for 0 <= x <= pi / 4, then the cosine, by their series. */

static double sine(double x) {
    double sum = 1;
    for (int i = 18; i > 0; i -= 2)
        sum = 1 - x * x / (i * (i + 1)) * sum;
    return x * sum;
}

static double cosine(double x) {
    double sum = 1;
    for (int i = 17; i > 0; i -= 2)
        sum = 1 - x * x / (i * (i + 1)) * sum;
    return sum;
}

/* (1 + cos(pi x)) / 2 is the square of cos(pi x / 2), which does not cancel near x = 1. */
double optim_half_cosine(double x, double left) {
    const double half_pi = 1.57079632679489661923;
    const double root = x <= 0.5 ? cosine(half_pi * x) : sine(half_pi * left);
    return root * root;
}
