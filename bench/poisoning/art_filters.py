"""ART's spectral signatures and activation clustering on the data of data.mjs, a network of the same layers in PyTorch.

    node bench/poisoning/data.mjs /tmp/badnets
    OMP_NUM_THREADS=1 python bench/poisoning/art_filters.py /tmp/badnets [--epochs 10] [--seed 1]

Prints one JSON line: clean accuracy, attack success, and for each filter its rates against the provenance and its seconds.
ART's default settings, and for spectral signatures also the expected share of poison within the class that holds it.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from art.defences.detector.poison import ActivationDefence, SpectralSignatureDefense
from art.estimators.classification import PyTorchClassifier
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()

torch.manual_seed(options.seed)
np.random.seed(options.seed)


def loaded(name: str) -> tuple[np.ndarray, np.ndarray]:
    images = np.load(options.folder / f"{name}-images.npy").transpose(0, 3, 1, 2)
    return np.ascontiguousarray(images), np.load(options.folder / f"{name}-labels.npy").astype(np.int64)


(x, y), (x_test, y_test), (x_triggered, _) = loaded("train"), loaded("test"), loaded("triggered")
changed = np.load(options.folder / "changed.npy").astype(bool)

model = nn.Sequential(
    nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 26 * 26, 64), nn.ReLU(), nn.Linear(64, 10)
)
classifier = PyTorchClassifier(
    model=model,
    loss=nn.CrossEntropyLoss(),
    optimizer=torch.optim.Adam(model.parameters(), lr=0.001),
    input_shape=(1, 28, 28),
    nb_classes=10,
    clip_values=(0, 1),
)
classifier.fit(x, y, batch_size=128, nb_epochs=options.epochs)
labels = np.eye(10)[y]


def rates(is_clean: list[int], seconds: float) -> dict[str, float]:
    removed = np.asarray(is_clean) == 0
    return {
        "truePositiveRate": float(removed[changed].mean()),
        "falsePositiveRate": float(removed[~changed].mean()),
        "seconds": seconds,
    }


def spectral(share: float) -> dict[str, float]:
    start = time.perf_counter()
    defence = SpectralSignatureDefense(classifier, x, labels, expected_pp_poison=share, batch_size=500)
    _, is_clean = defence.detect_poison()
    return rates(is_clean, time.perf_counter() - start)


def clustering() -> dict[str, float]:
    start = time.perf_counter()
    defence = ActivationDefence(classifier, x, labels)
    _, is_clean = defence.detect_poison(nb_clusters=2, nb_dims=10, reduce="PCA")
    return rates(is_clean, time.perf_counter() - start)


in_class = float(changed[y == 0].mean())
print(
    json.dumps(
        {
            "accuracy": float((classifier.predict(x_test).argmax(1) == y_test).mean()),
            "attackSuccessRate": float((classifier.predict(x_triggered).argmax(1) == 0).mean()),
            "spectral, default": spectral(0.33),
            "spectral, share of the class": spectral(in_class),
            "activation clustering": clustering(),
        }
    )
)
