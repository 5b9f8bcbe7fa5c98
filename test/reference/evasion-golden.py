"""Golden values of the evasion attacks from ART, Foolbox and torchattacks, on a tiny network whose weights are stored too.

Attacks without a random choice are pinned image by image or distance by distance. Of those that draw, what is
comparable: losses, projections, a run from a given start, and over some seeds the success or distance at equal queries.

    python test/reference/evasion-golden.py > test/reference/evasion.json
"""

import json
import random
import sys

import art
import foolbox
import numpy as np
import torch
import torchattacks
from art.attacks.evasion import (
    BasicIterativeMethod,
    DeepFool,
    FastGradientMethod,
    ProjectedGradientDescent,
    SaliencyMapMethod,
    UniversalPerturbation,
)
from art.estimators.classification import PyTorchClassifier
from torch import nn
from torchattacks.attacks.fab import projection_l2, projection_linf

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


def art_pgd(epsilon):
    # ART, as Sparring, cuts to [0, 1] and then into the ball; Foolbox does it the other way round.
    attack = ProjectedGradientDescent(classifier, norm=2, eps=epsilon, eps_step=0.2, max_iter=10, verbose=False)
    return attack.generate(x, one_hot)


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


def with_draws(draws, run):
    """Runs with torch.rand giving `draws`, so that the start of a random attack is known."""
    rand = torch.rand
    torch.rand = lambda *_: torch.from_numpy(draws)
    try:
        return run()
    finally:
        torch.rand = rand


def losses(n=12, classes=6):
    """Difference of logits ratio and its targeted form with their gradients in the logits; half of the labels on top."""
    z = rng.normal(size=(n, classes)).astype(np.float32) * 4
    own = np.where(np.arange(n) % 2 == 0, z.argmax(1), z.argsort(1)[:, 2])
    wanted = (own + 1 + np.arange(n) % (classes - 1)) % classes
    result = {"logits": rounded(z), "labels": own.tolist(), "targets": wanted.tolist()}
    for name, loss in {
        "dlr": lambda logits: torchattacks.APGD(model).dlr_loss(logits, torch.from_numpy(own)),
        "targetedDlr": lambda logits: torchattacks.APGDT(model).dlr_loss_targeted(logits, torch.from_numpy(own), torch.from_numpy(wanted)),
    }.items():
        logits = torch.from_numpy(z).requires_grad_()
        values = loss(logits)
        result[name] = {"loss": rounded(values.detach()), "gradient": rounded(torch.autograd.grad(values.sum(), logits)[0])}
    return result


def projections(n=40, size=30):
    """FAB's projection onto a hyperplane within the box: least changes, of which some hit it and some cannot."""
    points = rng.random((n, size)).astype(np.float32)
    planes = rng.normal(size=(n, size)).astype(np.float32)
    # As where units of a network are silent.
    planes[::2, ::3] = 0
    offsets = ((planes * points).sum(1) + rng.normal(size=n) * np.linspace(0.2, 30, n)).astype(np.float32)
    inputs = [torch.from_numpy(array) for array in (points, planes, offsets)]
    return {
        "points": rounded(points),
        "planes": rounded(planes),
        "offsets": rounded(offsets),
        "l2": rounded(projection_l2(*[tensor.clone() for tensor in inputs])),
        "linf": rounded(projection_linf(*[tensor.clone() for tensor in inputs])),
    }


def auto_pgd(loss, epsilon, steps):
    """APGD from a given start: the loss it reaches and what the network makes of the images."""
    draws = rng.random(x.shape).astype(np.float32)
    # The peer stretches its draws until one of each image lies on the sphere; ours are used as they are.
    draws = 0.5 + (draws - 0.5) / np.abs(2 * draws - 1).max(axis=(1, 2, 3), keepdims=True)
    attack = torchattacks.APGD(model, norm="Linf", eps=epsilon, steps=steps, loss=loss)
    best, _, reached, _ = with_draws(draws, lambda: attack.attack_single_run(torch.from_numpy(x), torch.from_numpy(y)))
    return {
        "loss": loss,
        "epsilon": epsilon,
        "steps": steps,
        "draws": rounded(draws),
        "reached": rounded(reached.detach()),
        "predictions": classifier.predict(best.detach().numpy()).argmax(1).tolist(),
    }


def fab_distances(norm):
    attack = torchattacks.FAB(model, norm=norm, eps=1e3, steps=100, n_classes=3, multi_targeted=True)
    # The peer stops at the first class within epsilon: each is asked for by itself, and the nearest taken.
    images, wanted = torch.from_numpy(x), torch.from_numpy(y)
    nearest = np.full(len(x), np.inf)
    for rank in (2, 3):
        attack.target_class = rank
        found = attack.attack_single_run_targeted(images, wanted).detach().numpy()
        difference = (found - x).reshape(len(x), -1)
        distance = np.abs(difference).max(1) if norm == "Linf" else (difference**2).sum(1) ** 0.5
        turned = classifier.predict(found).argmax(1) != y
        nearest = np.where(turned, np.minimum(nearest, distance), nearest)
    return rounded(nearest)


def saliency():
    """Pixels changed towards the next class, and whether it was reached."""
    wanted = (y + 1) % 3
    found = SaliencyMapMethod(classifier, theta=1.0, gamma=1.0, verbose=False).generate(x, np.eye(3)[wanted])
    return {
        "pixels": (found != x).reshape(len(x), -1).sum(1).tolist(),
        "success": (classifier.predict(found).argmax(1) == wanted).tolist(),
    }


def universal(epsilon, n=60):
    """Fooling rate of ART's universal perturbation on the images it was fitted to."""
    images, wanted = bars(n)
    assert (classifier.predict(images).argmax(1) == wanted).all()
    random.seed(0)
    attack = UniversalPerturbation(classifier, "deepfool", {"nb_grads": 3, "verbose": False}, delta=0.05, max_iter=20, eps=epsilon, norm=np.inf, verbose=False)
    attack.generate(images, np.eye(3)[wanted])
    # ART counts before it cuts to [0, 1]; what an image can be counts here.
    found = (images + attack.noise).clip(0, 1).astype(np.float32)
    return {
        "epsilon": epsilon,
        "images": rounded(images),
        "labels": wanted.tolist(),
        "rate": float((classifier.predict(found).argmax(1) != wanted).mean()),
    }


class Counted(nn.Module):
    """The network, counting the images it is asked about."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    def forward(self, images):
        self.asked += len(images)
        return model(images)


SEEDS = range(10)


def square(epsilon, queries):
    """Share of inputs turned by Square within this many queries, over seeds."""
    rates = []
    for seed in SEEDS:
        # The start is a query of the peer's too.
        attack = torchattacks.Square(model, norm="Linf", eps=epsilon, n_queries=queries - 1, seed=seed)
        found = attack(torch.from_numpy(x), torch.from_numpy(y)).numpy()
        rates.append(float((classifier.predict(found).argmax(1) != y).mean()))
    return {"epsilon": epsilon, "queries": queries, "rates": rates}


def genetic(epsilon, generations, population=6):
    """Share of inputs that GenAttack brought to the next class, over seeds."""
    rates = []
    fmodel = foolbox.PyTorchModel(model, bounds=(0, 1))
    wanted = (y + 1) % 3
    for seed in SEEDS:
        np.random.seed(seed)
        torch.manual_seed(seed)
        attack = foolbox.attacks.GenAttack(steps=generations, population=population)
        criterion = foolbox.criteria.TargetedMisclassification(torch.from_numpy(wanted))
        _, found, _ = attack(fmodel, torch.from_numpy(x), criterion, epsilons=epsilon)
        rates.append(float((classifier.predict(found.numpy()).argmax(1) == wanted).mean()))
    # Ours asks about a whole first generation, and of each later one about all but the best, which is known.
    return {"epsilon": epsilon, "population": population, "queries": population + (generations - 1) * (population - 1), "rates": rates}


def hop_skip_jump(constraint, steps):
    """Median distance of HopSkipJump over the inputs, for each seed, and the queries an input took."""
    medians, asked = [], []
    for seed in SEEDS:
        np.random.seed(seed)
        torch.manual_seed(seed)
        counted = Counted().eval()
        fmodel = foolbox.PyTorchModel(counted, bounds=(0, 1))
        attack = foolbox.attacks.HopSkipJumpAttack(steps=steps, constraint=constraint)
        _, found, _ = attack(fmodel, torch.from_numpy(x), torch.from_numpy(y), epsilons=None)
        difference = (found.numpy() - x).reshape(len(x), -1)
        distance = np.abs(difference).max(1) if constraint == "linf" else (difference**2).sum(1) ** 0.5
        medians.append(float(np.median(distance)))
        asked.append(counted.asked / len(x))
    return {"norm": constraint, "queries": round(float(np.mean(asked))), "medians": medians}


golden = {
    "versions": {"python": sys.version.split()[0], "torch": torch.__version__, "art": art.__version__, "foolbox": foolbox.__version__, "torchattacks": torchattacks.__version__},
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
        adversarial("pgd-l2", 0.8, art_pgd),
    ],
    "smallest": {
        "deepfool": art_distances(DeepFool(classifier, max_iter=50, epsilon=0.02, nb_grads=3, verbose=False)),
        "carlini-wagner": foolbox_distances(
            foolbox.attacks.L2CarliniWagnerAttack(binary_search_steps=9, steps=300, stepsize=0.05, initial_const=0.1)
        ),
    },
    "losses": losses(),
    "projections": projections(),
    "apgd": [auto_pgd("ce", 0.15, 100), auto_pgd("dlr", 0.15, 100)],
    "fab": {"l2": fab_distances("L2"), "linf": fab_distances("Linf")},
    "saliency": saliency(),
    "universal": universal(0.5),
    "square": [square(0.2, queries) for queries in (20, 200)],
    "genetic": [genetic(0.35, generations) for generations in (10, 50)],
    "hopSkipJump": [hop_skip_jump(norm, 8) for norm in ("l2", "linf")],
}
json.dump(golden, sys.stdout)
