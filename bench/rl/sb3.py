"""Stable-Baselines3's DQN or PPO on CartPole-v1 with rl-baselines3-zoo's settings: wall-clock and processor seconds of
training, and greedy return.

    python3 bench/rl/sb3.py dqn|ppo SEED      (stable-baselines3 2.9.2; called by cartpole.mjs)
"""

import json
import sys
import time

import gymnasium
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor


def dqn(seed):
    return DQN(
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


def ppo(seed):
    return PPO(
        "MlpPolicy",
        make_vec_env("CartPole-v1", n_envs=8, seed=seed),
        n_steps=32,
        batch_size=256,
        gae_lambda=0.8,
        gamma=0.98,
        n_epochs=20,
        ent_coef=0.0,
        learning_rate=lambda left: left * 1e-3,
        clip_range=lambda left: left * 0.2,
        device="cpu",
        seed=seed,
    )


model, steps = {"dqn": (dqn, 50_000), "ppo": (ppo, 100_000)}[sys.argv[1]]
model = model(int(sys.argv[2]))
started, cpu = time.perf_counter(), time.process_time()
model.learn(steps)
seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
mean, _ = evaluate_policy(model, Monitor(gymnasium.make("CartPole-v1")), n_eval_episodes=50)
print(json.dumps({"seconds": round(seconds, 1), "cpuSeconds": round(cpu, 1), "finalReturn": float(mean)}))
