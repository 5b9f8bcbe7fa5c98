"""Stable-Baselines3's DQN on CartPole-v1 with rl-baselines3-zoo's settings: wall-clock and processor seconds of
training, and greedy return.

    python3 bench/rl/sb3-dqn.py SEED      (stable-baselines3 2.9.2; called by dqn-cartpole.mjs)
"""

import json
import sys
import time

import gymnasium
from stable_baselines3 import DQN
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor

seed = int(sys.argv[1])
model = DQN(
    "MlpPolicy",
    gymnasium.make("CartPole-v1"),
    learning_rate=2.3e-3,
    batch_size=64,
    buffer_size=100_000,
    learning_starts=1000,
    gamma=0.99,
    target_update_interval=10,
    train_freq=256,
    gradient_steps=128,
    exploration_fraction=0.16,
    exploration_final_eps=0.04,
    policy_kwargs={"net_arch": [256, 256]},
    device="cpu",
    seed=seed,
)
started, cpu = time.perf_counter(), time.process_time()
model.learn(50_000)
seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
mean, _ = evaluate_policy(model, Monitor(gymnasium.make("CartPole-v1")), n_eval_episodes=50)
print(json.dumps({"seconds": round(seconds, 1), "cpuSeconds": round(cpu, 1), "finalReturn": float(mean)}))
