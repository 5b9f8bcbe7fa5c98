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
    MembershipInferenceBlackBox,
    MembershipInferenceBlackBoxRuleBased,
)
from art.attacks.inference.model_inversion import MIFace
from art.estimators.classification import PyTorchClassifier
from sklearn.metrics import roc_auc_score, roc_curve
from torch import nn

sys.path.append(str(Path(__file__).parent.parent / "attacks"))
from peers import network_of  # noqa: E402

FOLDER, FAMILY = Path(sys.argv[1]), sys.argv[2]
QUERIES = 5000
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


def told_membership(attack: str, started: float, members: np.ndarray, others: np.ndarray) -> None:
    truth = np.r_[np.ones(len(members)), np.zeros(len(others))]
    scores = np.r_[members, others]
    fpr, tpr, _ = roc_curve(truth, scores, drop_intermediate=False)
    told(
        attack,
        started,
        auc=float(roc_auc_score(truth, scores)),
        tprAt1PercentFpr=float(tpr[fpr <= 0.01].max()),
        balancedAccuracy=float(((members > 0.5).mean() + (others <= 0.5).mean()) / 2),
    )


def membership() -> None:
    started = time.time()
    rule = MembershipInferenceBlackBoxRuleBased(target)
    told_membership("gap", started, rule.infer(train, train_labels).ravel(), rule.infer(test, test_labels).ravel())
    # ART's attack is taught on members and non-members known to it: half of them, and scored on the others.
    started = time.time()
    half, rest = slice(None, None, 2), slice(1, None, 2)
    learnt = MembershipInferenceBlackBox(target, attack_model_type="rf")
    learnt.fit(train[half], train_labels[half], test[half], test_labels[half])
    scores = [
        np.asarray(learnt.infer(x[rest], y[rest], probabilities=True)).reshape(len(x[rest]), -1)[:, -1]
        for x, y in ((train, train_labels), (test, test_labels))
    ]
    told_membership("black box, taught on known members", started, *scores)


def thief() -> PyTorchClassifier:
    """The lab's small-cnn."""
    copy = nn.Sequential(
        *(nn.Conv2d(channels, 16, 4, 2), nn.ReLU(), nn.Conv2d(16, 32, 4, 2), nn.ReLU(), nn.Flatten()),
        *(nn.LazyLinear(100), nn.ReLU(), nn.Linear(100, 10)),
    )
    # A batch of any kind gives the lazy layer its size.
    copy(torch.zeros(1, *shape))
    return classifier(copy)


def extraction() -> None:
    own, own_labels = images_of("validation")
    answers = target.predict(test).argmax(1)
    for attack, kind, victim, more in (
        ("copycat", CopycatCNN, target, {}),
        ("knockoff", KnockoffNets, softened, {"sampling_strategy": "random", "use_probability": True}),
    ):
        started = time.time()
        copy = thief()
        steal = kind(
            victim,
            **more,
            **({"verbose": False} if kind is KnockoffNets else {}),
            **{"batch_size_fit": 64, "batch_size_query": 64, "nb_epochs": 10, "nb_stolen": min(QUERIES, len(own))},
        )
        stolen = steal.extract(own, np.eye(10)[own_labels], thieved_classifier=copy)
        read = stolen.predict(test).argmax(1)
        told(
            attack,
            started,
            fidelity=float((read == answers).mean()),
            copyAccuracy=float((read == test_labels).mean()),
            queries=min(QUERIES, len(own)),
        )


def inversion() -> None:
    started = time.time()
    pictures = MIFace(softened, max_iter=400, window_length=100, threshold=0.999, verbose=False).infer(
        np.full((10, *shape), 0.5, np.float32), np.arange(10)
    )
    confidence = softened.predict(pictures)[np.arange(10), np.arange(10)].mean()
    judge = thief()
    judge.fit(test, test_labels, batch_size=64, nb_epochs=6)
    read = judge.predict(pictures).argmax(1)
    told("MIFace", started, reconstructionConfidence=float(confidence), independentReading=float((read == np.arange(10)).mean()))


{"membership": membership, "extraction": extraction, "inversion": inversion}[FAMILY]()
