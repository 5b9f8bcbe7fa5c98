/**
 * The frame around evasion attacks: it makes an attack ready, sets its goal, hands over batches, and enforces budget and
 * range on what comes back. Attack files hold none of this.
 */
import * as tf from '@tensorflow/tfjs';
import type { Norm } from '../contract/catalog';
import type { Split } from '../contract/dataset';
import type { Entry } from '../contract/experiment';
import type { Applied, AnyParams } from '../contract/params';
import { LabError } from '../contract/problem';
import type { ArmContext, Context } from './context';
import type {
  Batch,
  EvasionAttack,
  EvasionContext,
  FitContext,
  FittedAttack,
  Goal,
  Oracle,
  Target,
  WhiteBoxTarget,
} from './definitions';
import { deliver } from './norms';
import { BatchOracle, type Improvement } from './oracle';
import { attackOf } from './registry';
import { resolve } from './resolve';
import { inParts, sizeOf, toBatch } from './splits';
import { ExpectationTarget, whiteBox } from './target-views';
import { readOut } from './read-out';

/** Inputs attacked together: large enough for the kernels, small enough for the progress bar. */
const ATTACK_BATCH = 128;

type Asked = WhiteBoxTarget & Oracle;

/** An attack with all its parameters, fitted where it has to be: ready to meet inputs. */
export interface ReadyAttack {
  definition: EvasionAttack;
  params: AnyParams;
  /** Null for attacks that learn nothing beforehand. */
  fitted: FittedAttack<Asked> | null;
  norm: Norm | null;
  budget: number;
}

/** An attack that needs no fitting. Throws LabError for one that does, which cannot be an ingredient of another. */
export function readyAttack({ id, params }: Applied): ReadyAttack {
  const definition = attackOf('evasion', id);
  if (definition.fit) {
    throw new LabError(
      id,
      'it is fitted to other inputs first, so it cannot be an ingredient of an attack or a training',
      'Take it under “attacks:”, and another one here.',
    );
  }
  return withParams(definition, params as AnyParams, null);
}

const withParams = (
  definition: EvasionAttack,
  params: AnyParams,
  fitted: ReadyAttack['fitted'],
): ReadyAttack => ({
  definition,
  params,
  fitted,
  norm: definition.norm(params),
  budget: definition.budget(params),
});

/**
 * Makes an attack ready, fitting it to `data` where it learns first. `fitted` of the result is to be disposed. `progress`
 * is told of the share of the fitting that is done.
 */
export async function prepareAttack(
  applied: Applied,
  target: Target,
  data: Split,
  context: Context,
  progress: FitContext['progress'] = () => {},
): Promise<ReadyAttack> {
  const definition = attackOf('evasion', applied.id);
  if (!definition.fit) return readyAttack(applied);
  if (sizeOf(data) === 0) {
    throw new LabError(
      applied.id,
      'it has to be fitted, and no inputs are left for that',
      'Give training files, or lower evaluation.samples: the test inputs after those are used.',
    );
  }
  const params = applied.params as AnyParams;
  const asked = definition.access === 'gradients' ? whiteBox(target) : target;
  const fitting: FitContext = {
    ...evasionContext(context, false),
    aims: (batch) => aims(params.goal, target, batch, context),
    progress,
  };
  const fitted = await definition.fit(asked as WhiteBoxTarget, data, goalOf(applied), params, fitting);
  return withParams(definition, params, fitted as FittedAttack<Asked>);
}

const goalOf = ({ params }: Pick<Applied, 'params'>): Goal =>
  params.goal === 'untargeted' ? 'untargeted' : 'targeted';

/** A context that also runs other attacks, as ingredients. */
export function evasionContext(context: Context, finishEarly: boolean): EvasionContext {
  return {
    ...context,
    finishEarly,
    async attack(entry: Entry, target: Target, batch: Batch, goal: Goal, early = finishEarly) {
      const ready = readyAttack(resolve(entry, attackOf('evasion', entry.id)));
      const random: Context['random'] = (...purpose) =>
        context.random('ingredient', JSON.stringify(entry), ...purpose);
      const { images } = await strike(ready, target, batch, goal, { ...context, random }, early);
      return tf.tensor4d(images, batch.images.shape);
    },
  };
}

/** Most queries of one input. */
const capOf = ({ queries }: AnyParams): number => (queries as number | undefined) ?? Infinity;

/**
 * Runs an attack on a batch, whose labels are the classes to leave or to reach, and enforces its budget and the range
 * [0, 1], exactly, on what it returns. Black-box attacks also give what they asked and found on the way.
 */
async function strike(
  { definition, params, fitted, norm, budget }: ReadyAttack,
  target: Target,
  batch: Batch,
  goal: Goal,
  context: Context,
  finishEarly: boolean,
): Promise<{ images: Float32Array; oracle: BatchOracle | null }> {
  const draws = target.capabilities.includes('randomised') ? Number(params.expectation) : 1;
  const met = draws > 1 ? new ExpectationTarget(target, draws) : target;
  const oracle =
    definition.access === 'queries' ? new BatchOracle(met, batch, goal, norm, capOf(params), draws) : null;
  const asked = (oracle ?? whiteBox(met)) as Asked;
  const evasion = evasionContext(context, finishEarly);
  const perturbed = await (fitted
    ? fitted.perturb(asked, batch, evasion)
    : definition.perturb!(asked, batch, goal, params, evasion));
  const images = perturbed.dataSync<'float32'>().slice();
  perturbed.dispose();
  const clean = batch.images.dataSync<'float32'>();
  deliver(clean, images, clean.length / batch.images.shape[0], norm, budget);
  return { images, oracle };
}

/** The class each input is to leave (untargeted: its own) or to reach. */
async function aims(
  goal: unknown,
  target: Target,
  { images, labels }: Batch,
  context: Context,
): Promise<Int32Array> {
  const own = labels.dataSync<'int32'>().slice();
  const { classes } = target;
  if (goal === 'targeted-next') return own.map((label) => (label + 1) % classes);
  if (goal === 'targeted-random') {
    return own.map((label, i) => (label + 1 + context.random('aim', i).integer(classes - 1)) % classes);
  }
  if (goal === 'targeted-least-likely') {
    const scores = await target.scores(images);
    const least = readOut<'int32'>(() => {
      // The own class is never aimed at, however unlikely the model finds it.
      const own = tf.oneHot(labels, classes, 1e30, 0, 'float32');
      return tf.argMin(tf.add(scores, own), 1);
    });
    scores.dispose();
    return least;
  }
  return own;
}

/** Perturbed images of a batch, every input taking all steps: examples to be trained on. */
export async function perturb(
  applied: Applied,
  target: WhiteBoxTarget,
  { images, labels }: Batch,
  context: Context,
): Promise<Float32Array> {
  const wanted = tf.tensor1d(await aims(applied.params.goal, target, { images, labels }, context), 'int32');
  const batch = { images, labels: wanted };
  const struck = await strike(readyAttack(applied), target, batch, goalOf(applied), context, false);
  wanted.dispose();
  return struck.images;
}

/** A split under attack, as far as whole batches were done: a target may stop answering in the middle. */
export interface Assault {
  /** The perturbed images; clean where an input is not done. */
  images: Float32Array;
  /** Class each input was to leave (untargeted) or to reach; −1 where the input is not done. */
  aims: Int32Array;
  /** Black-box attacks: queries each input was asked for, those of its first success (0: none), and how it got closer. */
  spent: Uint32Array;
  firstSuccess: Uint32Array;
  improvements: Improvement[][];
}

export function newAssault(split: Split): Assault {
  const n = sizeOf(split);
  return {
    images: split.images.slice(),
    aims: new Int32Array(n).fill(-1),
    spent: new Uint32Array(n),
    firstSuccess: new Uint32Array(n),
    improvements: Array.from({ length: n }, () => []),
  };
}

/**
 * Attacks the inputs of a split that are not done in `assault`, in batches, and writes into it. `onBatch` is told of the
 * inputs of every batch, those done before included.
 */
export async function continueAssault(
  assault: Assault,
  ready: ReadyAttack,
  target: Target,
  split: Split,
  context: Context,
  finishEarly: boolean,
  onBatch: (inputs: number) => void,
): Promise<void> {
  for (const [start, part] of inParts(split, ATTACK_BATCH)) {
    if (assault.aims[start] === -1) {
      const random: Context['random'] = (...purpose) => context.random(start, ...purpose);
      await assaultBatch(assault, start, part, ready, target, { ...context, random }, finishEarly);
    }
    onBatch(sizeOf(part));
    await context.breathe();
  }
}

/** Attacks the inputs from `start` together. */
async function assaultBatch(
  assault: Assault,
  start: number,
  part: Split,
  ready: ReadyAttack,
  target: Target,
  context: Context,
  finishEarly: boolean,
): Promise<void> {
  const { images, labels } = toBatch(part, target.inputShape);
  const aimed = await aims(ready.params.goal, target, { images, labels }, context);
  const wanted = tf.tensor1d(aimed, 'int32');
  try {
    const batch = { images, labels: wanted };
    const struck = await strike(ready, target, batch, goalOf(ready), context, finishEarly);
    assault.images.set(struck.images, (start * part.images.length) / sizeOf(part));
    assault.aims.set(aimed, start);
    if (!struck.oracle) return;
    const { spent, firstSuccess, improvements } = struck.oracle;
    assault.spent.set(spent, start);
    assault.firstSuccess.set(firstSuccess, start);
    assault.improvements.splice(start, improvements.length, ...improvements);
  } finally {
    tf.dispose([images, labels, wanted]);
  }
}

/** The images an attack makes of a whole split. `onBatch` is told how many inputs were done. */
export async function craft(
  ready: ReadyAttack,
  target: Target,
  split: Split,
  context: Context,
  finishEarly: boolean,
  onBatch: (inputs: number) => void,
): Promise<Float32Array> {
  const assault = newAssault(split);
  await continueAssault(assault, ready, target, split, context, finishEarly, onBatch);
  return assault.images;
}

/**
 * The same as in an evaluation, by an attack that is fitted to `data` first where it has to be, and then let go. `goOn` may
 * take it from there.
 */
export async function craftAnew(
  applied: Applied,
  target: Target,
  data: Split,
  split: Split,
  context: ArmContext,
  goOn: (ready: ReadyAttack, assault: Assault) => Promise<Float32Array> = async (_, { images }) => images,
): Promise<Float32Array> {
  const ready = await prepareAttack(applied, target, data, context.for('fit'));
  try {
    const assault = newAssault(split);
    await continueAssault(assault, ready, target, split, context, true, () => {});
    return await goOn(ready, assault);
  } finally {
    ready.fitted?.dispose();
  }
}

/** An assault as arrays that a session can keep, and back. */
export const stateOf = ({
  images,
  aims: aimed,
  spent,
  firstSuccess,
  improvements,
}: Assault): Record<string, Float32Array> => ({
  images,
  aims: Float32Array.from(aimed),
  spent: Float32Array.from(spent),
  firstSuccess: Float32Array.from(firstSuccess),
  improvements: Float32Array.from(
    improvements.flatMap((list, row) => list.flatMap(({ queries, distance }) => [row, queries, distance])),
  ),
});

export function assaultFrom(state: Record<string, Float32Array>): Assault {
  const improvements: Improvement[][] = Array.from(state.aims!, () => []);
  for (let at = 0; at < state.improvements!.length; at += 3) {
    const [row, queries, distance] = state.improvements!.subarray(at, at + 3) as unknown as [
      number,
      number,
      number,
    ];
    improvements[row]!.push({ queries, distance });
  }
  return {
    images: state.images!.slice(),
    aims: Int32Array.from(state.aims!),
    spent: Uint32Array.from(state.spent!),
    firstSuccess: Uint32Array.from(state.firstSuccess!),
    improvements,
  };
}
