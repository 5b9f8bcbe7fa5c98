/**
 * Robust Sarsa (Zhang et al. 2020): values of the agent are learnt from its own steps, held smooth near what was seen,
 *
 *     (r + γ · E Q⁻(s′, a′) − Q(s, a))² + λ · max over ŝ in the ball of (Q(ŝ, a) − Q(s, a))²,
 *
 * and then turned against it: ŝ = argmin Σ softmax(scores(ŝ))ₐ · Q(s, a). Needs no values of the agent's own.
 *
 * Differences: the steps are exploring, since a greedy agent shows nothing of other actions, and the values are those of
 * this exploring agent: one that erred once and never again would recover, so that nothing seemed to cost anything. The
 * inner maximum is one gradient step from a random start; the squared error is Huber's.
 */
import * as tf from '@tensorflow/tfjs';
import { integer, number, type ParamsOf } from '../../../contract/params';
import { clippedStep } from '../../agents/parts/clipped-step';
import { defineObservationAttack, type EyesFitContext, type Victim } from '../../definitions';
import { dense, Network } from '../../network';
import { Adam } from '../../optimizers';
import { climb } from '../../rl/climb';
import { greedyActions } from '../../rl/greedy';
import { expectedLoss } from '../../rl/score-losses';
import { rowsOf, Worlds } from '../../rl/worlds';
import { boxParams, inBox } from '../observation-budget';
import { ascended, deriveStepSize, stepParams } from '../score-ascent';

const ROWS = 16;
const HIDDEN = 64;
/** How often an exploring episode takes a random action instead of the agent's. */
const EXPLORATION = 0.3;
const BATCH = 128;
const LEARNING_RATE = 0.003;
const GRADIENT_CLIP = 10;
/** Gradient steps between two copies of Q⁻. */
const TARGET_UPDATE = 20;
const UPDATES_A_BREATH = 16;

const params = {
  ...boxParams,
  trainingSteps: integer({
    default: 20_000,
    min: 512,
    max: 100_000_000,
    unit: 'environment steps',
    help: 'Exploring steps of the agent that its values are learnt from.',
  }),
  gradientSteps: integer({
    default: 2000,
    min: 1,
    max: 10_000_000,
    unit: 'count',
    help: 'Gradient steps of the learning.',
    advanced: true,
  }),
  discount: number({ default: 0.97, min: 0, max: 1, help: 'γ: what a reward one step later is worth.' }),
  smoothness: number({
    default: 0.01,
    min: 0,
    max: 1e6,
    help: 'λ: how much a value may not change within the ball.',
    advanced: true,
  }),
  ...stepParams,
};

export default defineObservationAttack({
  id: 'robust-sarsa',
  title: 'Robust Sarsa',
  summary:
    'Learns from the agent’s own episodes what its actions are worth, and leads it to the worst. Looks at what an error costs in the long run, whether or not the agent has a critic, and does not trust that one.',
  limits: 'What it learnt of the values decides how strong it is; few episodes make a weak attack.',
  formula: 'min over o′ in B(o, ε) of Q_RS(o, π(o′)), Q_RS learnt from the agent’s own steps',
  reference: {
    authors: 'H. Zhang, H. Chen, C. Xiao, B. Li, M. Liu, D. Boning, C.-J. Hsieh',
    title: 'Robust deep reinforcement learning against adversarial perturbations on state observations',
    year: 2020,
    where: 'NeurIPS, arXiv:2003.08938',
  },
  knowledge: 'white-box',
  requires: ['gradients', 'box-observations'],
  params,
  ...inBox,
  derive: deriveStepSize,
  fitCost: ({ trainingSteps, gradientSteps }) => trainingSteps * 0.03 + gradientSteps * 4,
  async fit(victim, settings, context) {
    const { values, loss } = await learnValues(victim, settings, context);
    return {
      metrics: { fitLoss: loss },
      perturb: (observations, policy, { steps, stepSize }, { ball, random }) =>
        ascended(
          observations,
          policy,
          () => expectedLoss(values.outputsOf(observations), policy.actions),
          { steps, stepSize },
          { ball, random },
        ),
      dispose: () => values.dispose(),
    };
  },
});

interface Steps {
  observations: Float32Array;
  next: Float32Array;
  actions: Int32Array;
  /** What the agent does in the next observation. */
  nextActions: Int32Array;
  rewards: Float64Array;
  terminated: Uint8Array;
}

/** Steps of the agent, of which some actions are random. */
async function explore(
  { policy, environment }: Victim,
  count: number,
  { random, breathe }: EyesFitContext,
): Promise<Steps> {
  const worlds = new Worlds(environment, ROWS, random('dynamics'));
  const exploring = random('exploration');
  const { size } = worlds;
  const rounds = Math.ceil(count / ROWS);
  const total = rounds * ROWS;
  const steps: Steps = {
    observations: new Float32Array(total * size),
    next: new Float32Array(total * size),
    actions: new Int32Array(total),
    nextActions: new Int32Array(total),
    rewards: new Float64Array(total),
    terminated: new Uint8Array(total),
  };
  const choose = (rows: Float32Array): Int32Array => greedyActions(policy.scores(rows), policy.actions);
  for (let round = 0; round < rounds; round++) {
    const at = round * ROWS;
    const truth = worlds.truth();
    const actions = choose(truth).map((action) =>
      exploring.uniform() < EXPLORATION ? exploring.integer(policy.actions) : action,
    );
    const outcomes = worlds.step(actions);
    const next = worlds.truth();
    steps.observations.set(truth, at * size);
    steps.next.set(next, at * size);
    steps.actions.set(actions, at);
    steps.nextActions.set(choose(next), at);
    outcomes.forEach(({ reward, terminated }, row) => {
      steps.rewards[at + row] = reward;
      steps.terminated[at + row] = terminated ? 1 : 0;
    });
    worlds.restart();
    if (round % UPDATES_A_BREATH === 0) await breathe();
  }
  return steps;
}

async function learnValues(
  victim: Victim,
  { trainingSteps, gradientSteps, discount, smoothness }: ParamsOf<typeof params>,
  context: EyesFitContext,
): Promise<{ values: Network; loss: number }> {
  const { ball } = context;
  const steps = await explore(victim, trainingSteps, context);
  const { actions } = victim.policy;
  const networkFor = (): Network =>
    new Network(
      [ball.size],
      [dense(HIDDEN), dense(HIDDEN), dense(actions, 'linear')],
      context.random('weights'),
    );
  const [values, target] = [networkFor(), networkFor()];
  const optimizer = new Adam(values.parameters);
  const [drawing, starting] = [context.random('batches'), context.random('starts')];
  let nextValues = target.outputsOf(steps.next);
  let lossSum = 0;
  for (let update = 1; update <= gradientSteps; update++) {
    const batch = Uint32Array.from({ length: BATCH }, () => drawing.integer(steps.actions.length));
    const rows = rowsOf(steps.observations, batch, ball.size);
    tf.tidy(() => {
      const input = (of: Float32Array): tf.Tensor2D => tf.tensor2d(of, [BATCH, ball.size]);
      const activations = values.forward(input(rows));
      const outputs = activations.at(-1)!.dataSync<'float32'>();
      const chosen = (of: Float32Array, i: number): number => of[i * actions + steps.actions[batch[i]!]!]!;

      // As far as the value of the action taken can be moved, up or down.
      const deviation = (of: Float32Array) => {
        const gradient = new Float32Array(of.length);
        const loss = Float32Array.from(batch, (place, i) => {
          const moved = chosen(of, i) - chosen(outputs, i);
          gradient[i * actions + steps.actions[place]!] = 2 * moved;
          return moved ** 2;
        });
        return { loss, gradient };
      };
      const at = (of: Float32Array) => {
        const there = values.forward(input(of));
        const { loss, gradient } = deviation(there.at(-1)!.dataSync<'float32'>());
        const ofScores = tf.tensor2d(gradient, [BATCH, actions]);
        return { loss, gradient: values.inputGradient(there, ofScores).dataSync<'float32'>() };
      };
      const worst = climb(
        rows,
        at,
        ball,
        { steps: 1, stepSize: 2 * ball.epsilon, langevin: false },
        starting,
      );
      const there = values.forward(input(worst));
      const moved = deviation(there.at(-1)!.dataSync<'float32'>()).gradient;

      const ofOutputs = new Float32Array(outputs.length);
      batch.forEach((place, i) => {
        const ofNext = nextValues.subarray(place * actions, (place + 1) * actions);
        const later = steps.terminated[place]
          ? 0
          : discount *
            ((1 - EXPLORATION) * ofNext[steps.nextActions[place]!]! +
              (EXPLORATION * ofNext.reduce((a, b) => a + b, 0)) / actions);
        const difference = chosen(outputs, i) - (steps.rewards[place]! + later);
        const size = Math.abs(difference);
        lossSum += (size <= 1 ? 0.5 * size * size : size - 0.5) / (BATCH * gradientSteps);
        const k = i * actions + steps.actions[place]!;
        ofOutputs[k] = (Math.max(-1, Math.min(1, difference)) - smoothness * moved[k]!) / BATCH;
      });
      const ofMoved = tf.tensor2d(
        moved.map((slope) => (smoothness * slope) / BATCH),
        [BATCH, actions],
      );
      const smooth = values.parameterGradients(there, ofMoved);
      const gradients = values
        .parameterGradients(activations, tf.tensor2d(ofOutputs, [BATCH, actions]))
        .map((gradient, i) => tf.add(gradient, smooth[i]!));
      clippedStep(optimizer, gradients, { gradientClip: GRADIENT_CLIP, learningRate: LEARNING_RATE });
    });
    if (update % TARGET_UPDATE === 0) {
      target.restore(values.weights());
      nextValues = target.outputsOf(steps.next);
    }
    if (update % UPDATES_A_BREATH === 0) await context.breathe();
  }
  optimizer.dispose();
  target.dispose();
  return { values, loss: lossSum };
}
