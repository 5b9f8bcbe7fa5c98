"""Golden values for FGSM, I-FGSM and PGD from ART and Foolbox, on a tiny network whose weights are stored with them.

    python test/reference/evasion-golden.py > test/reference/evasion.json
"""

import json
import sys

import art
import foolbox
import numpy as np
import torch
from art.attacks.evasion import BasicIterativeMethod, FastGradientMethod, ProjectedGradientDescent
from art.estimators.classification import PyTorchClassifier
from torch import nn

torch.manual_seed(3)
rng = np.random.default_rng(3)


class Tiny(nn.Module):
    """Convolution 4×3×3 stride 2, dense 8, logits 3; flattened channels last, as Sparring does."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, 2)
        self.hidden = nn.Linear(36, 8)
        self.out = nn.Linear(8, 3)

    def forward(self, x):
        x = torch.relu(self.conv(x)).permute(0, 2, 3, 1).flatten(1)
        return self.out(torch.relu(self.hidden(x)))


def bars(n):
    labels = np.arange(n) % 3
    images = 0.1 + 0.3 * rng.random((n, 1, 8, 8))
    for i, label in enumerate(labels):
        images[i, :, :, label * 2 + 1 : label * 2 + 3] += 0.5
    return images.clip(0, 1).astype(np.float32), labels


images, labels = bars(96)
model = Tiny()
optimizer = torch.optim.Adam(model.parameters(), 0.01)
for _ in range(150):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(torch.from_numpy(images)), torch.from_numpy(labels)).backward()
    optimizer.step()
model.eval()

x, y = bars(12)
classifier = PyTorchClassifier(model, nn.CrossEntropyLoss(), (1, 8, 8), 3, clip_values=(0, 1))
one_hot = np.eye(3)[y]


def rounded(array):
    return [round(float(value), 7) for value in np.asarray(array).reshape(-1)]


def adversarial(name, epsilon, attack):
    found = attack(epsilon)
    return {"name": name, "epsilon": epsilon, "images": rounded(found), "predictions": classifier.predict(found).argmax(1).tolist()}


def foolbox_l2(epsilon):
    fmodel = foolbox.PyTorchModel(model, bounds=(0, 1))
    attack = foolbox.attacks.L2FastGradientAttack()
    return attack(fmodel, torch.from_numpy(x), torch.from_numpy(y), epsilons=epsilon)[1].numpy()


golden = {
    "versions": {"python": sys.version.split()[0], "torch": torch.__version__, "art": art.__version__, "foolbox": foolbox.__version__},
    "weights": {
        "0/kernel": rounded(model.conv.weight.detach().permute(2, 3, 1, 0)),
        "0/bias": rounded(model.conv.bias.detach()),
        "2/kernel": rounded(model.hidden.weight.detach().T),
        "2/bias": rounded(model.hidden.bias.detach()),
        "3/kernel": rounded(model.out.weight.detach().T),
        "3/bias": rounded(model.out.bias.detach()),
    },
    "images": rounded(x),
    "labels": y.tolist(),
    "logits": rounded(classifier.predict(x)),
    "attacks": [
        *[adversarial("fgsm-linf", e, lambda e: FastGradientMethod(classifier, eps=e).generate(x, one_hot)) for e in (0.05, 0.2)],
        adversarial("fgsm-l2", 0.5, foolbox_l2),
        adversarial("i-fgsm-linf", 0.2, lambda e: BasicIterativeMethod(classifier, eps=e, eps_step=0.03, max_iter=10, verbose=False).generate(x, one_hot)),
        adversarial(
            "pgd-l2", 0.8,
            lambda e: ProjectedGradientDescent(classifier, norm=2, eps=e, eps_step=0.2, max_iter=10, verbose=False).generate(x, one_hot),
        ),
    ],
}
json.dump(golden, sys.stdout)
