"""ART on the data of peer.mjs, which calls this; prints a JSON object a line.

    python bench/poisoning/peer.py filters|badnets|clean-label|feature-collision|gradient-matching FOLDER --seed 1

`filters` examines recorded activations. The attacks poison the clean images, and one network of the lab's layers in PyTorch learns
both the lab's poisoned set and ART's, from the same start. Seconds are those until the poison was made, ART's own network included.
Where peer.mjs hands an extractor over, ART attacks that network, and only its last layer is trained anew.
"""

import argparse
import json
import sys
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import torch
from art.attacks.poisoning import (
    FeatureCollisionAttack,
    GradientMatchingAttack,
    PoisoningAttackBackdoor,
    PoisoningAttackCleanLabelBackdoor,
)
from art.attacks.poisoning.perturbations import add_pattern_bd
from art.defences.detector.poison import ActivationDefence, SpectralSignatureDefense
from art.estimators.classification import PyTorchClassifier
from torch import nn

EPOCHS = 5
HEAD_EPOCHS = 20
TIMES = 5

parser = argparse.ArgumentParser()
parser.add_argument("mode")
parser.add_argument("folder", type=Path)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()


def read(name: str) -> np.ndarray:
    return np.load(options.folder / f"{name}.npy")


def images(name: str) -> np.ndarray:
    return np.ascontiguousarray(read(name).transpose(0, 3, 1, 2))


def tell(**row) -> None:
    print(json.dumps(row), flush=True)


def seeded(offset: int = 0) -> None:
    torch.manual_seed(options.seed + offset)
    np.random.seed(options.seed + offset)


def mlp() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)
    )


def classifier(model: nn.Module) -> PyTorchClassifier:
    return PyTorchClassifier(
        model=model,
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=0.001),
        input_shape=(1, 28, 28),
        nb_classes=10,
        clip_values=(0, 1),
    )


def trained(x: np.ndarray, y: np.ndarray, offset: int = 0) -> PyTorchClassifier:
    seeded(offset)
    made = classifier(mlp())
    made.fit(x, y, batch_size=128, nb_epochs=EPOCHS)
    return made


def handed() -> PyTorchClassifier:
    """The lab's network, its parameters in their order; a dense layer's weights are in × out there."""
    made = classifier(mlp())
    with torch.no_grad():
        for index, parameter in enumerate(made.model.parameters()):
            parameter.copy_(torch.from_numpy(read(f"extractor-{index}").T))
    return made


def with_new_head(extractor: PyTorchClassifier, x: np.ndarray, y: np.ndarray) -> PyTorchClassifier:
    seeded()
    body, fresh = extractor.model[:-1], mlp()[-1]
    with torch.no_grad():
        features = body(torch.from_numpy(x))
    optimizer = torch.optim.Adam(fresh.parameters(), lr=0.001)
    for _ in range(HEAD_EPOCHS):
        for batch in torch.randperm(len(y)).split(128):
            optimizer.zero_grad()
            nn.functional.cross_entropy(fresh(features[batch]), torch.from_numpy(y)[batch]).backward()
            optimizer.step()
    return classifier(nn.Sequential(*body, fresh))


def predicted(model: PyTorchClassifier, x: np.ndarray) -> np.ndarray:
    return model.predict(x).argmax(1)


class InThisProcess(torch.utils.data.DataLoader):
    """ART's gradient matching starts a process for every pass over the poison: the same batches, an eighth of the time."""

    def __init__(self, *arguments, num_workers=0, **settings):
        super().__init__(*arguments, **settings)


class Recorded(PyTorchClassifier):
    """Answers with the activations that were handed over, whatever layer is asked for."""

    def get_activations(self, x, layer=None, batch_size=128, framework=False):
        return read("features")


def filters() -> None:
    """ART's comparisons by relative size and by silhouette, the nearest to the lab's, fail within ART on NumPy 2."""
    warnings.filterwarnings("ignore", message="FastICA did not converge")
    labels = np.eye(10)[read("labels")]
    model = mlp()
    recorded = Recorded(
        model=model, loss=nn.CrossEntropyLoss(), input_shape=(1, 28, 28), nb_classes=10, clip_values=(0, 1)
    )
    x = np.zeros((len(labels), 1, 28, 28), np.float32)

    def spectral(share: float):
        return lambda: SpectralSignatureDefense(recorded, x, labels, expected_pp_poison=share).detect_poison()[1]

    def clustering(**settings):
        return lambda: ActivationDefence(recorded, x, labels).detect_poison(nb_clusters=2, nb_dims=10, **settings)[1]

    for name, detect in {
        "spectral-signatures, default": spectral(0.33),
        "spectral-signatures, expected .05": spectral(0.05),
        "activation-clustering, default": clustering(reduce="FastICA"),
        "activation-clustering, PCA": clustering(reduce="PCA"),
    }.items():
        seconds = []
        for _ in range(TIMES):
            seeded()
            begun = time.process_time()
            is_clean = np.asarray(detect())
            seconds.append(time.process_time() - begun)
        removed = np.flatnonzero(is_clean == 0).tolist()
        tell(tool="ART", filter=name, removed=removed, seconds=float(np.median(seconds)))


def clean() -> tuple[np.ndarray, np.ndarray]:
    return images("train-images"), read("train-labels").astype(np.int64)


def lab_poisoned() -> tuple[np.ndarray, np.ndarray]:
    return images("poisoned-images"), read("poisoned-labels").astype(np.int64)


def backdoor() -> None:
    """BadNets with ART's pattern on the samples that the lab drew, or ART's clean-label backdoor on as many."""
    x, y = clean()
    target = 0
    flags = read("changed").astype(bool)
    pattern = PoisoningAttackBackdoor(lambda batch: add_pattern_bd(batch, channels_first=True))
    one_hot = np.eye(10)
    begun = time.perf_counter()
    if options.mode == "badnets":
        poisoned_x, poisoned_y = x.copy(), y.copy()
        poisoned_x[flags], answers = pattern.poison(x[flags], y=one_hot[target], broadcast=True)
        poisoned_y[flags] = answers.argmax(1)
        seconds = time.perf_counter() - begun
    else:
        proxy = trained(x, y, 100)
        seeded()
        attack = PoisoningAttackCleanLabelBackdoor(
            pattern, proxy, one_hot[target], pp_poison=flags.sum() / (y == target).sum(), eps=0.3, eps_step=0.1, max_iter=40
        )
        poisoned_x, _ = attack.poison(x, one_hot[y])
        poisoned_y = y
        seconds = time.perf_counter() - begun

    x_test, y_test = images("test-images"), read("test-labels")
    others = x_test[y_test != target]
    pixels, mask = (read(f"trigger-{name}").transpose(2, 0, 1) for name in ("pixels", "mask"))
    for tool, (x_set, y_set), triggered, spent in (
        ("Sparring, learnt in PyTorch", lab_poisoned(), others * (1 - mask) + pixels * mask, None),
        ("ART, learnt in PyTorch", (poisoned_x, poisoned_y), pattern.poison(others.copy(), y=one_hot[target], broadcast=True)[0], seconds),
    ):
        model = trained(x_set, y_set)
        tell(
            tool=tool,
            success=float((predicted(model, triggered.astype(np.float32)) == target).mean()),
            accuracy=float((predicted(model, x_test) == y_test).mean()),
            **({} if spent is None else {"seconds": spent}),
        )
    if options.mode == "badnets":
        lab_x, lab_y = lab_poisoned()
        apart = np.abs(lab_x - poisoned_x).max()
        alike = (lab_y == poisoned_y).mean()
        print(f"the lab's set beside ART's: pixels {apart:.4f} apart at most, {alike:.0%} of the labels alike", file=sys.stderr)


def targeted() -> None:
    """Against one test input: ART alters the samples that the lab drew (gradient matching draws its own)."""
    x, y = clean()
    flags = read("changed").astype(bool)
    wanted, target = (int(value) for value in read("plot"))
    victim = images("test-images")[[wanted]]
    given = (options.folder / "extractor-0.npy").exists()
    begun = time.perf_counter()
    proxy = handed() if given else trained(x, y, 100)
    learnt = partial(with_new_head, proxy) if given else trained
    seeded()
    if options.mode == "feature-collision":
        # Its defaults are for pixels to 255. Of rates .01 to 10 and coefficients 256 (its default), 1 and .01 these collide best.
        attack = FeatureCollisionAttack(
            proxy,
            victim,
            feature_layer=proxy.layer_names[-2],
            learning_rate=0.1,
            similarity_coeff=1.0,
            watermark=0.3,
            verbose=False,
        )
        poisoned = x.copy()
        poisoned[flags] = np.clip(attack.poison(x[flags])[0], x[flags] - 0.3, x[flags] + 0.3)
    else:
        torch.utils.data.DataLoader = InThisProcess
        attack = GradientMatchingAttack(
            proxy, percent_poison=float(flags.mean()), epsilon=0.3, max_trials=1, max_epochs=250, verbose=0
        )
        poisoned, _ = attack.poison(victim, np.array([target]), x, y)
    seconds = time.perf_counter() - begun
    for tool, x_set, spent in (
        ("nothing poisoned, learnt in PyTorch", x, None),
        ("Sparring, learnt in PyTorch", lab_poisoned()[0], None),
        ("ART, learnt in PyTorch", poisoned.astype(np.float32), seconds),
    ):
        model = learnt(x_set, y)
        success = float(predicted(model, victim)[0] == target)
        tell(tool=tool, success=success, **({} if spent is None else {"seconds": spent}))


MODES = {
    "filters": filters,
    "badnets": backdoor,
    "clean-label": backdoor,
    "feature-collision": targeted,
    "gradient-matching": targeted,
}
MODES[options.mode]()
