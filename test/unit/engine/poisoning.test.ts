/** Poisonings and filters against answers known by hand. */
import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { Split } from '../../../src-main/contract/dataset';
import { parseExperiment } from '../../../src-main/contract/experiment';
import type { AnyParams } from '../../../src-main/contract/params';
import { stream } from '../../../src-main/contract/random';
import type { FeatureTarget, FilterContext, PoisonContext } from '../../../src-main/engine/definitions';
import { patchOn, stamped } from '../../../src-main/engine/attacks/stamp';
import { sinusoidal } from '../../../src-main/engine/attacks/training-set/sig';
import { matchGradient } from '../../../src-main/engine/attacks/training-set/gradient-matching';
import { numbersNamed } from '../../../src-main/engine/defenses/numbers-named';
import {
  confidentJoint,
  prunedByNoiseRate,
} from '../../../src-main/engine/defenses/filtering/confident-learning';
import { anomaliesOf, undone } from '../../../src-main/engine/defenses/filtering/neural-cleanse';
import {
  labelByLabel,
  spectralScores,
} from '../../../src-main/engine/defenses/filtering/spectral-signatures';
import {
  nearerTo,
  ofEqualSpread,
  twoClusters,
} from '../../../src-main/engine/defenses/filtering/activation-clustering';
import { pruned } from '../../../src-main/engine/defenses/training/fine-pruning';
import { symmetric } from '../../../src-main/engine/defenses/training/symmetric-cross-entropy';
import { trimmed } from '../../../src-main/engine/defenses/training/trimmed-loss';
import { withinLabels } from '../../../src-main/engine/label-spread';
import { principalComponents } from '../../../src-main/engine/principal';
import { provenanceOf, ratesOf } from '../../../src-main/engine/provenance';
import { attackOf, defenseById } from '../../../src-main/engine/registry';
import { dense, flatten, Network } from '../../../src-main/engine/network';
import { resolve } from '../../../src-main/engine/resolve';
import { run } from '../../../src-main/engine/run';
import { sizeOf } from '../../../src-main/engine/splits';
import { NetworkTarget } from '../../../src-main/engine/target-views';
import { fullCatalog } from '../../../src-main/worker/full-catalog';
import { contextOf, recordingHost, tinyDataset, tinyNetwork } from '../../fixtures/tiny';

const dataset = tinyDataset();
const context: PoisonContext = {
  ...contextOf(3),
  surrogate: async () => new NetworkTarget(tinyNetwork(), 3),
  attack: () => Promise.reject(new Error('not asked for')),
  progress: () => {},
};

async function poisoned(id: string, given: object) {
  const attack = attackOf('training-set', id);
  const params = resolve({ id, ...given }, attack).params as AnyParams;
  return attack.poison(dataset, attack.eligible(dataset, params), params, context);
}

/** A network that has answers of its own to some questions. */
const asking = (own: { [question in 'features' | 'logits']?: (images: tf.Tensor4D) => tf.Tensor }) =>
  Object.assign(
    Object.create(new NetworkTarget(tinyNetwork(), 3)) as FeatureTarget,
    own as Partial<FeatureTarget>,
  );

/** What a filter finds, checked before as by the frame. */
async function suspects(
  id: string,
  given: object,
  { train, validation, shape, classes } = dataset,
  { model = asking({}), fit = async () => model }: { model?: FeatureTarget; fit?: FilterContext['fit'] } = {},
) {
  const defense = defenseById(id);
  if (defense.stage !== 'filtering') throw new Error(`${id} is no filter`);
  const training = {
    epochs: 1,
    batchSize: 16,
    optimizer: 'adam',
    learningRate: 0.001,
    finalLearningRate: 0.001,
    finalShare: 0,
  } as const;
  const { params } = resolve({ id, ...given }, defense, training);
  const examined = { train, validation, shape, classes: classes.length };
  defense.check?.(examined, params as AnyParams);
  return defense.suspect(examined, model as FeatureTarget & null, params as AnyParams, {
    ...contextOf(4),
    fit,
    progress: () => {},
  });
}

describe('a patch', () => {
  it('lies where it is placed, from the lower right corner', () => {
    const { mask, pixels } = patchOn(
      [4, 5, 1],
      { drawing: ['9.', '.0'], right: 1, bottom: 1, opacity: 0.5 },
      'badnets',
    );
    const at = (row: number, column: number) => row * 5 + column;
    expect(mask[at(1, 2)]).toBe(0.5);
    expect(pixels[at(1, 2)]).toBe(1);
    expect(mask[at(2, 3)]).toBe(0.5);
    expect(pixels[at(2, 3)]).toBe(0);
    expect(mask.reduce((a, b) => a + b)).toBe(1);
  });

  it('covers by its opacity', () => {
    const stamp = { mask: Float32Array.of(0, 0.5, 1), pixels: Float32Array.of(1, 1, 1) };
    expect([...stamped(Float32Array.of(0.5, 0.5, 0.5, 0, 0, 0), stamp)]).toEqual([0.5, 0.75, 1, 0, 0.5, 1]);
  });

  it.each([
    [{ right: 7 }, /outside the image/],
    [{ bottom: 6 }, /outside the image/],
    [{ drawing: ['x'] }, /found the character “x”/],
    [{ drawing: ['...'] }, /has no pixel/],
  ])('is refused for %o', async (given, message) => {
    await expect(poisoned('badnets', given)).rejects.toThrow(message);
  });
});

describe('what is poisoned', () => {
  it('BadNets alters a share of the samples of other classes, labels and pictures both', async () => {
    const { dataset: after, changed } = await poisoned('badnets', { rate: 0.25, target: 1 });
    expect(changed).toHaveLength(24);
    for (const i of changed) {
      expect(dataset.train.labels[i]).not.toBe(1);
      expect(after.train.labels[i]).toBe(1);
      // 8 × 8 images, one pixel from either edge: the lower right pixel of the drawing is at row 6, column 6.
      expect(after.train.images[i * 64 + 6 * 8 + 6]).toBe(1);
    }
    const untouched = [...dataset.train.labels.keys()].filter((i) => !changed.includes(i));
    expect(untouched.every((i) => after.train.labels[i] === dataset.train.labels[i])).toBe(true);
    const told = provenanceOf(
      { index: 0, model: null, poisoning: null, defense: null, seed: 1 },
      dataset.train,
      after.train,
      changed,
      null,
    );
    expect([...told.before!]).toEqual([...changed].map((i) => dataset.train.labels[i]));
    expect([...told.after!]).toEqual([...changed].map(() => 1));
    expect(told.images).toHaveLength(24 * 64);
  });

  it('rate 0 alters nothing; SIG and clean labels stay within the target class', async () => {
    expect((await poisoned('badnets', { rate: 0 })).changed).toHaveLength(0);
    const { dataset: after, changed } = await poisoned('sig', { rate: 0.3, target: 2 });
    expect(changed).toHaveLength(29);
    expect([...changed].every((i) => dataset.train.labels[i] === 2)).toBe(true);
    expect(after.train.labels).toEqual(dataset.train.labels);
  });

  it.each(['feature-collision', 'gradient-matching'])(
    '%s alters the samples nearest to the input, each pixel towards it and within the ball',
    async (id) => {
      const given = { rate: 0.1, input: 0, target: 1, steps: 3, epsilon: 0.2 };
      const { dataset: after, changed } = await poisoned(id, given);
      const imageOf = ({ images }: { images: Float32Array }, i: number) =>
        images.subarray(i * 64, (i + 1) * 64);
      const input = imageOf(dataset.test, 0);
      const distance = (i: number) =>
        imageOf(dataset.train, i).reduce((sum, value, k) => sum + (value - input[k]!) ** 2, 0);
      const own = [...dataset.train.labels.keys()].filter((i) => dataset.train.labels[i] === 1);
      const left = own.filter((i) => !changed.includes(i));
      expect(changed).toHaveLength(10);
      expect(Math.max(...Array.from(changed, distance))).toBeLessThanOrEqual(Math.min(...left.map(distance)));
      for (const i of changed) {
        const before = imageOf(dataset.train, i);
        imageOf(after.train, i).forEach((value, k) => {
          const [low, high] = [before[k]!, input[k]!].sort((a, b) => a - b) as [number, number];
          expect(value).toBeGreaterThanOrEqual(low);
          expect(value).toBeLessThanOrEqual(high);
          expect(Math.abs(value - before[k]!)).toBeLessThan(0.2 + 1e-6);
        });
      }
    },
  );

  it('as published, any samples of the class are altered anywhere in the ball', async () => {
    const given = { rate: 0.1, input: 0, target: 1, steps: 3, bases: 'random', within: 'ball' };
    const [drawn, nearest] = await Promise.all([
      poisoned('gradient-matching', given),
      poisoned('gradient-matching', { ...given, bases: 'nearest', within: 'blend' }),
    ]);
    expect(drawn.changed).not.toEqual(nearest.changed);
    const [i] = drawn.changed as unknown as [number];
    const outside = Array.from({ length: 64 }, (_, k) => {
      const [before, value] = [dataset.train, drawn.dataset.train].map(
        ({ images }) => images[i * 64 + k]!,
      ) as [number, number];
      return (value - before) * (dataset.test.images[k]! - before) < 0;
    });
    expect(outside).toContain(true);
  });

  it('a sinusoid is one: by hand at a quarter of its period', () => {
    const { apply } = sinusoidal([1, 8, 1], 0, { amplitude: 0.2, frequency: 1 });
    const [first, , third, , fifth, , seventh] = apply(new Float32Array(8).fill(0.5));
    expect([first, third, fifth, seventh].map((value) => Number(value!.toFixed(5)))).toEqual([
      0.5, 0.7, 0.5, 0.3,
    ]);
  });

  it.each([
    ['badnets', { rate: 1 }, /found 1, which is 96 of 96 samples; of other classes there are 64/],
    ['sig', { rate: 0.5 }, /of the target class there are 32/],
    ['blended', { target: 3 }, /the data have the classes 0 to 2/],
    ['label-flip', { source: 1, target: 1 }, /which is the source as well/],
    ['feature-collision', { input: 0, target: 0 }, /which is what test input 0 is anyway/],
    ['gradient-matching', { input: 48 }, /there are 48 test inputs/],
  ])('%s is refused for %o', async (id, given, message) => {
    await expect(poisoned(id, given)).rejects.toThrow(message);
  });

  it('data of one class cannot be poisoned', () => {
    const attack = attackOf('training-set', 'badnets');
    const params = resolve({ id: 'badnets' }, attack).params as AnyParams;
    expect(() => attack.eligible({ ...dataset, classes: ['one'] }, params)).toThrow(/has 1 class/);
  });

  it.each([
    [{ poisoning: [{ id: 'sig', rate: 0.5 }] }, /of the target class there are 32/],
    [{ poisoning: [{ id: 'clean-label', rate: 0.01, right: 7 }] }, /outside the image/],
    [{ defenses: [{ id: 'knn-filter', neighbours: 96 }] }, /95 others/],
    [{ defenses: [{ id: 'confident-learning', folds: 97 }] }, /found 97, but there are 96 training samples/],
    [{ defenses: [{ id: 'by-hand', removed: ['96'] }] }, /expected the number of a training sample, 0 to 95/],
  ])('%o is refused before anything is trained', async (given, message) => {
    const common = {
      name: 'refused',
      task: 'classification',
      dataset: { id: 'mnist' },
      model: { id: 'mlp' },
    };
    const parsed = parseExperiment({ ...common, ...given }, fullCatalog());
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const host = recordingHost();
    const job = { experiment: parsed.experiment, inputs: { dataset }, host, resume: null };
    await expect(run(job)).rejects.toThrow(message);
    expect(host.events.map(({ type }) => type)).toEqual(['run-started', 'data-loaded']);
  });

  it('labels flip from class to class, and by margin the furthest first', async () => {
    const pair = await poisoned('label-flip', { rate: 0.1, source: 0, target: 2 });
    for (const i of pair.changed)
      expect([dataset.train.labels[i], pair.dataset.train.labels[i]]).toEqual([0, 2]);
    const [furthest, nearest] = [
      await poisoned('label-flip', { rate: 0.5, chosen: 'furthest' }),
      await poisoned('label-flip', { rate: 0.5, chosen: 'nearest' }),
    ];
    expect([...furthest.changed, ...nearest.changed].sort((a, b) => a - b)).toEqual([
      ...dataset.train.labels.keys(),
    ]);
  });
});

describe('rates against the provenance', () => {
  it('are those of a list known by hand', () => {
    // 10 samples, 4 altered; of the 3 removed 2 are.
    const rates = ratesOf(Uint32Array.of(1, 2, 9), Uint32Array.of(1, 2, 3, 4), 10);
    expect(rates).toEqual({ truePositiveRate: 0.5, falsePositiveRate: 1 / 6, removedSamples: 0.3 });
  });

  it('are undefined where nothing was altered, or everything', () => {
    expect(ratesOf(Uint32Array.of(0), new Uint32Array(), 4)).toMatchObject({
      truePositiveRate: null,
      falsePositiveRate: 0.25,
    });
    expect(ratesOf(Uint32Array.of(0), Uint32Array.of(0, 1), 2).falsePositiveRate).toBeNull();
  });
});

describe('principal components', () => {
  it('of points on a line through space are that line', () => {
    const rows = Float32Array.from([-2, -1, 0, 1, 2].flatMap((t) => [3 * t + 1, 4 * t, 7]));
    const { components, variances, total, projected } = principalComponents(rows, 3, 2);
    expect([...components[0]!].map((value) => Number(value.toFixed(6)))).toEqual([0.6, 0.8, 0]);
    expect(variances[0]).toBeCloseTo(50, 4);
    expect(total).toBeCloseTo(50, 4);
    expect(projected.map((row) => Math.round(row[0]!))).toEqual([-10, -5, 0, 5, 10]);
  });
});

describe('filters', () => {
  it('spectral signatures score squared distances along the line of largest variance', () => {
    const features = Float32Array.of(0, 0, 0, 0, 0, 0, 8, 0);
    const scores = (from: 'median' | 'mean') =>
      [...spectralScores(features, [Uint32Array.of(0, 1, 2, 3)], 4, { spread: 'plain', from })].map(
        Math.round,
      );
    expect(scores('mean')).toEqual([4, 4, 4, 36]);
    expect(scores('median')).toEqual([0, 0, 0, 64]);
  });

  it('the label of the largest mean distance loses up to half of its samples, then the next', () => {
    // Mean distances 3, 4 and none: the second label first, though the highest score is in the first.
    const scores = Float32Array.of(9, 0, 0, 6, 5, -1);
    const labels = [Uint32Array.of(0, 1, 2), Uint32Array.of(3, 4, 5), new Uint32Array()];
    expect([...labelByLabel(scores, labels, 1)]).toEqual([3]);
    expect([...labelByLabel(scores, labels, 2)]).toEqual([0, 3]);
    expect([...labelByLabel(scores, labels, 6)]).toEqual([0, 3]);
  });

  it('of the suspects of spectral signatures those stay whose label a network trained without them gives', async () => {
    // Every network says 0: of the suspects those labelled 0 stay.
    const fit = async () => asking({ logits: ({ shape: [n] }) => tf.oneHot(tf.fill([n], 0, 'int32'), 3) });
    const found = async (reclassify: boolean) => {
      const given = { expected: 0.3, labels: 'all', reclassify };
      return [...(await suspects('spectral-signatures', given, dataset, { fit })).removed];
    };
    const suspected = await found(false);
    expect(suspected).toHaveLength(43);
    expect(await found(true)).toEqual(suspected.filter((i) => dataset.train.labels[i] !== 0));
  });

  it('within labels the heavier tail is positive, whichever way it points', () => {
    const features = Float32Array.of(0, 0, 0, 8, 5, 5, 5, -3);
    const labels = [Uint32Array.of(0, 1, 2, 3), Uint32Array.of(4, 5, 6, 7)];
    const { places, explained } = withinLabels(features, labels, 8, 1, 'plain');
    expect([...places[0]!].map(Math.round)).toEqual([-2, -2, -2, 6, -2, -2, -2, 6]);
    expect(explained).toEqual([1, 1]);
  });

  it('features are measured in the spread of the other label: variances 2 and .5, a hundredth of their mean added', () => {
    const features = Float32Array.of(3, 5, -3, -5, 2, 0, -2, 0, 0, 1, 0, -1);
    const labels = [Uint32Array.of(0, 1), Uint32Array.of(2, 3, 4, 5)];
    const { places, explained } = withinLabels(features, labels, 6, 1, 'others');
    expect(Math.abs(places[0]![0]!)).toBeCloseTo(Math.sqrt(9 / 2.0125 + 25 / 0.5125), 4);
    expect(places[0]![1]).toBeCloseTo(-places[0]![0]!, 4);
    expect(explained[0]).toBeCloseTo(1, 6);
  });

  it('components of equal spread have variance 1, and noise is none', () => {
    const rows = Float32Array.of(3, 0, 1, -3, 0, 1, 0, 1, 1, 0, -1, 1);
    const points = ofEqualSpread(principalComponents(rows, 3, 3));
    const root = Math.sqrt(2);
    expect(points.map((point) => [...point].map((value) => Math.abs(Number(value.toFixed(6)))))).toEqual(
      [
        [1, 0],
        [1, 0],
        [0, 1],
        [0, 1],
      ].map((row) => row.map((v) => Number((v * root).toFixed(6)))),
    );
  });

  it('two groups far apart are two clusters, the smaller found; one group is none', () => {
    const point = (x: number, y: number) => Float64Array.of(x, y);
    const random = stream(1, 'points');
    const around = (n: number, x: number) =>
      Array.from({ length: n }, () => point(x + random.normal(), random.normal()));
    const two = twoClusters([...around(40, 0), ...around(10, 20)], stream(1, 'clusters'));
    expect(two.smaller).toEqual([...Array(40).fill(false), ...Array(10).fill(true)]);
    expect(two.apart).toBeGreaterThan(0.8);
    expect(twoClusters(around(50, 0), stream(1, 'clusters')).apart).toBeLessThan(0.5);
  });

  it('each point goes to the nearer of two clusters’ means', () => {
    const points = [0, 1, 2, 4, 10, 11].map((x) => Float64Array.of(x));
    // The cluster wrongly holds the 4: means 1 and 8.33.
    expect(nearerTo(points, [false, false, false, true, true, true])).toEqual([
      ...Array(4).fill(false),
      ...Array(2).fill(true),
    ]);
  });

  it('a cluster is left out unless a network trained without it gives most of it its label', async () => {
    // One in twelve is all white, and labelled 1; the activations are the first two pixels.
    const labels = dataset.train.labels.map((label, i) => (i % 12 === 0 ? 1 : label));
    const images = dataset.train.images.map((value, at) => (at % (12 * 64) < 64 ? 1 : value));
    const examined = { ...dataset, train: { images, labels } };
    const planted = [...labels.keys()].filter((i) => i % 12 === 0);
    const trained: number[] = [];
    /** What is found where the network that is trained anew says but one thing. */
    const found = async (answer: number) => {
      const model = asking({ features: (pixels) => pixels.reshape([-1, 64]).slice([0, 0], [-1, 2]) });
      const fit = async (some: Split) => {
        trained.push(sizeOf(some));
        return asking({ logits: ({ shape: [n] }) => tf.oneHot(tf.fill([n], answer, 'int32'), 3) });
      };
      const given = { components: 1, silhouette: 0.7 };
      return [...(await suspects('activation-clustering', given, examined, { model, fit })).removed];
    };
    expect(await found(0)).toEqual(planted);
    expect(await found(1)).toEqual([]);
    expect(trained).toEqual([88, 88]);
  });

  it('nearest neighbours find the one wrong label among alike images', async () => {
    const labels = dataset.train.labels.slice();
    labels[6] = 2;
    const examined = { ...dataset, train: { ...dataset.train, labels } };
    expect([...(await suspects('knn-filter', { neighbours: 5 }, examined)).removed]).toEqual([6]);
  });

  it('a sample is outvoted by more neighbours of one other label, or by the majority asked for', async () => {
    // Of each of the first five the other four are the neighbours: 1 1 1 0 of a 0, 1 1 0 0 of a 1.
    const line = [0, 1, 2, 3, 4, 50, 51, 52, 53, 54];
    const train = {
      images: Float32Array.from(line.flatMap((place) => [place, ...new Array<number>(63).fill(0)])),
      labels: Uint8Array.of(0, 1, 1, 1, 0, 2, 2, 2, 2, 2),
    };
    const found = async (majority: number) => {
      const { removed, scores } = await suspects(
        'knn-filter',
        { neighbours: 4, majority, space: 'pixels' },
        { ...dataset, train },
      );
      return { removed: [...removed], score: scores![0] };
    };
    expect(await found(0)).toEqual({ removed: [0, 4], score: 0.5 });
    expect(await found(0.75)).toEqual({ removed: [0, 4], score: 0.5 });
    expect(await found(0.8)).toEqual({ removed: [], score: 0.5 });
  });

  it('more neighbours than there are samples are refused', async () => {
    await expect(suspects('knn-filter', { neighbours: 96 })).rejects.toThrow(
      /each of 96 training samples has 95 others/,
    );
  });

  it('a filter that needs clean images says so', async () => {
    const bare = { ...dataset, validation: { images: new Float32Array(), labels: new Uint8Array() } };
    await expect(suspects('strip', {}, bare)).rejects.toThrow(/no validation images/);
  });

  it('a class far below the median stands out by its deviations', () => {
    // Median 11, absolute deviations 1 0 1 2 9: their median 1.
    const anomalies = anomaliesOf([10, 11, 12, 13, 2]);
    expect(anomalies[4]).toBeCloseTo(9 / 1.4826, 6);
    expect(anomalies[3]).toBeCloseTo(-2 / 1.4826, 6);
    expect(anomaliesOf([5, 5, 5])).toEqual([0, 0, 0]);
  });

  it('taking a trigger away undoes what it does, but for the mean image beneath; by hand on two linear units', () => {
    const network = new Network([1, 2, 1], [flatten(), dense(2, 'linear')], stream(1, 'weights'));
    const [kernel, bias] = Object.keys(network.weights());
    // The logit of class 1 is 10 times the first pixel, that of class 0 the second.
    network.restore({ [kernel!]: Float32Array.of(0, 10, 1, 0), [bias!]: Float32Array.of(0, 0) });
    const model = new NetworkTarget(network, 2);
    const trigger = { label: 1, mask: Float32Array.of(1, 0), pixels: Float32Array.of(1, 0) };
    const split = (images: number[], labels: number[]) => ({
      images: Float32Array.from(images),
      labels: Uint8Array.from(labels),
    });
    // Clean images of class 0 gain 10 and 8, the median 9; that of class 1 is not asked.
    const clean = split([0, 1, 0.2, 1, 1, 0], [0, 0, 1]);
    const shares = (own: Parameters<typeof undone>[2], seen = clean) =>
      [...undone(model, trigger, own, seen, Float32Array.of(0.1, 0.5))].map((share) =>
        Number(share.toFixed(5)),
      );
    // Of a sample that bears it .9 of the first pixel go; of one that does not .1 come.
    expect(shares(split([1, 1, 0, 0], [1, 1]))).toEqual([1, -0.11111]);
    expect(shares(split([1, 1], [1]), split([1, 0], [1]))).toEqual([0]);
    expect(shares(split([], []))).toEqual([]);
    network.dispose();
  });

  it('samples picked by hand are numbers and ranges of the set', () => {
    const named = (lines: string[]) => numbersNamed(lines, 8, 'defenses.by-hand.removed', 'training sample');
    expect([...named(['7', '2-4', '3'])]).toEqual([2, 3, 4, 7]);
    for (const line of ['8', '4-2', 'x', '']) expect(() => named([line])).toThrow(/found “/);
  });
});

describe('confident learning', () => {
  // Two classes; belief in class 0. Labelled 0: .9 .8 .1, mean .6. Labelled 1: .2 .3 .9 .4, belief in their own .8 .7 .1 .6, mean .55.
  const inZero = [0.9, 0.8, 0.1, 0.2, 0.3, 0.9, 0.4];
  const believed = Float32Array.from(inZero.flatMap((p) => [p, 1 - p]));
  const labels = Uint8Array.of(0, 0, 0, 1, 1, 1, 1);

  it('counts whom a class is sure of, by hand', () => {
    expect(confidentJoint(believed, labels, 2).map((row) => [...row])).toEqual([
      [2, 1],
      [1, 3],
    ]);
  });

  it('scales each label’s counts to its samples; one of which nothing is sure is right', () => {
    // Labelled 0: .9 .9 .3, mean .7, of which two count and the third, of 1 believed .1, for nothing.
    const sure = Float32Array.from([0.9, 0.9, 0.3, 0.5].flatMap((p) => [p, p === 0.3 ? 0.1 : 1 - p]));
    expect(confidentJoint(sure, Uint8Array.of(0, 0, 0, 1), 2).map((row) => [...row])).toEqual([
      [3, 0],
      [0, 1],
    ]);
    expect(confidentJoint(sure, Uint8Array.of(0, 0, 0, 0), 2).map((row) => [...row])).toEqual([
      [4, 0],
      [0, 0],
    ]);
  });

  it('leaves out as many as it counted, the most clearly misjudged', () => {
    const { removed, scores } = prunedByNoiseRate(believed, labels, 2);
    expect([...removed]).toEqual([2, 5]);
    expect(scores[5]).toBeCloseTo(0.8, 6);
    expect(scores[0]).toBeCloseTo(-0.8, 6);
  });
});

describe('robust losses', () => {
  const logits = tf.tensor2d([
    [4, 0],
    [0, 4],
    [2, 0],
    [0, 1],
  ]);
  const labels = tf.tensor1d([0, 0, 0, 0], 'int32');
  const batch = { images: tf.zeros([4, 1, 1, 1]) as tf.Tensor4D, labels };

  it('the trimmed one has no gradient where the loss is largest', () => {
    const { loss, gradient } = tf.tidy(() => trimmed(0.25)(logits, batch));
    const usual = (z: number) => Math.log(1 + Math.exp(-z));
    expect([...loss.dataSync()].map((value) => value.toFixed(5))).toEqual(
      [usual(4) * (4 / 3), 0, usual(2) * (4 / 3), usual(-1) * (4 / 3)].map((value) => value.toFixed(5)),
    );
    expect([...gradient.dataSync()].slice(2, 4).map(Math.abs)).toEqual([0, 0]);
  });

  it('the symmetric one is what the paper says, and its gradient that of a difference', () => {
    const at = (z: number[]) => {
      const one = { images: tf.zeros([1, 1, 1, 1]) as tf.Tensor4D, labels: tf.tensor1d([0], 'int32') };
      const { loss, gradient } = symmetric(0.1, 1, -4)(tf.tensor2d([z]), one);
      return { loss: loss.dataSync()[0]!, gradient: [...gradient.dataSync()] };
    };
    const p = Math.exp(1) / (Math.exp(1) + Math.exp(0.5));
    const here = at([1, 0.5]);
    expect(here.loss).toBeCloseTo(-0.1 * Math.log(p) + 4 * (1 - p), 5);
    const h = 1e-2;
    expect(here.gradient[0]).toBeCloseTo((at([1 + h, 0.5]).loss - at([1 - h, 0.5]).loss) / (2 * h), 3);
  });
});

it('fine-pruning cuts idle units first and leaves the model as it was', () => {
  const network = tinyNetwork();
  const model = new NetworkTarget(network, 3);
  const before = network.weights();
  const kept = pruned(model, dataset.validation, 1);
  expect(network.weights()).toEqual(before);
  const idle = [0, 1, 2, 3].filter(
    (unit) => kept['0/bias']![unit] === 0 && kept['0/kernel']!.every((v, at) => at % 4 !== unit || v === 0),
  );
  // All but one may go where any accuracy will do.
  expect(idle).toHaveLength(3);
  network.dispose();
});

it('the gradient of the match of gradients is that of its difference', () => {
  // Without relu, at whose kinks a difference says nothing of the derivative.
  const layers = [flatten(), dense(5, 'linear'), dense(3, 'linear')];
  const network = new Network([8, 8, 1], layers, stream(1, 'weights'));
  const model = new NetworkTarget(network, 3);
  const images = tf.tensor4d(dataset.train.images.slice(0, 2 * 64), [2, 8, 8, 1]);
  const batch = { images, labels: tf.tensor1d([0, 1], 'int32') };
  const wanted = network.parameters.map((parameter, i) => {
    const random = stream(5, 'wanted', i);
    return tf.tensor(
      parameter.toArray().map(() => random.normal()),
      parameter.shape,
    );
  });
  const { match, gradient } = matchGradient(model, batch, wanted);
  expect(Math.abs(match)).toBeLessThan(1);
  const slopes = gradient.dataSync<'float32'>();
  const along = tf.sign(gradient);
  const h = 2e-3;
  const at = (sign: number) =>
    matchGradient(model, { ...batch, images: tf.add(images, tf.mul(along, sign * h)) as tf.Tensor4D }, wanted)
      .match;
  const expected = slopes.reduce((sum, value) => sum + Math.abs(value), 0);
  expect((at(1) - at(-1)) / (2 * h) / expected).toBeCloseTo(1, 1);
  network.dispose();
});
