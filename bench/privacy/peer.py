"""ART's counterparts of the lab's privacy attacks on a network of the lab: one JSON line an attack.

    python bench/privacy/peer.py FOLDER membership|extraction|inversion

FOLDER is written by privacy.mjs. Measures are the lab's: see docs/privacy.md.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from art.attacks.extraction import CopycatCNN, KnockoffNets
from art.attacks.inference.membership_inference import (
    LabelOnlyDecisionBoundary,
    MembershipInferenceBlackBox,
    MembershipInferenceBlackBoxRuleBased,
)
from art.attacks.inference.model_inversion import MIFace
from art.estimators.classification import PyTorchClassifier
from sklearn.metrics import roc_auc_score, roc_curve
from torch import nn

sys.path.append(str(Path(__file__).parent.parent / "attacks"))
from peers import Counted, network_of  # noqa: E402

FOLDER, FAMILY = Path(sys.argv[1]), sys.argv[2]
ROUNDS = [250, 500, 1000, 2000, 4000, 5000]
"""Queries at which a copy is trained and measured, as in the lab."""
BATCH, EPOCHS, LEAST_STEPS = 64, 10, 300
"""Of a copy's training, as in the lab."""
JUDGE_EPOCHS = 6
ASKED = 100
"""Members, and as many non-members, whose distance to the boundary is measured."""
torch.set_num_threads(2)
torch.manual_seed(1)
np.random.seed(1)


def load(name: str) -> np.ndarray:
    return np.load(FOLDER / f"{name}.npy")


def images_of(part: str) -> tuple[np.ndarray, np.ndarray]:
    return load(f"{part}-images").transpose(0, 3, 1, 2), load(f"{part}-labels").astype(np.int64)


job = json.loads((FOLDER / "job.json").read_text())
height, width, channels = job["shape"]
network = network_of(job["layers"], lambda name: load(job["weights"][name]), job["shape"])
shape = (channels, height, width)


def classifier(model: nn.Module) -> PyTorchClassifier:
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    return PyTorchClassifier(
        model, nn.CrossEntropyLoss(), shape, 10, optimizer=optimizer, clip_values=(0, 1), device_type="cpu"
    )


target = classifier(network)
# What the lab's knockoff and inversions are told: probabilities, not logits.
softened = classifier(nn.Sequential(network, nn.Softmax(1)))
(train, train_labels), (test, test_labels) = images_of("train"), images_of("test")


def told(attack: str, started: float, **numbers: float) -> None:
    print(json.dumps({"tool": "ART", "attack": attack, "seconds": time.time() - started, **numbers}), flush=True)


def told_membership(
    attack: str, started: float, members: np.ndarray, others: np.ndarray, **more: float
) -> None:
    truth = np.r_[np.ones(len(members)), np.zeros(len(others))]
    scores = np.r_[members, others]
    fpr, tpr, _ = roc_curve(truth, scores, drop_intermediate=False)
    told(
        attack,
        started,
        auc=float(roc_auc_score(truth, scores)),
        tprAt1PercentFpr=float(tpr[fpr <= 0.01].max()),
        **more,
    )


def balanced(members: np.ndarray, others: np.ndarray) -> float:
    """Of scores that say member above one half."""
    return float(((members > 0.5).mean() + (others <= 0.5).mean()) / 2)


def membership() -> None:
    started = time.time()
    rule = MembershipInferenceBlackBoxRuleBased(target)
    scores = [rule.infer(x, y).ravel() for x, y in ((train, train_labels), (test, test_labels))]
    told_membership("gap", started, *scores, balancedAccuracy=balanced(*scores))
    # ART's attack is taught on members and non-members known to it: half of them, and scored on the others.
    half, rest = slice(None, None, 2), slice(1, None, 2)
    for kind in ("rf", "nn"):
        started = time.time()
        learnt = MembershipInferenceBlackBox(target, attack_model_type=kind)
        learnt.fit(train[half], train_labels[half], test[half], test_labels[half])
        scores = [
            np.asarray(learnt.infer(x[rest], y[rest], probabilities=True)).reshape(len(x[rest]), -1)[:, -1]
            for x, y in ((train, train_labels), (test, test_labels))
        ]
        told_membership(
            f"black box ({kind}), taught on known members", started, *scores, balancedAccuracy=balanced(*scores)
        )
    started = time.time()
    asked = Counted(network)
    boundary = LabelOnlyDecisionBoundary(classifier(asked), distance_threshold_tau=1e-6)
    # Two estimates of the direction, of 100 and 141 questions: with the searches about what the lab's 300 are.
    hop = {"norm": 2, "max_iter": 2, "init_eval": 100, "max_eval": 10_000, "verbose": False}
    scores = [
        boundary.infer(x[:ASKED], y[:ASKED], probabilities=True, **hop)[:, 1]
        for x, y in ((train, train_labels), (test, test_labels))
    ]
    told_membership("label only", started, *scores, queries=asked.queries)


def thief() -> PyTorchClassifier:
    """The lab's small-cnn."""
    return fresh(
        *(nn.Conv2d(channels, 16, 4, 2), nn.ReLU(), nn.Conv2d(16, 32, 4, 2), nn.ReLU(), nn.Flatten()),
        *(nn.LazyLinear(100), nn.ReLU(), nn.Linear(100, 10)),
    )


def fresh(*layers: nn.Module) -> PyTorchClassifier:
    network = nn.Sequential(*layers)
    # A batch of any kind gives the lazy layer its size.
    network(torch.zeros(1, *shape))
    return classifier(network)


def extraction() -> None:
    own, own_labels = images_of("own")
    answers = target.predict(test).argmax(1)
    for attack, kind, victim, more in (
        ("copycat", CopycatCNN, target, {}),
        ("knockoff", KnockoffNets, softened, {"sampling_strategy": "random", "use_probability": True, "verbose": False}),
    ):
        started = time.time()
        curve = []
        for queries in ROUNDS:
            epochs = max(EPOCHS, -(-LEAST_STEPS * BATCH // queries))
            last = time.time()
            steal = kind(
                victim,
                **{"batch_size_fit": BATCH, "batch_size_query": BATCH, "nb_epochs": epochs, "nb_stolen": queries},
                **more,
            )
            stolen = steal.extract(own, np.eye(10)[own_labels], thieved_classifier=thief())
            read = stolen.predict(test).argmax(1)
            curve.append(float((read == answers).mean()))
        told(
            attack,
            started,
            secondsOfLastCopy=time.time() - last,
            fidelity=curve[-1],
            copyAccuracy=float((read == test_labels).mean()),
            curve=curve,
        )


def inversion() -> None:
    started = time.time()
    # Its own step size, and five times the lab's steps: after as many it has got almost nowhere.
    attack = MIFace(softened, max_iter=2000, window_length=100, threshold=0.999, batch_size=10, verbose=False)
    pictures = attack.infer(np.full((10, *shape), 0.5, np.float32), np.arange(10))
    seconds = time.time() - started
    confidence = softened.predict(pictures)[np.arange(10), np.arange(10)].mean()
    # The lab's judge.
    judge = fresh(
        nn.Conv2d(channels, 16, 5, 2), nn.ReLU(), nn.Flatten(), nn.LazyLinear(64), nn.ReLU(), nn.Linear(64, 10)
    )
    judge.fit(test, test_labels, batch_size=BATCH, nb_epochs=JUDGE_EPOCHS)
    read = judge.predict(pictures).argmax(1)
    told(
        "MIFace",
        time.time() - seconds,
        reconstructionConfidence=float(confidence),
        independentReading=float((read == np.arange(10)).mean()),
    )


{"membership": membership, "extraction": extraction, "inversion": inversion}[FAMILY]()
