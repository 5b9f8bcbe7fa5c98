/**
 * The optimal adversary as a learner (H. Zhang et al. 2021): seen from the attacker, a frozen agent is part of the world.
 * It sees the true observation, moves what the agent sees within the ball, and is paid what the agent loses:
 *
 *     ŝ = s + ε · u(s),   reward −r.
 *
 * Each value of u is one of −1, 0, +1, drawn apart: the corners of the box, where a piecewise linear agent is hurt most,
 * instead of the paper's Gaussian squashed into it. Learnt by the lab's PPO. It begins in a larger ball that shrinks to the
 * one it is held to: an agent that never falls pays the same whatever is done, and nothing could be learnt of it.
 */
import type { Environment } from '../../contract/environment';
import type { Random } from '../../contract/random';
import { drawnOptions, ProximalPolicy, type Course } from '../agents/parts/proximal-policy';
import type { Context } from '../context';
import type { Policy } from '../definitions';
import { dense, Network } from '../network';
import type { Ball } from './ball';
import { greedyActions } from './greedy';
import { softmax } from './score-losses';
import { Worlds } from './worlds';

const ROWS = 8;
const HIDDEN = 64;
/** −1, 0, +1. */
const MOVES = 3;
const SETTINGS = {
  stepsARow: 64,
  batchSize: 128,
  epochs: 10,
  discount: 0.99,
  gaeLambda: 0.95,
  entropyCoefficient: 0.003,
  valueCoefficient: 0.5,
  gradientClip: 0.5,
};
const CLIP_RANGE = 0.2;
/** Radius at the beginning, of the one in the end, and the share of the training in which it shrinks to that. */
const FIRST_RADIUS = 4;
const SHRINKING = 0.6;
const STRIDE = ROWS * SETTINGS.stepsARow;
/** Standard deviations of a fresh agent's inputs should be near one: observations are divided by the environment's. */
const unitScale = (environment: Environment): number[] => {
  const space = environment.observationSpace;
  if (space.kind !== 'box') throw new RangeError('an adversary moves the values of a box');
  return space.deviations ?? space.low.map(() => 1);
};

/** Milliseconds or so of some steps. */
export const adversaryWork = (steps: number): number => steps * 0.4;

export class Adversary {
  private readonly size: number;
  private readonly scale: number[];
  private readonly actor: Network;
  private readonly critic: Network;
  private readonly learner: ProximalPolicy;
  private readonly worlds: Worlds;

  constructor(
    environment: Environment,
    private readonly learningRate: number,
    private readonly context: Context,
  ) {
    this.scale = unitScale(environment);
    this.size = this.scale.length;
    const weights = context.random('weights');
    const networkOf = (outputs: number): Network =>
      new Network([this.size], [dense(HIDDEN), dense(HIDDEN), dense(outputs, 'linear')], weights);
    this.actor = networkOf(this.size * MOVES);
    this.critic = networkOf(1);
    this.learner = new ProximalPolicy(this.actor, this.critic, this.size, MOVES, SETTINGS, {
      acting: context.random('acting'),
      order: context.random('order'),
    });
    this.worlds = new Worlds(environment, ROWS, context.random('dynamics'));
  }

  /**
   * Learns against an agent that stands still, `steps` environment steps long; gives the mean true return of the episodes
   * that ended in the last quarter, null when none did. The learning rate falls linearly to a tenth. `firstRadius`: in
   * units of the ball's.
   */
  async learn(victim: Policy, ball: Ball, steps: number, firstRadius = FIRST_RADIUS): Promise<number | null> {
    const ended: { at: number; value: number }[] = [];
    const around = (step: number): Ball =>
      ball.scaled(1 + (firstRadius - 1) * Math.max(0, 1 - step / (SHRINKING * steps)));
    const course = this.courseAgainst(victim, around, (at, value) => ended.push({ at, value }));
    for (let step = 0; step < steps; step += STRIDE) {
      const learningRate = this.learningRate * (1 - (0.9 * step) / steps);
      await this.learner.improve(course, { learningRate, clipRange: CLIP_RANGE }, this.context.breathe);
    }
    const late = ended.filter(({ at }) => at >= 0.75 * steps);
    return late.length ? late.reduce((sum, { value }) => sum + value, 0) / late.length : null;
  }

  /** The adversary's likeliest move, or one drawn from its policy; not projected. */
  perturb(observations: Float32Array, ball: Ball, drawing?: Random): Float32Array {
    const logits = this.outputs(observations);
    const moves = drawing
      ? drawnOptions(softmax(logits, MOVES), MOVES, drawing)
      : greedyActions(logits, MOVES);
    return this.moved(observations, moves, ball);
  }

  dispose(): void {
    this.learner.dispose();
    this.actor.dispose();
    this.critic.dispose();
  }

  private inputs(observations: Float32Array): Float32Array {
    return observations.map((value, i) => value / this.scale[i % this.size]!);
  }

  private outputs(observations: Float32Array): Float32Array {
    return this.actor.outputsOf(this.inputs(observations));
  }

  /** Every move −1, 0 or +1 as far as the ball reaches: its corner in Linf, in L2 the direction to it. */
  private moved(observations: Float32Array, moves: Int32Array, ball: Ball): Float32Array {
    const directions = Float32Array.from(moves, (move) => move - 1);
    return ball.ascend(observations, directions, ball.epsilon);
  }

  private courseAgainst(
    victim: Policy,
    around: (step: number) => Ball,
    ended: (step: number, trueReturn: number) => void,
  ): Course {
    const { worlds } = this;
    const returns = new Float64Array(ROWS);
    let taken = 0;
    return {
      rows: ROWS,
      inputs: () => this.inputs(worlds.truth()),
      step: (choices) => {
        const truth = worlds.truth();
        const ball = around(taken);
        const perceived = ball.project(truth, this.moved(truth, choices, ball));
        const outcomes = worlds.step(greedyActions(victim.scores(perceived), victim.actions));
        const next = this.inputs(worlds.truth());
        taken += ROWS;
        outcomes.forEach(({ reward, terminated, truncated }, row) => {
          returns[row]! += reward;
          if (!terminated && !truncated) return;
          ended(taken, returns[row]!);
          returns[row] = 0;
        });
        worlds.restart();
        return {
          rewards: outcomes.map(({ reward }) => -reward),
          next,
          terminated: outcomes.map(({ terminated }) => terminated),
          truncated: outcomes.map(({ truncated }) => truncated),
        };
      },
    };
  }
}
