#!/usr/bin/env python3
"""The classifier of digits_linear.py with PyTorch and liboptim.torch: again the same bits.

The gradients are computed by hand, since autograd adds up in an order of its own.
"""
import sys

import torch
import liboptim.torch
from liboptim.schedules import Cosine

LEARNING, BATCH, EPOCHS = 1438, 32, 20

if len(sys.argv) != 2:
    sys.exit("usage: digits_linear_torch.py DIGITS_CSV")
with open(sys.argv[1], encoding="ascii") as file:
    table = torch.tensor([[int(field) for field in line.split(",")] for line in file])
images, labels = table[:, :64].float() / 16, table[:, 64]
targets = torch.eye(10)[labels]

weight = torch.nn.Parameter(torch.zeros(64, 10))
bias = torch.nn.Parameter(torch.zeros(10))
weight.grad, bias.grad = torch.zeros_like(weight), torch.zeros_like(bias)


@torch.no_grad()
def scores(image):
    """Of many images at once; for each, pixel by pixel."""
    score = bias.repeat(len(image), 1)
    for i in range(64):
        score += image[:, i:i + 1] * weight[i]
    return score


opt = liboptim.torch.AdamW([{"params": [weight]}, {"params": [bias], "weight_decay": 0}],
                           lr=0.005, weight_decay=0.01, grad_scale=BATCH)
opt.liboptim.attach("lr", Cosine(steps=EPOCHS * len(range(0, LEARNING, BATCH))))

for epoch in range(EPOCHS):
    for first in range(0, LEARNING, BATCH):
        batch = slice(first, min(first + BATCH, LEARNING))
        errors = scores(images[batch]) - targets[batch]
        opt.zero_grad(set_to_none=False)
        for image, error in zip(images[batch], errors):
            weight.grad += torch.outer(image, error)
            bias.grad += error
        opt.step()

right = scores(images[LEARNING:]).argmax(dim=1) == labels[LEARNING:]
digest = 14695981039346656037  # FNV-1a
for byte in bytes(torch.cat([weight.detach().flatten(), bias.detach()]).view(torch.uint8).tolist()):
    digest = (digest ^ byte) * 1099511628211 % 2 ** 64
print(f"accuracy {100 * right.double().mean():.2f} %")
print(f"weights {digest:016x}")
