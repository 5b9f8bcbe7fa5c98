/**
 * An attacker that learns to attack: a deep Q-network (agents/dqn.ts) plays ImageEdit (envs/attack/image-edit.ts) on some
 * images, paid by the drop of the target's margin less the price of a query, and then edits images it has not seen,
 * always by the open action it values most.
 *
 * Differences from dqn: many images are edited in step, so that the target is asked about them together; the future is
 * the best of the actions that are open; no checkpoint is chosen.
 */
import * as tf from '@tensorflow/tfjs';
import {
  imageEdit,
  type ImageEdit,
  type ImageEditState,
  type Query,
} from '../../../../envs/attack/image-edit';
import type { Split } from '../../../contract/dataset';
import { integer, number, type ParamsOf } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import type { Random } from '../../../contract/random';
import { learnFromReplay } from '../../agents/parts/replayed-learning';
import { ReplayBuffer } from '../../agents/parts/replay-buffer';
import {
  defineQueryAttack,
  type EvasionContext,
  type FitContext,
  type Goal,
  type Target,
} from '../../definitions';
import { queryCap, radius } from '../ball';
import { dense, Network } from '../../network';
import { Adam } from '../../optimizers';
import { selected, sizeOf } from '../../splits';
import { readOut } from '../../read-out';

/** Images edited in step while training. */
const PARALLEL = 32;
/** Replayed steps in one gradient step, and gradient steps after every step of all images. */
const BATCH_SIZE = 64;
const GRADIENT_STEPS = 4;
/** Queries before the first gradient step. */
const LEARNING_STARTS = 500;
/** Most steps in the buffer: about 130 MB of observations. */
const REMEMBERED = 50_000;
/** Steps of all images between two copies of Q⁻. */
const TARGET_UPDATE = 16;
/** ε falls to its last value over this share of the training. */
const EXPLORATION_SHARE = 0.4;
const FINAL_EXPLORATION = 0.05;
const GRADIENT_CLIP = 10;

const params = {
  epsilon: radius(0.3, 'Linf'),
  queries: { ...queryCap(100), max: 1e6 },
  trainingInputs: integer({
    default: 1000,
    min: 1,
    max: 1e7,
    unit: 'images',
    help: 'Images the attacker learns on; all there are, where there are fewer.',
  }),
  trainingQueries: integer({
    default: 40_000,
    min: 1,
    max: 1e9,
    unit: 'queries',
    help: 'Queries of the training, over all images.',
  }),
  price: number({
    default: 0.01,
    min: 0,
    max: 1,
    unit: 'share of the margin',
    help: 'What a query costs the attacker.',
  }),
  levels: integer({
    default: 3,
    min: 1,
    max: 3,
    help: 'Blocks of 2 × 2 up to 2^levels × 2^levels cells can be edited.',
    advanced: true,
  }),
  discount: number({
    default: 0.5,
    min: 0,
    max: 1,
    help: 'γ: what a reward one query later is worth.',
    advanced: true,
  }),
  learningRate: number({
    default: 0.00025,
    min: 0,
    exclusiveMin: true,
    max: 1,
    help: 'Of Adam.',
    advanced: true,
  }),
  hidden: integer({
    default: 256,
    min: 1,
    max: 4096,
    unit: 'units',
    help: 'Width of the two hidden layers.',
    advanced: true,
  }),
};
type Params = ParamsOf<typeof params>;

export default defineQueryAttack({
  id: 'rl-attacker',
  title: 'Reinforcement-learning attacker',
  summary:
    'An agent of the lab learns on some images which blocks to brighten and darken for the largest drop of the margin a query, and then attacks images it has not seen with few queries. What it learnt is one model’s; the training is paid once.',
  limits:
    'Linf only, in blocks of at most 8 × 8 across and all channels alike: with many queries, attacks on single pixels find more. The training costs tens of thousands of queries on other images.',
  reference: {
    authors: 'Mnih et al.',
    title: 'Human-level control through deep reinforcement learning',
    year: 2015,
    where: 'Nature 518, 529–533, doi:10.1038/nature14236',
  },
  knowledge: 'score',
  requires: ['scores'],
  params,
  norm: () => 'linf',
  budget: ({ epsilon }) => epsilon,
  cost: ({ queries }) => 0.6 * queries,
  fitCost: ({ trainingQueries }) => 8 * trainingQueries,
  async fit(target, data, goal, settings, context) {
    const environment = environmentFor(target, goal, settings);
    const { network, metrics } = await train(environment, target, data, goal, settings, context);
    return {
      metrics,
      async perturb(oracle, batch, { breathe }) {
        const query: Query = (images, rows) => oracle.scores(images, rows);
        const clean = batch.images.dataSync<'float32'>();
        const states = await environment.initial(clean, batch.labels.dataSync<'int32'>(), query);
        for (;;) {
          const standing = states.filter(
            (state) => !environment.ended(state) && oracle.left(state.input) > 0,
          );
          if (standing.length === 0) break;
          const actions = bestOpen(environment, network, observations(environment, standing));
          for (const { state } of await environment.step(standing, actions, query))
            states[state.input] = state;
          await breathe();
        }
        const images = new Float32Array(clean.length);
        const size = clean.length / states.length;
        states.forEach((state, i) => images.set(environment.image(state), i * size));
        return tf.tensor4d(images, batch.images.shape);
      },
      dispose: () => network.dispose(),
    };
  },
});

/** Throws LabError for images too small for the blocks. */
function environmentFor(
  { inputShape, classes }: Target,
  goal: Goal,
  { epsilon, levels, queries, price }: Params,
): ImageEdit {
  try {
    return imageEdit({ shape: inputShape, classes, goal, epsilon, levels, queries, price });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new LabError('rl-attacker.levels', error.message, 'Lower it.');
  }
}

/** Plays episodes on the data until the queries are spent, and learns from them. */
async function train(
  environment: ImageEdit,
  target: Target,
  data: Split,
  goal: Goal,
  { trainingInputs, trainingQueries, discount, learningRate, hidden }: Params,
  context: FitContext,
): Promise<{ network: Network; metrics: Record<string, number | null> }> {
  const { observationSize, actionSpace } = environment;
  const networkFor = (): Network =>
    new Network(
      [observationSize],
      [dense(hidden), dense(hidden), dense(actionSpace.n, 'linear')],
      context.random('weights'),
    );
  const [online, lagging] = [networkFor(), networkFor()];
  // Rewards are hundredths: the noise of a fresh last layer would have to be unlearnt for long.
  const last = online.parameters.at(-2)!;
  last.assign(new Float32Array(last.shape.reduce((a, b) => a * b)));
  lagging.restore(online.weights());
  const optimizer = new Adam(online.parameters);
  const buffer = new ReplayBuffer(Math.min(REMEMBERED, trainingQueries), observationSize);
  const learning = {
    online,
    target: lagging,
    optimizer,
    buffer,
    encoding: { inputSize: observationSize, encode: (rows: Float32Array) => rows },
    actions: actionSpace.n,
    batchSize: BATCH_SIZE,
    learningRate,
    discount,
    gradientClip: GRADIENT_CLIP,
    future: (values: Float32Array, next: Float32Array) => {
      const open = environment.openIn(next);
      return values.reduce((most, value, action) => (open[action] ? Math.max(most, value) : most), -Infinity);
    },
  };
  const [exploring, replaying] = [context.random('exploration'), context.random('replay')];
  const fresh = freshInputs(data, trainingInputs, target, goal, context);
  let asked = 0;
  const query: Query = async (images, rows) => {
    asked += rows.length;
    const [height, width, channels] = target.inputShape;
    const asTensor = tf.tensor4d(images, [rows.length, height, width, channels]);
    const scores = await target.scores(asTensor);
    const answer = await scores.data<'float32'>();
    tf.dispose([asTensor, scores]);
    return answer;
  };

  let states: ImageEditState[] = [];
  const outcomes: boolean[] = [];
  for (let step = 1; asked < trainingQueries; step++) {
    const { images, labels } = fresh(PARALLEL - states.length);
    const begun = labels.length > 0 ? await environment.initial(images, labels, query) : [];
    // What the target has wrong from the start is no task.
    states = [...states, ...begun.filter((state) => !environment.ended(state))];
    await context.breathe();
    if (states.length === 0) continue;

    const epsilon = Math.max(FINAL_EXPLORATION, 1 - asked / (EXPLORATION_SHARE * trainingQueries));
    const seen = observations(environment, states);
    const greedy = bestOpen(environment, online, seen);
    const actions = states.map((state, i) =>
      exploring.uniform() < epsilon ? randomOpen(environment.open(state), exploring) : greedy[i]!,
    );
    const steps = await environment.step(states, actions, query);
    steps.forEach(({ state, reward, terminated }, i) => {
      buffer.add({
        observation: seen[i]!,
        action: actions[i]!,
        reward,
        next: environment.observe(state),
        terminated,
        truncated: false,
      });
      if (terminated) outcomes.push(state.margin < 0);
    });
    states = steps.filter(({ terminated }) => !terminated).map(({ state }) => state);
    if (asked >= LEARNING_STARTS) await learnFromReplay(learning, GRADIENT_STEPS, replaying, context.breathe);
    if (step % TARGET_UPDATE === 0) {
      lagging.restore(online.weights());
      context.progress(Math.min(1, asked / trainingQueries));
    }
  }
  lagging.dispose();
  optimizer.dispose();
  const late = outcomes.slice(-PARALLEL * 4);
  return {
    network: online,
    metrics: { fittedSuccessRate: late.length ? late.filter(Boolean).length / late.length : null },
  };
}

/** Inputs to learn on, without end: shuffled anew whenever all were seen; with the classes to leave or to reach. */
function freshInputs(
  data: Split,
  count: number,
  { classes }: Target,
  goal: Goal,
  context: EvasionContext,
): (n: number) => Split {
  const random = context.random('inputs');
  const chosen = random.shuffle(Uint32Array.from({ length: sizeOf(data) }, (_, i) => i)).slice(0, count);
  let at = 0;
  return (n) => {
    const places = Uint32Array.from({ length: n }, () => {
      if (at % chosen.length === 0) random.shuffle(chosen);
      return chosen[at++ % chosen.length]!;
    });
    const { images, labels } = selected(data, places);
    if (goal === 'untargeted') return { images, labels };
    return { images, labels: labels.map((label) => (label + 1 + random.integer(classes - 1)) % classes) };
  };
}

const observations = (environment: ImageEdit, states: ImageEditState[]): Float32Array[] =>
  states.map((state) => environment.observe(state));

/** The open action of highest value in each observation. */
function bestOpen(environment: ImageEdit, network: Network, seen: Float32Array[]): Int32Array {
  const { observationSize, actionSpace } = environment;
  const rows = new Float32Array(seen.length * observationSize);
  seen.forEach((observation, i) => rows.set(observation, i * observationSize));
  const values = readOut(() => network.outputs(tf.tensor2d(rows, [seen.length, observationSize])));
  return Int32Array.from(seen, (observation, i) => {
    const open = environment.openIn(observation);
    let best = -1;
    open.forEach((is, action) => {
      if (is && (best < 0 || values[i * actionSpace.n + action]! > values[i * actionSpace.n + best]!))
        best = action;
    });
    return best;
  });
}

function randomOpen(open: Uint8Array, random: Random): number {
  const actions = [...open.keys()].filter((action) => open[action]);
  return actions[random.integer(actions.length)]!;
}
