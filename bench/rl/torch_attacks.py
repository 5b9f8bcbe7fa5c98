"""FGSM and MAD on a policy of the lab, written independently in PyTorch, and Gymnasium's steps a second.

    python3 bench/rl/torch_attacks.py FILE      (torch 2.15.0, gymnasium 1.4.0; called by policy-attacks.mjs)

FILE holds weights, observations and what the lab's attacks gave. Prints on which share of the observations FGSM gives the
same in both, and, since a sign is a matter of rounding where the policy is so sure of itself that the gradient all but
vanishes, on which share each agrees with this code in float64; and the mean divergence KL(π(s) ‖ π(ŝ)) of both MADs,
measured by this network.
"""

import json
import sys
import time

import gymnasium
import torch
from torch.nn import functional

with open(sys.argv[1]) as file:
    given = json.load(file)

layers = sum(name.endswith("/kernel") for name in given["weights"])
parameters = []
for i in range(layers):
    bias = torch.tensor(given["weights"][f"{i}/bias"])
    parameters.append((torch.tensor(given["weights"][f"{i}/kernel"]).reshape(-1, len(bias)), bias))
low, high = torch.tensor(given["low"]), torch.tensor(given["high"])
states = torch.tensor(given["observations"]).reshape(-1, len(low))
epsilon = given["epsilon"]


def policy(x):
    for i, (kernel, bias) in enumerate(parameters):
        x = x @ kernel.to(x.dtype) + bias.to(x.dtype)
        if i < layers - 1:
            x = functional.relu(x)
    return x


def gradient(loss, x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(loss(x).sum(), x)[0]


def divergence(x):
    return functional.kl_div(
        functional.log_softmax(policy(x), 1), functional.softmax(policy(states).detach(), 1), reduction="none"
    ).sum(1)


def project(x):
    return torch.clamp(torch.clamp(x, states - epsilon, states + epsilon), low, high)


def fgsm(x):
    chosen = policy(x).argmax(1)
    slope = gradient(lambda x: functional.cross_entropy(policy(x), chosen, reduction="none"), x)
    return project(states + epsilon * slope.sign().float())


def same(one, other):
    return ((one - other).abs() < 1e-6).all(1).float().mean().item()


def mad(steps=10):
    """Langevin steps of 2.5·epsilon/steps from a random start; the best observation met is kept."""
    size = 2.5 * epsilon / steps
    x = project(states + epsilon * (2 * torch.rand_like(states) - 1))
    best, highest = x, divergence(x).detach()
    for step in range(steps):
        noise = (2 * size) ** 0.5 / (step + 2) * torch.randn_like(states)
        x = project(x + size * (gradient(divergence, x) + noise).sign())
        value = divergence(x).detach()
        better = value > highest
        best, highest = torch.where(better[:, None], x, best), torch.maximum(value, highest)
    return highest.mean().item()


def steps_a_second(steps=100_000):
    environment = gymnasium.make("CartPole-v1")
    environment.reset(seed=1)
    actions = torch.randint(2, (steps,)).tolist()
    started = time.perf_counter()
    for action in actions:
        *_, terminated, truncated, _ = environment.step(action)
        if terminated or truncated:
            environment.reset()
    return round(steps / (time.perf_counter() - started))


torch.manual_seed(1)
torch.set_num_threads(1)
mine, exact = fgsm(states), fgsm(states.double())
theirs = torch.tensor(given["fgsm"]).reshape(states.shape)
peer = [mad() for _ in range(5)]
print(
    json.dumps(
        {
            "fgsmSame": same(mine, theirs),
            "fgsmSameAsDouble": {"lab": same(theirs, exact), "float32": same(mine, exact)},
            "labMadDivergence": divergence(torch.tensor(given["mad"]).reshape(states.shape)).mean().item(),
            "madDivergence": sum(peer) / len(peer),
            "madDivergences": peer,
            "gymnasiumStepsASecond": steps_a_second(),
        }
    )
)
