#!/usr/bin/env python3
"""Time what Python adds to a step, and liboptim.torch.AdamW against torch.optim.AdamW.

usage: bench.py [--quick] [--threads N] [--only numpy|torch]

  --quick      a twentieth of the measurements, and GPT-2's tensors at a tenth of their sizes: to see that it runs
  --threads N  threads for both sides (1)
  --only       that part alone

Each comparison alternates the two sides in short turns, so that what else the machine does falls on both, and takes the
median of the turns' differences or quotients; in brackets the first and third quartile. With one thread it is the
processor's time, so that waiting for a processor does not count. Needs LIBOPTIM_LIBRARY or an installed library.
"""
import argparse
import statistics
import time

import liboptim
import numpy as np
from liboptim.library import C


def seconds(call, count, clock):
    """Of one call, on average."""
    begin = clock()
    for _ in range(count):
        call()
    return (clock() - begin) / count


def turns(one, other, count, number, threads):
    """Seconds of both, turn by turn, the first of a turn now this and now that one."""
    clock = time.process_time if threads == 1 else time.perf_counter
    one(), other()
    pairs = []
    for i in range(number):
        if i % 2:
            b = seconds(other, count, clock)
            pairs.append((seconds(one, count, clock), b))
        else:
            a = seconds(one, count, clock)
            pairs.append((a, seconds(other, count, clock)))
    return pairs


def quartiles(values, scale=1, form=".3f"):
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle * scale:{form}} [{low * scale:{form}} {high * scale:{form}}]"


# ---- Python over C --------------------------------------------------------------------------------------------------


def c_loop(pointer):
    """Steps of the C library without the package: what is left is one foreign call, 0.1 to 0.2 us."""
    step = C.optim_step
    return lambda: step(pointer)


def over_c(title, arrays, threads, count, number):
    params, grads = ({str(i): np.full(n, value, np.float32) for i, n in enumerate(arrays)} for value in (1, 0.01))
    opt = liboptim.AdamW(params, grads)
    opt.set_threads(threads)
    bare = c_loop(opt._handle.pointer)
    bound = turns(opt.step, bare, count, number, threads)
    mapping = turns(lambda: opt.step(grads), bare, count, number, threads)
    fresh = [{name: grad.copy() for name, grad in grads.items()} for _ in range(2)]
    state = [0]

    def other_arrays():
        state[0] ^= 1
        opt.step(fresh[state[0]])

    changing = turns(other_arrays, bare, count, number, threads)
    print(f"{title}: a step in C takes {quartiles([b for _, b in bound], 1e6, '.1f')} us")
    for way, pairs in (("bound once", bound), ("the same arrays given each time", mapping),
                       ("other arrays each time", changing)):
        best = [min(side) for side in zip(*pairs)]
        print(f"  {way:32} {quartiles([a - b for a, b in pairs], 1e6, '+.2f')} us; the fastest turns "
              f"{(best[0] - best[1]) * 1e6:+.2f} us, {100 * (best[0] / best[1] - 1):+.1f} %")


# ---- PyTorch --------------------------------------------------------------------------------------------------------


def gpt2(divisor):
    """The 148 tensors of GPT-2 with 124 million weights."""
    width, layers = 768, 12
    layer = [width, width, width * 3 * width, 3 * width, width * width, width, width, width, width * 4 * width,
             4 * width, 4 * width * width, width]
    return [max(1, n // divisor) for n in [50257 * width, 1024 * width, *layer * layers, width, width]]


def against_torch(threads, number, divisor):
    import torch
    import liboptim.torch
    torch.set_num_threads(threads)
    sizes = gpt2(divisor)

    def parameters():
        found = [torch.nn.Parameter(torch.ones(n)) for n in sizes]
        for p in found:
            p.grad = torch.full_like(p, 0.01)
        return found

    print(f"AdamW, {len(sizes)} tensors, {sum(sizes) / 1e6:.1f} M elements, float32, {threads} thread(s), "
          f"PyTorch {torch.__version__}:")
    ours = liboptim.torch.AdamW(parameters(), lr=1e-3)
    ours.liboptim.set_threads(threads)
    for settings in ({"foreach": False}, {"foreach": True}):
        theirs = torch.optim.AdamW(parameters(), lr=1e-3, **settings)
        pairs = turns(ours.step, theirs.step, 1, number, threads)
        print(f"  torch.optim.AdamW({', '.join(f'{k}={v}' for k, v in settings.items())}) "
              f"{quartiles([b for _, b in pairs], 1e3, '.1f')} ms, liboptim.torch.AdamW "
              f"{quartiles([a for a, _ in pairs], 1e3, '.1f')} ms: "
              f"{quartiles([b / a for a, b in pairs], 1, '.2f')} times as fast")
        del theirs


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", choices=["numpy", "torch"])
    options = parser.parse_args()
    number = 5 if options.quick else 101
    if options.only != "torch":
        over_c("1 tensor of 1 M elements", [1_000_000], options.threads, 5, number)
        over_c("1,000 tensors of 16 elements", [16] * 1000, options.threads, 20, number)
        over_c("1 tensor of 16 elements", [16], options.threads, 500, number)
    if options.only != "numpy":
        against_torch(options.threads, 5 if options.quick else 21, 10 if options.quick else 1)


if __name__ == "__main__":
    main()
