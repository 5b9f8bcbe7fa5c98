"""Records golden values from Gymnasium into gymnasium.json beside this file.

    python3 -m venv VENV && VENV/bin/pip install gymnasium==1.4.0
    VENV/bin/python test/reference/gymnasium-golden.py
"""

import json
import pathlib
import platform

import gymnasium
import numpy as np


def table(environment_id, **options):
    """Every transition of every state, and the start distribution."""
    environment = gymnasium.make(environment_id, **options)
    bare = environment.unwrapped
    return {
        "P": [
            [[[float(p), int(s), float(r), bool(t)] for p, s, r, t in bare.P[state][action]] for action in sorted(bare.P[state])]
            for state in sorted(bare.P)
        ],
        "start": [float(p) for p in bare.initial_state_distrib],
        "maxEpisodeSteps": environment.spec.max_episode_steps,
        "rewardThreshold": environment.spec.reward_threshold,
    }


def cartpole_steps(count, sutton_barto_reward):
    """One step each from random float64 states, some of them beyond the limits after it."""
    random = np.random.default_rng(7)
    bare = gymnasium.make("CartPole-v1", sutton_barto_reward=sutton_barto_reward).unwrapped
    steps = []
    for _ in range(count):
        state = random.uniform([-2.45, -3, -0.22, -3], [2.45, 3, 0.22, 3])
        action = int(random.integers(2))
        bare.reset(seed=1)
        bare.state = state
        observation, reward, terminated, _, _ = bare.step(action)
        steps.append(
            {
                "state": state.tolist(),
                "action": action,
                "observation": [float(value) for value in observation],
                "reward": float(reward),
                "terminated": terminated,
            }
        )
    return steps


OWN_MAP = ["SFH", "FHS", "FFG"]

golden = {
    "versions": {"gymnasium": gymnasium.__version__, "numpy": np.__version__, "python": platform.python_version()},
    "tables": [
        {"id": "FrozenLake-v1", "params": {"map": "4x4"}, **table("FrozenLake-v1")},
        {"id": "FrozenLake-v1", "params": {"map": "4x4", "slippery": False}, **table("FrozenLake-v1", is_slippery=False)},
        {"id": "FrozenLake-v1", "params": {"map": "4x4", "successRate": 0.8}, **table("FrozenLake-v1", success_rate=0.8)},
        {"id": "FrozenLake-v1", "params": {"map": "8x8"}, **table("FrozenLake8x8-v1")},
        {"id": "FrozenLake-v1", "params": {"map": "8x8", "slippery": False}, **table("FrozenLake8x8-v1", is_slippery=False)},
        {"id": "FrozenLake-v1", "params": {"rows": OWN_MAP}, **table("FrozenLake-v1", desc=OWN_MAP)},
        {"id": "CliffWalking-v1", "params": {}, **table("CliffWalking-v1")},
        {"id": "CliffWalking-v1", "params": {"slippery": True}, **table("CliffWalkingSlippery-v1")},
        {"id": "Taxi-v4", "params": {}, **table("Taxi-v4")},
        {
            "id": "Taxi-v4",
            "params": {"rainy": True, "rainyProbability": 0.7},
            **table("Taxi-v4", is_rainy=True, rainy_probability=0.7),
        },
    ],
    "cartpole": [
        {"suttonBartoReward": False, "steps": cartpole_steps(200, False)},
        {"suttonBartoReward": True, "steps": cartpole_steps(50, True)},
    ],
}

path = pathlib.Path(__file__).with_name("gymnasium.json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
print(f"{path}: {path.stat().st_size} bytes")
