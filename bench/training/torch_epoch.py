"""The same model, data, batch size and optimizer in PyTorch: prints one JSON line with the seconds of every epoch.

    python bench/training/torch_epoch.py article-cnn EPOCHS DIGITS_FOLDER [STEPS STEP_SIZE]

With STEPS above 0 every batch is replaced by PGD examples (Linf .3, random start) before the gradient step.
"""

import json
import sys
import time

import numpy as np
import torch
from torch import nn

MODELS = {
    "article-cnn": lambda: nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 26 * 26, 64), nn.ReLU(), nn.Linear(64, 10)
    ),
    "small-cnn": lambda: nn.Sequential(
        nn.Conv2d(1, 16, 4, 2), nn.ReLU(), nn.Conv2d(16, 32, 4, 2), nn.ReLU(), nn.Flatten(),
        nn.Linear(32 * 5 * 5, 100), nn.ReLU(), nn.Linear(100, 10),
    ),
}


EPSILON = 0.3


def pgd(model, x, y, steps, step_size):
    """The last iterate; gradients of the images alone, so that none are spent on the weights."""
    perturbed = (x + torch.empty_like(x).uniform_(-EPSILON, EPSILON)).clamp_(0, 1)
    for _ in range(steps):
        perturbed.requires_grad_(True)
        loss = nn.functional.cross_entropy(model(perturbed), y)
        (gradient,) = torch.autograd.grad(loss, perturbed)
        moved = perturbed.detach() + step_size * gradient.sign()
        perturbed = torch.min(torch.max(moved, x - EPSILON), x + EPSILON).clamp_(0, 1)
    return perturbed


def main() -> None:
    name, epochs, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    steps, step_size = (int(sys.argv[4]), float(sys.argv[5])) if len(sys.argv) > 5 else (0, 0.0)
    images, labels = [], []
    for digit in range(10):
        with open(f"{folder}/{digit}.json") as file:
            data = np.asarray(json.load(file)["data"], np.float32).reshape(-1, 1, 28, 28)[:800]
        images.append(data)
        labels.append(np.full(len(data), digit))
    x, y = torch.from_numpy(np.concatenate(images)), torch.from_numpy(np.concatenate(labels)).long()
    torch.manual_seed(1)
    model = MODELS[name]()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    seconds = []
    for _ in range(epochs):
        started = time.perf_counter()
        for batch in torch.randperm(len(x)).split(128):
            shown = pgd(model, x[batch], y[batch], steps, step_size) if steps else x[batch]
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(shown), y[batch])
            loss.backward()
            optimizer.step()
            float(loss.detach())
        seconds.append(time.perf_counter() - started)
    print(json.dumps({"images": len(x), "threads": torch.get_num_threads(), "seconds": seconds}))


main()
