"""Records golden values from cleanlab into confident-learning.json beside this file.

    python3 -m venv VENV && VENV/bin/pip install cleanlab==2.9.0
    VENV/bin/python test/reference/confident-learning-golden.py
"""

import json
import pathlib

import numpy as np
from cleanlab.count import compute_confident_joint
from cleanlab.filter import find_label_issues

SAMPLES, CLASSES = 80, 4


def case(seed, sureness):
    """Labels of which a quarter is wrong, beliefs that lean to the true class, and what cleanlab counts and leaves out."""
    random = np.random.default_rng(seed)
    true = random.integers(0, CLASSES, SAMPLES)
    labels = true.copy()
    wrong = random.random(SAMPLES) < 0.25
    labels[wrong] = (true[wrong] + 1 + random.integers(0, CLASSES - 1, wrong.sum())) % CLASSES
    logits = random.normal(size=(SAMPLES, CLASSES)) + sureness * np.eye(CLASSES)[true]
    believed = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    # As float32, as the lab has them.
    believed = believed.astype(np.float32).astype(float)
    issues = find_label_issues(labels, believed, filter_by="prune_by_noise_rate", n_jobs=1)
    return {
        "labels": labels.tolist(),
        "believed": believed.ravel().tolist(),
        "joint": compute_confident_joint(labels, believed, calibrate=False).tolist(),
        "removed": np.flatnonzero(issues).tolist(),
    }


cases = [case(seed, sureness) for seed, sureness in ((1, 1.5), (2, 2.5), (3, 4.0))]
pathlib.Path(__file__).with_name("confident-learning.json").write_text(json.dumps({"classes": CLASSES, "cases": cases}) + "\n")
