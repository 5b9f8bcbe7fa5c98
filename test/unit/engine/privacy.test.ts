/** What a model gives away: measures by hand, equations solved exactly, gradients clipped one by one, refusals. */
import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { find } from '../../../src-main/contract/catalog';
import { catalog } from '../../../src-main/contract/catalog-data';
import type { ImageDataset, Split } from '../../../src-main/contract/dataset';
import type { RunEvent } from '../../../src-main/contract/events';
import { parseExperiment } from '../../../src-main/contract/experiment';
import { stream } from '../../../src-main/contract/random';
import type { RemoteModel } from '../../../src-main/contract/remote-model';
import { logitsOfOwn } from '../../../src-main/engine/attacks/answers';
import { membershipFinding, refuseOverlap } from '../../../src-main/engine/attacks/membership';
import knockoff from '../../../src-main/engine/attacks/privacy/knockoff';
import { withShadows } from '../../../src-main/engine/attacks/shadows';
import type { PrivacyContext, PrivacyKnowledge, Target } from '../../../src-main/engine/definitions';
import { maskOf } from '../../../src-main/engine/defenses/answers/confidence-masking';
import prada from '../../../src-main/engine/defenses/answers/prada';
import { privateDescent } from '../../../src-main/engine/defenses/training/dp-sgd';
import { softmaxCrossEntropy } from '../../../src-main/engine/kernels';
import { divergenceOfStep, epsilonOf, noiseFor } from '../../../src-main/engine/renyi';
import { run } from '../../../src-main/engine/run';
import { NetworkTarget } from '../../../src-main/engine/target-views';
import type { Inputs } from '../../../src-main/engine/task';
import { shapiroWilk } from '../../../src-main/engine/shapiro-wilk';
import { slice, toBatch } from '../../../src-main/engine/splits';
import { contextOf, digested, recordingHost, tinyDataset, tinyNetwork } from '../../fixtures/tiny';

const dataset: ImageDataset = { ...tinyDataset(24, 60), validation: tinyDataset(96, 3).train };

async function ran(extra: object, inputs: Partial<Inputs> = {}): Promise<RunEvent[]> {
  const parsed = parseExperiment(
    {
      name: 'private',
      task: 'classification',
      dataset: { id: 'mnist', train: 24, test: 60 },
      model: { id: 'softmax-regression' },
      training: { epochs: 3, batchSize: 8, learningRate: 0.02 },
      evaluation: { samples: 24 },
      ...extra,
    },
    catalog,
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const host = recordingHost();
  await run({ experiment: parsed.experiment, inputs: { dataset, ...inputs }, host, resume: null });
  return host.events;
}
const metricsOf = (events: RunEvent[], attack: number | null, arm = 0) =>
  events.flatMap((event) =>
    event.type === 'evaluation' && event.attack === attack && event.arm === arm ? [event.metrics] : [],
  )[0]!;

describe('membership', () => {
  it('is measured as by hand', () => {
    // Two of four members above all of the others, the rest below: AUC 1/2 by pairs, half found at no false accusation.
    const { metrics, curves } = membershipFinding(
      Float32Array.of(9, 9, 1, 1),
      Float32Array.of(5, 5, 5, 5, 5, 5),
    );
    expect(metrics.auc).toBeCloseTo(0.5);
    expect(metrics.tprAt1PercentFpr).toBe(0.5);
    expect(metrics.baseRate).toBeCloseTo(0.4);
    expect(metrics.membershipAdvantage).toBeCloseTo(0.5);
    expect(metrics.balancedAccuracy).toBeCloseTo(0.75);
    expect(metrics.tprAtTenthPercentFpr).toBeUndefined();
    expect(curves[0]!.y.length).toBe(curves[0]!.x.length);
  });

  it('finds no advantage, and not a little, where there is nothing to find: 0 is in 95 of 100 intervals', () => {
    const random = stream(1, 'nothing');
    const draw = (n: number) => Float32Array.from({ length: n }, () => random.normal());
    const found = Array.from({ length: 400 }, () => membershipFinding(draw(50), draw(200)).metrics);
    const missed = found.filter(({ advantageLow, advantageHigh }) => advantageLow! > 0 || advantageHigh! < 0);
    // Binomial of 400 and 5 %: four deviations either way.
    expect(missed.length).toBeGreaterThan(20 - 17);
    expect(missed.length).toBeLessThan(20 + 17);
    const mean = (name: string) => found.reduce((sum, one) => sum + one[name]! / found.length, 0);
    expect(Math.abs(mean('membershipAdvantage'))).toBeLessThan(0.012);
    expect(mean('auc')).toBeCloseTo(0.5, 2);
  });

  it('tells confidences apart where their probabilities are both 1', () => {
    const logs = Float32Array.of(0, -40, -60, 0, -50, -70);
    const [a, b] = logitsOfOwn(logs, Uint8Array.of(0, 0));
    expect([a, b]).toEqual([40, 50]);
  });

  it('refuses an image that is member and non-member', () => {
    const { train } = dataset;
    expect(() => refuseOverlap(train, slice(train, 5, 9))).toThrow(/test image 0 is training image 5/);
  });

  it('refuses more shadow models than the data allow', async () => {
    const attacks = [{ id: 'membership-lira', shadowImages: 100 }];
    await expect(ran({ attacks })).rejects.toMatchObject({
      message: expect.stringContaining('need 200') as string,
    });
    await expect(ran({ attacks: [{ id: 'membership-lira', shadows: 2 }] })).rejects.toMatchObject({
      problem: { place: 'attacks.shadows' },
    });
  });

  it('deals every image to as many shadow models as any other', async () => {
    const [candidates, own] = [slice(dataset.train, 0, 10), slice(dataset.train, 10, 17)];
    const uses = new Uint8Array(17);
    const target = new NetworkTarget(tinyNetwork(), 3);
    const knowledge = {
      ...{ own, trainedOn: 7 },
      trainAlike: async () => ({ target, dispose: () => {} }),
    } as unknown as PrivacyKnowledge;
    const context = { ...contextOf(1), progress: () => {} } as unknown as PrivacyContext;
    await withShadows(
      candidates,
      knowledge,
      { shadows: 5, shadowImages: 0 },
      context,
      async (_, pool, isIn) => {
        expect(pool.labels).toHaveLength(17);
        expect(isIn.reduce((a, b) => a + b)).toBe(7);
        isIn.forEach((one, i) => (uses[i]! += one));
      },
    );
    // 5 × 7 = 2 × 17 + 1.
    expect([...uses].sort()).toEqual([...Array<number>(16).fill(2), 3]);
  });
});

describe('equation solving', () => {
  it('has softmax regression whole, with as many questions as pixels and one', async () => {
    const metrics = metricsOf(await ran({ attacks: [{ id: 'equation-solving' }] }), 0);
    expect(metrics.largestDifference!).toBeLessThan(1e-6);
    expect(metrics.fidelity).toBe(1);
  });

  it('says that another model does not fit', async () => {
    const events = await ran({ model: { id: 'mlp', units: 16 }, attacks: [{ id: 'equation-solving' }] });
    expect(events.some((event) => event.type === 'warning' && event.code === 'not-softmax-regression')).toBe(
      true,
    );
  });
});

const QUICK = { queries: 40, copy: 'softmax-regression', epochs: 1, attack: { id: 'fgsm', epsilon: 0.1 } };
describe.each([
  ['membership-gap', {}],
  ['membership-loss', {}],
  ['membership-lira', { shadows: 4 }],
  ['membership-shadow', { shadows: 2, epochs: 2 }],
  ['membership-label-only', { candidates: 5, attack: { id: 'hop-skip-jump', queries: 150 } }],
  ['equation-solving', {}],
  ['copycat', QUICK],
  ['copycat', { ...QUICK, images: 'noise' }],
  ['knockoff', QUICK],
  ['knockoff', { ...QUICK, strategy: 'adaptive', queries: 120 }],
  ['jacobian-augmentation', { ...QUICK, seedImages: 10, queries: 300 }],
  ['uncertainty-sampling', QUICK],
  ['mi-face', { steps: 5, copies: 2 }],
  ['mi-face', { steps: 5, prior: 'none' }],
  ['black-box-inversion', { steps: 3, samples: 4, grid: 4 }],
])('%s', (id, params) => {
  it('gives the same record again, reckons its work, and leaves no tensor behind', async () => {
    const attacks = [{ id, ...params }];
    const before = tf.memory().numTensors;
    const events = await ran({ attacks });
    expect(tf.memory().numTensors).toBe(before);
    expect(digested(await ran({ attacks }))).toEqual(digested(events));
    const metrics = metricsOf(events, 0);
    for (const [name, value] of Object.entries(metrics))
      if (value !== null) expect(Number.isFinite(value), name).toBe(true);
    const plan = events.find((event) => event.type === 'run-started')!.plan;
    const done = events.filter((event) => event.type === 'progress').at(-1)!.done;
    expect(done).toBeCloseTo(plan.work, 6);
  });
});

describe('knockoff nets, adaptive', () => {
  it('ask more of the images whose answers pay', async () => {
    const asked = [0, 0, 0];
    // Sure of bars on the left, and undecided about the others.
    const target = {
      ...{ classes: 3, inputShape: [8, 8, 1], capabilities: ['scores', 'decisions'] },
      scores: async (images: tf.Tensor4D) => {
        const values = images.dataSync<'float32'>();
        const rows = Array.from({ length: images.shape[0] }, (_, i) => {
          const lit = [1, 3, 5].map((column) => values[64 * i + column]!);
          const label = lit.indexOf(Math.max(...lit));
          asked[label]!++;
          return label === 0 ? [9, 0, 0] : [0, 0, 0];
        });
        return tf.tensor2d(rows);
      },
      decisions: async (images: tf.Tensor4D) => new Int32Array(images.shape[0]),
    } as unknown as Target;
    const knowledge = {
      ...{ own: dataset.validation, test: dataset.test, answers: dataset.test.labels },
      answersTo: async ({ labels }: Split) => labels,
    } as unknown as PrivacyKnowledge;
    const context = {
      ...contextOf(1),
      progress: () => {},
      attack: async (_: unknown, __: unknown, { images }: { images: tf.Tensor4D }) => images.clone(),
    } as unknown as PrivacyContext;
    const attack = { id: 'fgsm', params: {} };
    const params = { strategy: 'adaptive', queries: 240, copy: 'softmax-regression', epochs: 1 };
    await knockoff.infer(target, knowledge, { ...params, learningRate: 0.001, attack } as never, context);
    expect(asked.reduce((a, b) => a + b)).toBe(240);
    expect(asked[0]!).toBeGreaterThan(120);
  });
});

describe('a model from outside', () => {
  const privacy = catalog.filter(({ kind, surface }) => kind === 'attack' && surface === 'privacy');
  const able = (model: string): string[] => {
    const { capabilities } = find(catalog, 'model', model)!;
    return privacy
      .filter(({ requires }) => requires!.every((need) => capabilities!.includes(need)))
      .map(({ id }) => id);
  };

  it('meets the attacks that docs/privacy.md names, and no others', () => {
    const all = privacy.map(({ id }) => id);
    const untrained = all.filter((id) => !['membership-lira', 'membership-shadow'].includes(id));
    const answering = untrained.filter((id) => id !== 'mi-face');
    const scores = ['membership-loss', 'black-box-inversion', 'knockoff', 'equation-solving'];
    expect(able('small-cnn')).toEqual(all);
    expect(able('layers-model')).toEqual(untrained);
    expect(able('onnx')).toEqual(answering);
    expect(able('http')).toEqual(answering);
    expect(able('http-labels')).toEqual(answering.filter((id) => !scores.includes(id)));
  });

  it('that answers as one of the lab gives the same away', async () => {
    const attacks = [{ id: 'membership-loss' }, { id: 'equation-solving', attack: { id: 'fgsm' } }];
    const here = await ran({ attacks });
    const { weights } = here.find((event) => event.type === 'trained')!;
    const [kernel, bias] = [weights['1/kernel']!, weights['1/bias']!];
    const remoteModel: RemoteModel = {
      ...{ name: 'a.onnx', hash: 'a', inputShape: [8, 8, 1], classes: 3, gives: 'scores', atOnce: 64 },
      ask: async (images, n) =>
        Float32Array.from({ length: 3 * n }, (_, place) => {
          const [i, label] = [Math.floor(place / 3), place % 3];
          return images
            .subarray(64 * i, 64 * (i + 1))
            .reduce((sum, value, pixel) => sum + value * kernel[3 * pixel + label]!, bias[label]!);
        }),
      close: async () => {},
    };
    const there = await ran({ attacks, model: { id: 'onnx', path: '/a.onnx' } }, { remoteModel });
    for (const attack of [0, 1]) {
      const [own, outside] = [metricsOf(here, attack), metricsOf(there, attack)];
      for (const name of Object.keys(own)) expect(outside[name], name).toBeCloseTo(own[name]!, 5);
    }
    // As many as pixels and one: what is asked to score it does not count.
    expect(metricsOf(there, 1).queries).toBe(65);
  });
});

describe('the Rényi accountant', () => {
  it('is the Gaussian’s own where every image takes part', () => {
    for (const order of [1.5, 2, 7.3, 40])
      expect(divergenceOfStep({ rate: 1, noise: 3 }, order)).toBeCloseTo(order / 18, 8);
  });

  // bench/privacy/accountant.py, Opacus 1.6.0.
  it.each([
    [0.01, 1.1, 1000, 1.7117700912203435],
    [0.256, 2.0, 80, 6.403114763441237],
    [0.032, 0.8, 320, 6.97597338267746],
    [0.016, 4.0, 1250, 0.5636339559573639],
    [1.0, 5.0, 10, 2.8136532471298397],
    [0.001, 0.6, 20000, 3.860441514137926],
  ])('agrees with Opacus at q %f, noise %f, %d steps', (rate, noise, steps, epsilon) => {
    expect(Math.abs(epsilonOf({ rate, noise, steps }, 1e-5) / epsilon - 1)).toBeLessThan(1e-4);
  });

  it('finds the noise that keeps to a budget', () => {
    const noise = noiseFor(3, { rate: 0.05, steps: 200 }, 1e-5)!;
    expect(epsilonOf({ rate: 0.05, steps: 200, noise }, 1e-5)).toBeLessThanOrEqual(3);
    expect(epsilonOf({ rate: 0.05, steps: 200, noise: noise / 1.01 }, 1e-5)).toBeGreaterThan(3);
    expect(noiseFor(1e-5, { rate: 1, steps: 1e6 }, 1e-5)).toBeNull();
  });
});

describe('DP-SGD', () => {
  const network = tinyNetwork();
  const part = slice(dataset.train, 0, 7);
  const own = Array.from({ length: 7 }, (_, i) =>
    tf.tidy(() => {
      const { images, labels } = toBatch(slice(part, i, i + 1), dataset.shape);
      const activations = network.forward(images);
      const { gradient } = softmaxCrossEntropy(activations.at(-1) as tf.Tensor2D, labels);
      return network
        .parameterGradients(activations, gradient)
        .map((one) => one.dataSync<'float32'>().slice());
    }),
  );
  const norms = own.map((tensors) => Math.hypot(...tensors.flatMap((tensor) => [...tensor])));

  it('knows the norm of every image’s gradient', () => {
    const found = tf.tidy(() => {
      const { images, labels } = toBatch(part, dataset.shape);
      const activations = network.forward(images);
      const { gradient } = softmaxCrossEntropy(activations.at(-1) as tf.Tensor2D, labels);
      return network.gradientNorms(activations, gradient).dataSync<'float32'>().slice();
    });
    norms.forEach((norm, i) => expect(found[i]! / norm).toBeCloseTo(1, 4));
  });

  it('clips each of them, and adds them up', () => {
    const clip = [...norms].sort((a, b) => a - b)[3]!;
    const descended = tf.tidy(() => {
      const batch = toBatch(part, dataset.shape);
      const { gradients } = privateDescent(network, batch, clip, 0, 7, stream(1, 'none'));
      return gradients.map((one) => one.dataSync<'float32'>().slice());
    });
    descended.forEach((tensor, at) =>
      tensor.forEach((value, place) => {
        const sum = own.reduce(
          (all, tensors, i) => all + tensors[at]![place]! * Math.min(1, clip / norms[i]!),
          0,
        );
        expect(value).toBeCloseTo(sum / 7, 5);
      }),
    );
  });

  it('hides an empty batch behind the same noise', () => {
    const spread = tf.tidy(() => {
      const batch = toBatch(slice(part, 0, 0), dataset.shape);
      const { gradients } = privateDescent(network, { ...batch }, 2, 3, 4, stream(1, 'noise'));
      return Math.sqrt(tf.mean(tf.square(gradients.at(-4)!)).dataSync()[0]!);
    });
    expect(spread).toBeCloseTo((2 * 3) / 4, 0);
  });

  it('keeps to its budget and tells what it spent; one that the steps exceed is refused', async () => {
    const attacks = [{ id: 'membership-loss' }];
    const events = await ran({ attacks, defenses: [{ id: 'dp-sgd', epsilon: 3 }] });
    const { privacySpent } = metricsOf(events, null, 1);
    expect(privacySpent!).toBeLessThanOrEqual(3);
    expect(privacySpent!).toBeGreaterThan(2.9);
    const curve = events.filter((event) => event.type === 'point' && event.series === 'privacySpent');
    expect(curve).toHaveLength(3);
    await expect(
      ran({ attacks, defenses: [{ id: 'dp-sgd', epsilon: 1, noise: 0.5 }] }),
    ).rejects.toMatchObject({
      problem: {
        place: 'defenses.dp-sgd.epsilon',
        remedy: expect.stringMatching(/^Raise noise to/) as string,
      },
    });
  });
});

describe('answers', () => {
  const base = { method: 'top-k', k: 1, decimals: 1, beta: 1, gamma: 0.2 } as const;
  const row = Float64Array.of(0.72, 0.18, 0.1);

  it('are masked as by hand', () => {
    expect([...maskOf(base)(row)]).toEqual([0.72, 0.14, 0.14].map((p) => expect.closeTo(p, 9) as number));
    expect([...maskOf({ ...base, method: 'rounding' })(row)]).toEqual([0.7, 0.2, 0.1]);
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    const bent = [...row].map((p) => p - (sigmoid(0.2 * Math.log(p / (1 - p))) - 0.5));
    const sum = bent.reduce((a, b) => a + b);
    maskOf({ ...base, method: 'reverse-sigmoid' })(row).forEach((p, i) =>
      expect(p).toBeCloseTo(bent[i]! / sum, 9),
    );
  });

  it('end with the budget of an attacker, and not of everybody', async () => {
    const attacks = [{ id: 'copycat', ...QUICK, queries: 40 }];
    const events = await ran({ attacks, defenses: [{ id: 'query-budget', queries: 5 }] });
    expect(metricsOf(events, null, 1).accuracy).toBe(metricsOf(events, null, 0).accuracy);
  });

  it('are watched: W is Shapiro and Wilk’s, and made questions are noticed where natural ones are not', () => {
    // scipy.stats.shapiro
    expect(shapiroWilk(Array.from({ length: 40 }, (_, i) => ((i * i) % 37) + i * 0.1))).toBeCloseTo(
      0.9209620654768182,
      4,
    );
    expect(shapiroWilk(Array.from({ length: 30 }, (_, i) => Math.exp(i / 10)))).toBeCloseTo(
      0.8682027011202306,
      4,
    );
    const params = { delta: 0.95, block: false, smallest: 100 };
    const random = stream(3, 'questions');
    const asked = (made: boolean) => {
      const client = prada.begin(params, 2, true);
      const natural = Array.from({ length: 400 }, () =>
        Float32Array.from({ length: 64 }, () => random.normal()),
      );
      natural.forEach((image, i) => {
        const again = made && i % 2 ? natural[i - 1]!.map((value) => value + 0.1) : image;
        client.answer(again, Float32Array.of(0, -1));
      });
      return client.report!().detectedAfter;
    };
    expect(asked(false)).toBeNull();
    expect(asked(true)).not.toBeNull();
  });
});
