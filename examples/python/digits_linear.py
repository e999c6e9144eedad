#!/usr/bin/env python3
"""A linear classifier of handwritten digits: 64 pixels, 10 classes. Its argument is the path of examples/data/digits.csv.

All is computed in float32 and in the order of examples/start/digits_linear.c, so the weights have the same bits.
"""
import sys

import numpy
from liboptim import AdamW
from liboptim.schedules import Cosine

LEARNING, BATCH, EPOCHS = 1438, 32, 20

if len(sys.argv) != 2:
    sys.exit("usage: digits_linear.py DIGITS_CSV")
table = numpy.loadtxt(sys.argv[1], dtype=numpy.float32, delimiter=",")
images, labels = table[:, :64] / numpy.float32(16), table[:, 64].astype(int)
targets = numpy.eye(10, dtype=numpy.float32)[labels]

weight, bias = numpy.zeros((64, 10), numpy.float32), numpy.zeros(10, numpy.float32)
weight_gradient, bias_gradient = numpy.zeros_like(weight), numpy.zeros_like(bias)


def scores(image):
    """Of many images at once; for each, pixel by pixel."""
    score = numpy.tile(bias, (len(image), 1))
    for i in range(64):
        score += image[:, i:i + 1] * weight[i]
    return score


opt = AdamW({"weight": weight, "bias": bias}, {"weight": weight_gradient, "bias": bias_gradient},
            lr=0.005, weight_decay=0.01, grad_scale=BATCH)
opt.set("weight_decay", 0, "bias")
opt.attach("lr", Cosine(steps=EPOCHS * len(range(0, LEARNING, BATCH))))

for epoch in range(EPOCHS):
    for first in range(0, LEARNING, BATCH):
        batch = slice(first, min(first + BATCH, LEARNING))
        errors = scores(images[batch]) - targets[batch]
        weight_gradient[:], bias_gradient[:] = 0, 0
        for image, error in zip(images[batch], errors):
            weight_gradient += numpy.outer(image, error)
            bias_gradient += error
        opt.step()

right = scores(images[LEARNING:]).argmax(axis=1) == labels[LEARNING:]
digest = 14695981039346656037  # FNV-1a
for byte in weight.astype("<f4").tobytes() + bias.astype("<f4").tobytes():
    digest = (digest ^ byte) * 1099511628211 % 2 ** 64
print(f"accuracy {100 * right.mean():.2f} %")
print(f"weights {digest:016x}")
