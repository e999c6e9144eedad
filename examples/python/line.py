#!/usr/bin/env python3
"""Fit the line y = 2x + 1 to points on it."""
import numpy
import liboptim

line, gradient = numpy.zeros(2), numpy.zeros(2)  # slope, intercept
opt = liboptim.AdamW({"line": line}, {"line": gradient}, lr=0.05, weight_decay=0)
for step in range(1000):
    gradient[:] = 0
    for x in numpy.arange(-1, 1.25, 0.25):
        error = line[0] * x + line[1] - (2 * x + 1)
        gradient[0] += error * x
        gradient[1] += error
    opt.step()
print(f"y = {line[0]:.3f} x + {line[1]:.3f}")
