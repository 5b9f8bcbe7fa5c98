"""The same attacks by ART, Foolbox and torchattacks, on a network of the lab: one JSON line per attack and tool.

    python bench/attacks/peers.py FOLDER

FOLDER is written by attacks.mjs: `job.json` (layers, names of weights, attacks with every parameter of the lab's run),
and as .npy the weights, the test images and labels, the lab's logits for them, and the images that attacks are fitted to.
"""

import json
import os
import random
import signal
import sys
import time
import warnings
from typing import Callable

import foolbox
import numpy as np
import torch
import torchattacks
from art.attacks import evasion as art
from art.estimators.classification import PyTorchClassifier
from torch import nn

BATCH = 128
"""Inputs attacked together, as in the lab."""
THREADS = 2
LIMIT = 90
"""Seconds after which a peer's attack is stopped, and said to have been."""
CLASSES = 10
ORDER = {"linf": np.inf, "l2": 2, "l1": 1, "l0": 0}
NORM_NAME = {"linf": "Linf", "l2": "L2", "l1": "L1"}
"""As Foolbox and torchattacks write it."""

Images = np.ndarray
"""float32 [n, channels, height, width] in [0, 1]"""
Attack = Callable[[Images, np.ndarray], Images]
"""Images and what they are to leave (untargeted) or reach (targeted), int64 [n], to perturbed images."""


class Counted(nn.Module):
    """Counts as the lab does: an input's pass is a query, or with a backward pass behind it a gradient call."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network
        self.reset()

    def reset(self) -> None:
        self.queries = self.gradients = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # ART's HopSkipJump hands over doubles.
        logits = self.network(x.float())
        self.queries += len(x)
        if logits.requires_grad:
            pending = [len(x)]

            def count(_gradient: torch.Tensor) -> None:
                self.gradients += len(x)
                self.queries -= pending.pop() if pending else 0

            logits.register_hook(count)
        return logits


def network_of(layers: list[dict], weight: Callable[[str], np.ndarray], shape: list[int]) -> nn.Sequential:
    """The lab's list of layers in PyTorch: filters HWIO → OIHW, and the first dense kernel's rows from HWC to CHW order."""
    height, width, channels = shape
    size = channels
    flattened: tuple[int, int, int] | None = None
    modules: list[nn.Module] = []
    for i, layer in enumerate(layers):
        if layer["layer"] == "flatten":
            flattened = (height, width, channels)
            size = height * width * channels
            modules.append(nn.Flatten())
            continue
        kernel, bias = weight(f"{i}/kernel"), weight(f"{i}/bias")
        if layer["layer"] == "conv2d":
            if layer["padding"] != "valid":
                raise ValueError(f"layer {i}: padding {layer['padding']} is not translated")
            filters, side, stride = layer["filters"], layer["kernelSize"], layer["strides"]
            module = nn.Conv2d(channels, filters, side, stride)
            values = kernel.reshape(side, side, channels, filters).transpose(3, 2, 0, 1)
            height, width, channels = (height - side) // stride + 1, (width - side) // stride + 1, filters
        else:
            module = nn.Linear(size, layer["units"])
            rows = kernel.reshape(size, layer["units"])
            if flattened:
                rows = rows.reshape(*flattened, -1).transpose(2, 0, 1, 3).reshape(size, -1)
                flattened = None
            values = rows.T
            size = layer["units"]
        module.weight.data = torch.from_numpy(np.ascontiguousarray(values))
        module.bias.data = torch.from_numpy(bias)
        modules.append(module)
        if layer["activation"] == "relu":
            modules.append(nn.ReLU())
    # Without gradients of the weights, which no attack needs: it spares the peers work.
    return nn.Sequential(*modules).eval().requires_grad_(False)


class Peers:
    """Each method named after an attack of the lab gives the peers of it, tool → attack, from the lab's parameters."""

    def __init__(self, model: Counted, shape: tuple[int, ...], fitting: tuple[Images, np.ndarray]):
        self.model = model
        self.art = PyTorchClassifier(model, nn.CrossEntropyLoss(), shape, CLASSES, clip_values=(0.0, 1.0), device_type="cpu")
        self.foolbox = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
        self.fitting = fitting

    def of(self, attack: str, params: dict) -> dict[str, Attack]:
        """Throws KeyError when the lab's attack lacks a parameter that is read here."""
        find = getattr(self, attack.replace("-", "_"), None)
        return find(params) if find else {}

    # ── Tools ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def by_art(self, kind: type, **params) -> Attack:
        quiet = {"verbose": False} if "verbose" in kind.attack_params else {}
        attack = kind(self.art, batch_size=BATCH, **quiet, **params)
        return lambda x, y: attack.generate(x, np.eye(CLASSES, dtype=np.float32)[y])

    def by_foolbox(self, attack: foolbox.Attack, epsilon: float | None, goal: str = "untargeted") -> Attack:
        criterion = foolbox.criteria.Misclassification if goal == "untargeted" else foolbox.criteria.TargetedMisclassification
        # Of the raw and the clipped images the clipped ones, which hold the budget.
        return in_batches(lambda x, y: attack(self.foolbox, x, criterion(y), epsilons=epsilon)[1])

    def by_torchattacks(self, kind: type, **params) -> Attack:
        return in_batches(kind(self.model, **params))

    # ── Gradient attacks within a budget ───────────────────────────────────────────────────────────────────────────

    def fgsm(self, p: dict) -> dict[str, Attack]:
        peers = {
            "ART": self.by_art(art.FastGradientMethod, norm=ORDER[p["norm"]], eps=p["epsilon"], eps_step=p["epsilon"]),
            "Foolbox": self.by_foolbox(foolbox_kind("{}FastGradientAttack", p)(), p["epsilon"]),
        }
        if p["norm"] == "linf":
            peers["torchattacks"] = self.by_torchattacks(torchattacks.FGSM, eps=p["epsilon"])
        return peers

    def i_fgsm(self, p: dict) -> dict[str, Attack]:
        steps = {"abs_stepsize": p["stepSize"], "steps": p["steps"]}
        peers = {"Foolbox": self.by_foolbox(foolbox_kind("{}BasicIterativeAttack", p)(**steps), p["epsilon"])}
        if p["norm"] == "linf":
            peers["ART"] = self.by_art(
                art.BasicIterativeMethod, eps=p["epsilon"], eps_step=p["stepSize"], max_iter=p["steps"]
            )
            peers["torchattacks"] = self.by_torchattacks(
                torchattacks.BIM, eps=p["epsilon"], alpha=p["stepSize"], steps=p["steps"]
            )
        return peers

    def mi_fgsm(self, p: dict) -> dict[str, Attack]:
        steps = {"abs_stepsize": p["stepSize"], "steps": p["steps"], "momentum": p["decay"]}
        peers = {
            "ART": self.by_art(
                art.MomentumIterativeMethod,
                norm=ORDER[p["norm"]],
                eps=p["epsilon"],
                eps_step=p["stepSize"],
                decay=p["decay"],
                max_iter=p["steps"],
            ),
            "Foolbox": self.by_foolbox(
                foolbox_kind("{}MomentumIterativeFastGradientMethod", p)(**steps), p["epsilon"]
            ),
        }
        if p["norm"] == "linf":
            peers["torchattacks"] = self.by_torchattacks(
                torchattacks.MIFGSM, eps=p["epsilon"], alpha=p["stepSize"], steps=p["steps"], decay=p["decay"]
            )
        return peers

    def pgd(self, p: dict) -> dict[str, Attack]:
        steps = {"abs_stepsize": p["stepSize"], "steps": p["steps"], "random_start": p["randomStart"]}
        peers = {
            "ART": self.by_art(
                art.ProjectedGradientDescent,
                norm=ORDER[p["norm"]],
                eps=p["epsilon"],
                eps_step=p["stepSize"],
                max_iter=p["steps"],
                num_random_init=p["restarts"] if p["randomStart"] else 0,
            ),
            "Foolbox": self.by_foolbox(foolbox_kind("{}ProjectedGradientDescentAttack", p)(**steps), p["epsilon"]),
        }
        kind = {"linf": torchattacks.PGD, "l2": torchattacks.PGDL2}.get(p["norm"])
        if kind:
            peers["torchattacks"] = self.by_torchattacks(
                kind, eps=p["epsilon"], alpha=p["stepSize"], steps=p["steps"], random_start=p["randomStart"]
            )
        if p["norm"] == "l1":
            sparse = foolbox.attacks.SparseL1DescentAttack(**steps)
            peers["Foolbox, sparse"] = self.by_foolbox(sparse, p["epsilon"])
        return peers

    def apgd(self, p: dict) -> dict[str, Attack]:
        peers = {}
        if p["loss"] != "targeted-dlr":
            peers["ART"] = self.by_art(
                art.AutoProjectedGradientDescent,
                norm=ORDER[p["norm"]],
                eps=p["epsilon"],
                # Its first step is twice this, 2 · epsilon in the paper.
                eps_step=p["epsilon"],
                max_iter=p["steps"],
                nb_random_init=p["restarts"],
                loss_type={"cross-entropy": "cross_entropy", "dlr": "difference_logits_ratio"}[p["loss"]],
            )
        if p["norm"] in ("linf", "l2"):
            common = {
                "norm": NORM_NAME[p["norm"]],
                "eps": p["epsilon"],
                "steps": p["steps"],
                "n_restarts": p["restarts"],
            }
            peers["torchattacks"] = (
                self.by_torchattacks(torchattacks.APGDT, n_classes=CLASSES, **common)
                if p["loss"] == "targeted-dlr"
                else self.by_torchattacks(torchattacks.APGD, loss={"cross-entropy": "ce"}.get(p["loss"], p["loss"]), **common)
            )
        return peers

    def worst_case(self, p: dict) -> dict[str, Attack]:
        return {
            "ART, AutoAttack": self.by_art(
                art.AutoAttack, norm=ORDER[p["norm"]], eps=p["epsilon"], eps_step=p["epsilon"]
            ),
            "torchattacks, AutoAttack": self.by_torchattacks(
                torchattacks.AutoAttack, norm=NORM_NAME[p["norm"]], eps=p["epsilon"], seed=0
            ),
        }

    # ── Least perturbations ────────────────────────────────────────────────────────────────────────────────────────

    def deepfool(self, p: dict) -> dict[str, Attack]:
        peers = {
            "Foolbox": self.by_foolbox(
                foolbox_kind("{}DeepFoolAttack", p)(steps=p["steps"], candidates=CLASSES, overshoot=p["overshoot"]), None
            )
        }
        if p["norm"] == "l2":
            peers["ART"] = self.by_art(art.DeepFool, max_iter=p["steps"], epsilon=p["overshoot"], nb_grads=CLASSES)
            peers["torchattacks"] = self.by_torchattacks(
                torchattacks.DeepFool, steps=p["steps"], overshoot=p["overshoot"]
            )
        return peers

    def carlini_wagner(self, p: dict) -> dict[str, Attack]:
        return {
            "Foolbox": self.by_foolbox(
                foolbox.attacks.L2CarliniWagnerAttack(
                    binary_search_steps=p["searches"],
                    steps=p["steps"],
                    stepsize=p["learningRate"],
                    confidence=p["confidence"],
                    initial_const=p["firstConstant"],
                ),
                None,
            ),
            # Each of its steps is a line search of about ten passes.
            "ART, a tenth of the steps": self.by_art(
                art.CarliniL2Method,
                confidence=p["confidence"],
                learning_rate=p["learningRate"],
                binary_search_steps=p["searches"],
                max_iter=max(1, p["steps"] // 10),
                initial_const=p["firstConstant"],
            ),
            # It does not search the constant: all its steps go into one run.
            "torchattacks": self.by_torchattacks(
                torchattacks.CW, kappa=p["confidence"], steps=p["searches"] * p["steps"], lr=p["learningRate"]
            ),
            "ART, its defaults": self.by_art(art.CarliniL2Method),
            "torchattacks, its defaults": self.by_torchattacks(torchattacks.CW),
        }

    def jsma(self, p: dict) -> dict[str, Attack]:
        peers = {"ART": self.by_art(art.SaliencyMapMethod, theta=p["theta"], gamma=p["gamma"])}
        if p["goal"] == "targeted-next":
            # Its untargeted mode goes for the next class in number; it takes the label, not the target.
            next_class = self.by_torchattacks(torchattacks.JSMA, theta=p["theta"], gamma=p["gamma"])
            peers["torchattacks"] = lambda x, targets: next_class(x, (targets - 1) % CLASSES)
        return peers

    def universal_perturbation(self, p: dict) -> dict[str, Attack]:
        def fitted(attacker: str, attacker_params: dict) -> Attack:
            def attack(x: Images, _labels: np.ndarray) -> Images:
                fit = art.UniversalPerturbation(
                    self.art,
                    attacker=attacker,
                    attacker_params={"verbose": False, **attacker_params},
                    delta=p["delta"],
                    max_iter=p["passes"],
                    eps=p["epsilon"],
                    norm=ORDER[p["norm"]],
                    batch_size=BATCH,
                    verbose=False,
                )
                images, labels = self.fitting
                fit.generate(images, np.eye(CLASSES, dtype=np.float32)[labels])
                return np.clip(x + fit.noise, 0, 1)

            return attack

        return {
            "ART, DeepFool": fitted("deepfool", {"max_iter": 50}),
            "ART, PGD": fitted("pgd", {"eps": p["epsilon"], "eps_step": p["epsilon"] / 4, "max_iter": 10}),
        }

    # ── Attacks that only ask ──────────────────────────────────────────────────────────────────────────────────────

    def square(self, p: dict) -> dict[str, Attack]:
        return {
            "ART": self.by_art(
                art.SquareAttack,
                norm=ORDER[p["norm"]],
                eps=p["epsilon"],
                # It asks three times an iteration: for the scores, for the labels, and for the scores of what it kept.
                max_iter=p["queries"] // 3,
                p_init=p["initialShare"],
            ),
            "torchattacks": self.by_torchattacks(
                torchattacks.Square,
                norm=NORM_NAME[p["norm"]],
                eps=p["epsilon"],
                n_queries=p["queries"],
                p_init=p["initialShare"],
            ),
        }

    def genetic(self, p: dict) -> dict[str, Attack]:
        if p["goal"] == "untargeted":
            return {}
        attack = foolbox.attacks.GenAttack(
            steps=p["queries"] // p["population"],
            population=p["population"],
            mutation_probability=p["mutationRate"],
            mutation_range=p["mutationRange"],
        )
        return {"Foolbox": self.by_foolbox(attack, p["epsilon"], p["goal"])}

    def hop_skip_jump(self, p: dict) -> dict[str, Attack]:
        steps = hop_skip_jump_steps(p["queries"])
        attack = foolbox.attacks.HopSkipJumpAttack(steps=steps, constraint=p["norm"])
        start = foolbox.attacks.LinearSearchBlendedUniformNoiseAttack(steps=50)

        def by_foolbox(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            # It refuses the whole batch when noise starts one input nowhere, so it is given those that have a start.
            starts = start.run(self.foolbox, x, foolbox.criteria.Misclassification(y))
            with torch.no_grad():
                started = self.model(starts).argmax(1) != y
            found = x.clone()
            if started.any():
                criterion = foolbox.criteria.Misclassification(y[started])
                found[started] = attack.run(self.foolbox, x[started], criterion, starting_points=starts[started])
            return found

        return {
            "ART": self.by_art(art.HopSkipJump, norm=ORDER[p["norm"]], max_iter=steps),
            "Foolbox": in_batches(by_foolbox),
        }


def in_batches(attack: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> Attack:
    def run(x: Images, y: np.ndarray) -> Images:
        pairs = zip(torch.from_numpy(x).split(BATCH), torch.from_numpy(y).split(BATCH))
        return torch.cat([attack(images, labels).detach() for images, labels in pairs]).numpy()

    return run


def foolbox_kind(name: str, p: dict) -> type:
    return getattr(foolbox.attacks, name.format(NORM_NAME[p["norm"]]))


def hop_skip_jump_steps(queries: int) -> int:
    """Fewest iterations that ask for at least `queries`: iteration t spends 100 √t on its direction and some 25 on searches."""
    spent, steps = 100.0, 0
    while spent < queries:
        steps += 1
        spent += 100 * steps**0.5 + 25
    return steps


def measure(attack: Attack, model: Counted, x: Images, y: np.ndarray, params: dict) -> dict:
    """One run: wall time of the call alone; success and distances over the inputs first classified right."""
    targets = {"untargeted": y, "targeted-next": (y + 1) % CLASSES}[params["goal"]]
    right = predictions(model, x) == y
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    model.reset()
    signal.alarm(LIMIT)
    started = time.perf_counter()
    try:
        found = attack(x.copy(), targets.copy())
    finally:
        signal.alarm(0)
    seconds = time.perf_counter() - started
    counts = {"queries": model.queries / len(x), "gradients": model.gradients / len(x)}
    if not (found.min() >= -1e-6 and found.max() <= 1 + 1e-6):
        raise ValueError(f"pixels from {found.min()} to {found.max()}")
    after = predictions(model, found.astype(np.float32))
    reached = after == targets if params["goal"] != "untargeted" else after != y
    distances = np.linalg.norm((found.astype(np.float64) - x).reshape(len(x), -1), ORDER[params["norm"]], axis=1)
    won = right & reached
    median = float(np.median(np.where(reached, distances, np.inf)[right])) if right.any() else np.inf
    return {
        "success": float(won.sum() / right.sum()),
        "standing": int((right & (after == y)).sum()),
        "mean": float(distances[won].mean()) if won.any() else None,
        "median": median if np.isfinite(median) else None,
        "largest": float(distances.max()),
        "seconds": seconds,
        **counts,
    }


def stop(_signal: int, _frame: object) -> None:
    raise TimeoutError(f"stopped after {LIMIT} s")


def predictions(model: Counted, x: Images) -> np.ndarray:
    with torch.no_grad():
        return torch.cat([model(batch).argmax(1) for batch in torch.from_numpy(x).split(BATCH)]).numpy()


def main() -> None:
    folder = sys.argv[1]
    warnings.filterwarnings("ignore")
    torch.set_num_threads(THREADS)
    signal.signal(signal.SIGALRM, stop)

    def load(name: str) -> np.ndarray:
        return np.load(os.path.join(folder, f"{name}.npy"))

    def images(name: str) -> Images:
        return np.ascontiguousarray(load(name).transpose(0, 3, 1, 2))

    with open(os.path.join(folder, "job.json")) as file:
        job = json.load(file)
    network = network_of(job["layers"], lambda name: load(job["weights"][name]), job["shape"])
    model = Counted(network).eval()
    x, y = images("images"), load("labels").astype(np.int64)
    with torch.no_grad():
        difference = float(np.abs(network(torch.from_numpy(x)).numpy() - load("logits")).max())
    if difference > 1e-4:
        raise SystemExit(f"the network is not the lab's: logits differ by {difference}")
    print(json.dumps({"logits": difference, "torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)

    warm = torch.from_numpy(x[:BATCH]).requires_grad_()
    network(warm).sum().backward()
    peers = Peers(model, x.shape[1:], (images("fit-images"), load("fit-labels").astype(np.int64)))
    for entry in job["attacks"]:
        params = {**entry["params"], "norm": entry["norm"]}

        def tell(tool: str, **result) -> None:
            print(json.dumps({"index": entry["index"], "tool": tool, **result}), flush=True)

        try:
            tools = peers.of(entry["id"], params)
        except KeyError as error:
            tell("peers", error=f"the lab's attack has no parameter {error}")
            continue
        for tool, attack in tools.items():
            try:
                tell(tool, **measure(attack, model, x, y, params))
            except Exception as error:  # a peer that fails is a finding, not the end of the run
                tell(tool, error=f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
