"""Is every case fit to be compared in float32 (tolerance 1e-5) and in float64 (1e-12)? Exit 1 if not.

Runs each case in float32, and in float64 with gradients disturbed by a relative 1e-7 (three times) and 1e-15. Prints the largest
difference from the golden run, relative to the largest magnitude the element has had so far, start included.
"""
import argparse
import sys

import numpy as np

import cases
import inputs

LIMIT_F32 = 3e-6        # leaves room for another order of operations
LIMIT_DEFAULTS = 1e-5   # of a preset as it is: cannot be chosen otherwise
LIMIT_F64 = 2e-13


def trajectory(case, *arguments):
    """The weights and the averaged weights (the weights again where there are none) after every step."""
    rows = [(theta, theta if averaged is None else averaged) for _, theta, averaged in inputs.run(case, *arguments)]
    assert rows[-1][0].dtype == (arguments[0] if arguments else np.float64), case.name
    return np.array(rows, dtype=np.float64)


def distance(case, golden, other):
    start = np.broadcast_to(abs(inputs.start_weights(case.shape)), golden[:1].shape)
    scale = np.maximum.accumulate(np.concatenate([start, abs(golden)]), axis=0)[1:]
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(np.where(scale > 0, abs(other - golden) / scale, abs(other)), nan=np.inf).max()


def disturbance(relative, seed):
    random = np.random.default_rng(seed)
    return lambda g: g * (1 + relative * random.uniform(-1, 1, g.shape))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", nargs="*", help="only these families (default: all)")
    failed = 0
    for family in parser.parse_args().family or cases.FAMILIES:
        for case in cases.FAMILIES[family]:
            golden = trajectory(case)
            f32 = distance(case, golden, trajectory(case, np.float32))
            disturbed = max(distance(case, golden, trajectory(case, np.float64, disturbance(1e-7, seed))) for seed in range(3))
            f64 = distance(case, golden, trajectory(case, np.float64, disturbance(1e-15, 0)))
            as_it_is = not (case.sets or case.at)
            bad = max(f32, disturbed) > (LIMIT_DEFAULTS if as_it_is else LIMIT_F32) or f64 > LIMIT_F64
            failed += bad
            print(f"{case.name:32} f32 {f32:.1e}  disturbed {disturbed:.1e} {f64:.1e}  max {abs(golden).max():.1e}"
                  + ("  UNFIT" if bad else ""))
    print(f"{failed} unfit")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
