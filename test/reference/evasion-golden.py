"""Golden values for FGSM, I-FGSM and PGD from ART and Foolbox, on a tiny network whose weights are stored with them.

    python test/reference/evasion-golden.py > test/reference/evasion.json
"""

import json
import sys

import art
import foolbox
import numpy as np
import torch
from art.attacks.evasion import BasicIterativeMethod, DeepFool, FastGradientMethod
from art.estimators.classification import PyTorchClassifier
from torch import nn

torch.manual_seed(1)
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
for _ in range(400):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(torch.from_numpy(images)), torch.from_numpy(labels)).backward()
    optimizer.step()
model.eval()


x, y = bars(12)
# A network that learnt nothing would have gradients of zero, and every attack would agree on it.
assert (model(torch.from_numpy(x)).argmax(1).numpy() == y).all(), "the network has not learnt its task"
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


def foolbox_pgd(epsilon):
    # Foolbox, as Sparring, projects into the ball and then into [0, 1]; ART does it the other way round.
    fmodel = foolbox.PyTorchModel(model, bounds=(0, 1))
    attack = foolbox.attacks.L2ProjectedGradientDescentAttack(abs_stepsize=0.2, steps=10, random_start=False)
    return attack(fmodel, torch.from_numpy(x), torch.from_numpy(y), epsilons=epsilon)[1].numpy()


def foolbox_distances(attack):
    """L2 distance of every adversarial example, and whether each fooled the model."""
    fmodel = foolbox.PyTorchModel(model, bounds=(0, 1))
    _, found, success = attack(fmodel, torch.from_numpy(x), torch.from_numpy(y), epsilons=None)
    return {"l2": rounded(((found.numpy() - x).reshape(len(x), -1) ** 2).sum(1) ** 0.5), "success": success.numpy().tolist()}


def art_distances(attack):
    """The same for an attack of ART."""
    found = attack.generate(x, one_hot)
    distances = ((found - x).reshape(len(x), -1) ** 2).sum(1) ** 0.5
    return {"l2": rounded(distances), "success": (classifier.predict(found).argmax(1) != y).tolist()}


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
        adversarial("pgd-l2", 0.8, foolbox_pgd),
    ],
    "smallest": {
        "deepfool": art_distances(DeepFool(classifier, max_iter=50, epsilon=0.02, nb_grads=3, verbose=False)),
        "carlini-wagner": foolbox_distances(
            foolbox.attacks.L2CarliniWagnerAttack(binary_search_steps=9, steps=300, stepsize=0.05, initial_const=0.1)
        ),
    },
}
json.dump(golden, sys.stdout)
