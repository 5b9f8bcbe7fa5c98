/** Made-up recordings with the shape and size of real ones. */
import cartpole from '../../envs/cartpole';
import frozenLake from '../../envs/frozen-lake';
import type { Environment } from '../../src-main/contract/environment';
import type {
  ArmPlan,
  AttackPlan,
  Metrics,
  Plan,
  RecordedEvent,
  RunEvent,
} from '../../src-main/contract/events';
import type { Applied } from '../../src-main/contract/params';
import { stream, type Random } from '../../src-main/contract/random';
import randomObservation from '../../src-main/engine/attacks/observation/random-observation';
import type { ObservationAttack, Policy, Reach } from '../../src-main/engine/definitions';
import { play, trajectory } from '../../src-main/engine/rl/episodes';
import { bindAttack } from '../../src-main/engine/rl/eyes';

const SIZE = 28;

export function record(events: RunEvent[], everyMs: number): RecordedEvent[] {
  return events.map((event, i) => ({ sequence: i + 1, at: 1_790_000_000_000 + i * everyMs, event }));
}

function armsOf(
  poisonings: (Applied | null)[],
  defenses: (Applied | null)[],
  seeds: number[],
  models: (Applied | null)[] = [null],
): ArmPlan[] {
  return models
    .flatMap((model) =>
      poisonings.flatMap((poisoning) =>
        defenses.flatMap((defense) => seeds.map((seed) => ({ model, poisoning, defense, seed }))),
      ),
    )
    .map((arm, index) => ({ index, ...arm }));
}

/** A digit as a person might write it: a glyph, turned and blurred. */
function digit(label: number, random: Random): Float32Array {
  const canvas = new OffscreenCanvas(SIZE, SIZE);
  const context = canvas.getContext('2d')!;
  context.translate(14 + random.normal(), 15 + random.normal());
  context.rotate(0.18 * random.normal());
  context.filter = 'blur(0.6px)';
  context.fillStyle = 'white';
  context.font = 'bold 22px serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(String(label), 0, 0);
  const { data } = context.getImageData(0, 0, SIZE, SIZE);
  return Float32Array.from({ length: SIZE * SIZE }, (_, i) => data[4 * i + 3]! / 255);
}

const inRange = (value: number): number => Math.min(1, Math.max(0, value));
/** Signs that hold over patches, as those of a gradient do. */
function signs(random: Random): Float32Array {
  const coarse = Array.from({ length: 100 }, () => (random.uniform() < 0.5 ? -1 : 1));
  return Float32Array.from({ length: SIZE * SIZE }, (_, i) => {
    const sign = coarse[10 * Math.floor(Math.floor(i / SIZE) / 3) + Math.floor((i % SIZE) / 3)]!;
    return random.uniform() < 0.15 ? -sign : sign;
  });
}

function example(
  arm: number,
  attack: number,
  input: number,
  epsilon: number,
  robust: number,
  random: Random,
): RunEvent {
  const label = random.integer(10);
  const clean = digit(label, random);
  const direction = signs(random);
  const fooled = random.uniform() > robust;
  return {
    type: 'example',
    arm,
    attack,
    input,
    label,
    shape: [SIZE, SIZE, 1],
    clean,
    adversarial: clean.map((value, i) => inRange(value + epsilon * direction[i]!)),
    before: { label: random.uniform() < 0.05 ? (label + 3) % 10 : label, confidence: 0.97 },
    after: {
      label: fooled ? (label + 1 + random.integer(8)) % 10 : label,
      confidence: 0.6 + 0.4 * random.uniform(),
    },
  };
}

/** Outcomes and predictions of inputs of ten classes, the later ones weaker, so that the classes have something to show. */
function predictions(arm: number, robust: number) {
  // The same draw for each attack: what a weak one takes, a strong one takes too.
  const random = stream(arm + 1, 'inputs');
  const labels = Uint8Array.from({ length: INPUTS }, (_, i) => i % 10);
  const outcome = labels.map((label) => {
    const stands = random.uniform() < robust * (1.25 - 0.05 * label);
    return stands ? 3 : 1;
  });
  const predicted = labels.map((label, i) =>
    outcome[i] === 3 ? label : [3, 8, 4, 5, 9, 3, 5, 9, 3, 4][label]!,
  );
  return { labels, outcome, predicted };
}
const INPUTS = 300;

export function imageRun(seeds = [1, 2, 3]): RunEvent[] {
  const random = stream(7, 'harness');
  const defenses: (Applied | null)[] = [
    null,
    { id: 'noise-augmentation', params: { epsilon: 0.3 } },
    { id: 'adversarial-training', params: { attack: { id: 'pgd', params: { epsilon: 0.3 } }, ramp: 0.4 } },
  ];
  const attack = (id: string, params: Applied['params']): Omit<AttackPlan, 'index'> => ({
    id,
    params,
    surface: 'evasion',
    knowledge: id === 'random-noise' ? 'none' : 'white-box',
    norm: 'linf',
  });
  const attacks: AttackPlan[] = [
    ...[0.1, 0.2, 0.3].map((epsilon) => attack('random-noise', { epsilon, norm: 'linf' })),
    ...[0.1, 0.2, 0.3].map((epsilon) => attack('fgsm', { epsilon, norm: 'linf' })),
    ...[0.1, 0.2, 0.3].map((epsilon) => attack('pgd', { epsilon, steps: 40, norm: 'linf' })),
  ].map((one, index) => ({ index, ...one }));
  const plan: Plan = { task: 'classification', arms: armsOf([null], defenses, seeds), attacks, work: 0 };
  plan.work = plan.arms.length * 20;
  const events: RunEvent[] = [
    { type: 'run-started', plan },
    {
      type: 'data-loaded',
      name: 'mnist',
      train: 8000,
      validation: 800,
      test: 2000,
      shape: [28, 28, 1],
      classes: Array.from('0123456789'),
      hash: 'ab12',
    },
  ];
  const strength: Record<string, number[]> = {
    'random-noise': [9, 8, 7],
    fgsm: [3, 1.3, 0.6],
    pgd: [2.6, 0.5, 0.05],
  };
  let done = 0;
  const progress = (what: string): void => void events.push({ type: 'progress', done: (done += 1), what });
  for (const arm of plan.arms) {
    const kind = ['undefended', 'noise', 'adversarial'][defenses.indexOf(arm.defense)]!;
    events.push({ type: 'arm-started', arm: arm.index });
    for (let epoch = 1; epoch <= 10; epoch++) {
      const floor = kind === 'adversarial' ? 0.35 : 0.04;
      const loss = floor + 1.1 * Math.exp(-epoch / (kind === 'adversarial' ? 5 : 2)) + 0.02 * random.normal();
      const points = {
        loss,
        accuracy: 1 - 0.25 * loss,
        validationAccuracy: 0.985 - 0.3 * loss + 0.004 * random.normal(),
      };
      for (const [series, value] of Object.entries(points)) {
        events.push({ type: 'point', arm: arm.index, series, x: epoch, value });
      }
      progress(`Training: arm ${arm.index + 1} of ${plan.arms.length}, epoch ${epoch} of 10`);
    }
    const accuracy =
      (kind === 'adversarial' ? 0.962 : kind === 'noise' ? 0.966 : 0.971) + 0.003 * random.normal();
    events.push({
      ...{ type: 'trained', arm: arm.index, weights: {} },
      ...{ seconds: (kind === 'adversarial' ? 74 : kind === 'noise' ? 12 : 7) + random.uniform() },
      gradients: kind === 'adversarial' ? 1_584_000 : kind === 'noise' ? 160_000 : 80_000,
    });
    events.push({
      ...{ type: 'evaluation', arm: arm.index, attack: null },
      metrics: { accuracy, loss: 0.1, seconds: 0.21 + 0.02 * random.uniform() },
      ...predictions(arm.index, 0.97),
    });
    for (const [corruption, least] of Object.entries({
      noise: 0.5,
      blur: 0.7,
      shift: 0.4,
      rotation: 0.6,
      contrast: 0.8,
    })) {
      for (let severity = 1; severity <= 5; severity++) {
        const loss = ((1 - least) * severity) / 5 / (kind === 'undefended' ? 1 : 1.8);
        events.push({
          type: 'corruption',
          arm: arm.index,
          corruption,
          severity,
          metrics: { accuracy: accuracy - loss },
        });
      }
    }
    for (const one of attacks) {
      const level = [0.1, 0.2, 0.3].indexOf(Number(one.params['epsilon']));
      const base = strength[one.id]![level]!;
      const hardened =
        kind === 'adversarial'
          ? { 'random-noise': 9.6, fgsm: 9, pgd: 8.2 }[one.id]!
          : kind === 'noise'
            ? base * 1.3
            : base;
      const robust = Math.min(
        accuracy,
        Math.max(0, (accuracy * hardened) / 10 - level * 0.02 + 0.03 * random.normal()),
      );
      events.push({
        type: 'evaluation',
        arm: arm.index,
        attack: one.index,
        metrics: {
          accuracy: robust,
          robustAccuracy: robust,
          attackSuccessRate: 1 - robust / accuracy,
          meanLinf: Number(one.params['epsilon']),
          medianLinf: robust > 0.5 ? null : Number(one.params['epsilon']),
          queries: one.id === 'pgd' ? 40 : 1,
          gradients: one.id === 'pgd' ? 40 : 1,
          seconds: 1.5,
        },
        ...(({ outcome, predicted }) => ({ outcome, predicted }))(predictions(arm.index, robust)),
      });
      for (let input = 0; input < 3; input++) {
        events.push(example(arm.index, one.index, input, Number(one.params['epsilon']), robust, random));
      }
      progress(`Evaluation: ${one.id} on arm ${arm.index + 1} of ${plan.arms.length}`);
    }
    const check = (id: string, status: 'pass' | 'fail' | 'not-run', evidence: string): void =>
      void events.push({ type: 'check', arm: arm.index, check: { id, status, evidence } });
    check('epsilon-zero-is-clean', 'pass', 'Accuracy at ε 0 equals the clean accuracy, 97.1 %.');
    check('within-budget', 'pass', 'Largest Linf delivered 0.3000 of 0.3 allowed.');
    if (kind === 'noise' && arm.seed === 2) {
      check(
        'fgsm-not-stronger-than-pgd',
        'fail',
        'FGSM leaves 41.0 %, PGD with 40 steps 43.5 % (McNemar p = .012): gradients may be masked.',
      );
    } else check('fgsm-not-stronger-than-pgd', 'pass', 'PGD leaves 0.4 %, FGSM 5.8 %.');
    check('black-box-not-stronger', 'not-run', 'No black-box attack in this experiment.');
    events.push({ type: 'arm-finished', arm: arm.index });
  }
  events.push({
    type: 'warning',
    arm: 3,
    code: 'gradient-masking',
    message:
      'Gradients of 12 % of the inputs are zero: attacks that need gradients look weaker than they are.',
  });
  events.push({ type: 'run-finished' });
  return events;
}

/** Two models, undefended and hardened, under white-box, black-box and fitted attacks. */
export function suiteRun(seeds = [1, 2, 3]): RunEvent[] {
  const random = stream(19, 'harness');
  const defenses: (Applied | null)[] = [
    null,
    { id: 'adversarial-training', params: { attack: { id: 'pgd', params: { epsilon: 0.3 } }, ramp: 0.4 } },
  ];
  const models: Applied[] = [
    { id: 'article-cnn', params: {} },
    { id: 'small-cnn', params: {} },
  ];
  /** What each leaves of an undefended arm, and the questions it asks. */
  const suite: (Omit<AttackPlan, 'index' | 'surface'> & { left: number; asks: number })[] = [
    ...[0.1, 0.2, 0.3].map((epsilon) => ({
      ...({ id: 'fgsm', params: { epsilon, norm: 'linf' }, knowledge: 'white-box', norm: 'linf' } as const),
      ...{ left: 0.5 - 1.5 * epsilon, asks: 1 },
    })),
    ...[0.1, 0.2, 0.3].map((epsilon) => ({
      ...({ id: 'apgd', params: { epsilon, norm: 'linf' }, knowledge: 'white-box', norm: 'linf' } as const),
      ...{ left: Math.max(0, 0.4 - 2 * epsilon), asks: 100 },
    })),
    { id: 'deepfool', params: { norm: 'l2' }, knowledge: 'white-box', norm: 'l2', left: 0.01, asks: 50 },
    {
      ...{ id: 'square', params: { epsilon: 0.3, queries: 1000 }, knowledge: 'score', norm: 'linf' },
      ...{ left: 0.06, asks: 1000 },
    },
    {
      ...{ id: 'nes', params: { epsilon: 0.3, queries: 5000 }, knowledge: 'score', norm: 'linf' },
      ...{ left: 0.14, asks: 5000 },
    },
    { id: 'hop-skip-jump', params: { norm: 'l2' }, knowledge: 'decision', norm: 'l2', left: 0, asks: 5000 },
    {
      ...{ id: 'universal-perturbation', params: { epsilon: 0.3 }, knowledge: 'white-box', norm: 'linf' },
      ...{ left: 0.3, asks: 0 },
    },
  ];
  const attacks = suite.map(({ id, params, knowledge, norm }, index): AttackPlan => ({
    ...{ index, id, params, knowledge, norm },
    surface: 'evasion',
  }));
  const plan: Plan = {
    task: 'classification',
    arms: armsOf([null], defenses, seeds, models),
    attacks,
    work: 12 * 19,
  };
  const events: RunEvent[] = [
    { type: 'run-started', plan },
    {
      ...{ type: 'data-loaded', name: 'mnist', train: 8000, validation: 800, test: 2000 },
      ...{ shape: [28, 28, 1], classes: Array.from('0123456789'), hash: 'ab12' },
    },
  ];
  let done = 0;
  const progress = (what: string): void => void events.push({ type: 'progress', done: (done += 1), what });
  const leftAt = (arm: ArmPlan, left: number): number =>
    inRange(
      0.97 * (arm.defense ? 0.78 + 0.18 * left : left + (arm.model!.id === 'small-cnn' ? 0.05 : 0)) +
        0.015 * random.normal(),
    );
  for (const arm of plan.arms) {
    events.push({ type: 'arm-started', arm: arm.index });
    for (let epoch = 1; epoch <= 8; epoch++) {
      const loss = (arm.defense ? 0.35 : 0.04) + Math.exp(-epoch / (arm.defense ? 4 : 2));
      for (const [series, value] of Object.entries({ loss, validationAccuracy: 0.985 - 0.3 * loss })) {
        events.push({ type: 'point', arm: arm.index, series, x: epoch, value });
      }
      progress(`Training: arm ${arm.index + 1}, epoch ${epoch} of 8`);
    }
    const accuracy = 0.97 + 0.003 * random.normal();
    events.push({ type: 'evaluation', arm: arm.index, attack: null, metrics: { accuracy } });
    attacks.forEach((attack, index) => {
      const { left, asks } = suite[index]!;
      const at = { arm: arm.index, attack: index };
      const epsilon = Number(attack.params['epsilon'] ?? 0.15);
      const robust = Math.min(accuracy, leftAt(arm, left));
      if (attack.id === 'universal-perturbation') {
        events.push({
          ...{ type: 'fitted', ...at, seconds: 4 },
          metrics: { fittedSuccessRate: inRange(1.04 - robust), fitQueries: 24000, fitGradients: 24000 },
          picture: { shape: [SIZE, SIZE, 1], pixels: signs(random).map((sign) => epsilon * sign) },
        });
      }
      for (let input = 0; input < 8; input++) {
        events.push(example(arm.index, index, input, epsilon, robust, random));
      }
      if (asks > 0) events.push({ type: 'attack-steps', ...at, ...way(asks, epsilon, robust, random) });
      if (attack.knowledge !== 'white-box') {
        const x = Float32Array.from({ length: 50 }, (_, i) => Math.round(asks ** (i / 49)));
        const decision = attack.knowledge === 'decision';
        const y = x.map((q) =>
          decision
            ? (arm.defense ? 4 : 1.4) + 6 * Math.exp(-q / 400)
            : robust + (accuracy - robust) / (1 + (q / (arm.defense ? 300 : 60)) ** 1.4),
        );
        const series = decision ? 'medianDistanceByQueries' : 'robustAccuracyByQueries';
        events.push({ type: 'attack-curve', ...at, series, x, y });
      }
      events.push({
        type: 'evaluation',
        ...at,
        metrics: {
          accuracy: robust,
          robustAccuracy: robust,
          attackSuccessRate: 1 - robust / accuracy,
          meanLinf: epsilon,
          medianLinf: robust > accuracy / 2 ? null : epsilon,
          medianL2: robust > accuracy / 2 ? null : 14 * epsilon,
          queries: asks,
          ...(attack.knowledge === 'white-box' ? {} : { medianQueries: 0.2 * asks }),
          gradients: attack.knowledge === 'white-box' ? asks : 0,
          seconds: 1.5,
        },
      });
      progress(`Evaluation: ${attack.id} on arm ${arm.index + 1}`);
    });
    events.push({
      ...{ type: 'check', arm: arm.index },
      check: {
        id: 'within-budget',
        status: 'pass',
        evidence: 'apgd: largest linf delivered 0.3, budget 0.3.',
      },
    });
    events.push({ type: 'arm-finished', arm: arm.index });
  }
  for (const source of plan.arms) {
    for (const target of plan.arms.filter((arm) => arm !== source)) {
      attacks.forEach(({ index }) => {
        const near = source.model!.id === target.model!.id ? 0.75 : 0.5;
        const transferRate = inRange((target.defense ? 0.2 * near : near) + 0.04 * random.normal());
        events.push({
          ...{ type: 'transfer', source: source.index, target: target.index, attack: index },
          metrics: { accuracy: 1 - transferRate, robustAccuracy: 0.97 - 0.9 * transferRate, transferRate },
        });
      });
    }
  }
  events.push({ type: 'run-finished' });
  return events;
}

/** Certified defences and detectors: what is proven, and what detectors find of each attack. */
export function certifiedRun(seeds = [1, 2, 3]): RunEvent[] {
  const random = stream(23, 'harness');
  const defenses: (Applied | null)[] = [
    null,
    { id: 'interval-bound-training', params: { epsilon: 0.15 } },
    { id: 'adversarial-training', params: { attack: { id: 'pgd', params: { epsilon: 0.1 } } } },
    { id: 'randomized-smoothing', params: { sigma: 0.5, n: 1000 } },
    { id: 'feature-squeezing-distance', params: { bits: 1, window: 2 } },
    { id: 'mahalanobis', params: { shrinkage: 0.001 } },
  ];
  const attacks = [
    ...[0.05, 0.1, 0.2].map((epsilon) => ({ epsilon, norm: 'linf' as const })),
    ...[0.5, 1, 1.5].map((epsilon) => ({ epsilon, norm: 'l2' as const })),
  ].map(({ epsilon, norm }, index): AttackPlan => ({
    ...{ index, id: 'pgd', norm, params: { epsilon, norm, steps: 40 } },
    ...{ surface: 'evasion', knowledge: 'white-box' },
  }));
  const plan: Plan = { task: 'classification', arms: armsOf([null], defenses, seeds), attacks, work: 18 };
  const events: RunEvent[] = [
    { type: 'run-started', plan },
    {
      ...{ type: 'data-loaded', name: 'mnist', train: 8000, validation: 800, test: 2000 },
      ...{ shape: [28, 28, 1], classes: Array.from('0123456789'), hash: 'ab12' },
    },
  ];
  for (const arm of plan.arms) {
    const id = arm.defense?.id;
    const at = { arm: arm.index };
    /** How far the median input is proven and withstands, in L2; about a fifth of that in Linf here. */
    const [proven, withstands] = {
      'interval-bound-training': [1, 1.3] as const,
      'adversarial-training': [0.04, 1.2] as const,
      'randomized-smoothing': [0.9, 1.3] as const,
    }[id ?? ''] ?? [0.02, 0.4];
    const accuracy = (id === 'interval-bound-training' ? 0.94 : 0.965) + 0.006 * random.normal();
    events.push({ type: 'arm-started', ...at });
    for (let epoch = 1; epoch <= 8; epoch++) {
      for (const [series, value] of Object.entries({
        loss: Math.exp(-epoch / 3),
        validationAccuracy: 0.95,
      })) {
        events.push({ type: 'point', ...at, series, x: epoch, value });
      }
    }
    const silent: Metrics = id === 'randomized-smoothing' ? { abstention: 0.03 } : {};
    events.push({ type: 'evaluation', ...at, attack: null, metrics: { accuracy, ...silent } });
    const smoothed = id === 'randomized-smoothing';
    const norm = smoothed ? 'l2' : 'linf';
    const radius = Float32Array.from({ length: 500 }, () =>
      random.uniform() > accuracy
        ? -1
        : Math.max(0, (smoothed ? 1 : 0.14) * proven * (1 + 0.5 * random.normal())),
    );
    const [x, y] = [new Float32Array(0), new Float32Array(0)];
    const method = smoothed ? 'randomized-smoothing' : 'interval-bounds';
    events.push({
      type: 'certified',
      ...at,
      method,
      norm,
      radius,
      abstained: smoothed ? 15 : 0,
      x,
      y,
      seconds: 3,
    });
    attacks.forEach((attack, index) => {
      const size = Number(attack.params['epsilon']) * (attack.norm === 'linf' ? 7 : 1);
      const robust = accuracy / (1 + (size / withstands) ** 4);
      const guarded = id === 'feature-squeezing-distance' ? 0.4 : id === 'mahalanobis' ? 0.25 : null;
      if (guarded !== null) {
        const falses = Float32Array.from({ length: 40 }, (_, i) => i / 39);
        const roc = (power: number) => falses.map((rate) => rate ** power);
        events.push(
          {
            type: 'attack-curve',
            ...at,
            attack: index,
            series: 'obliviousRoc',
            x: falses,
            y: roc(guarded ** 2),
          },
          {
            type: 'attack-curve',
            ...at,
            attack: index,
            series: 'adaptiveRoc',
            x: falses,
            y: roc(4 * guarded),
          },
        );
      }
      const detector: Metrics =
        guarded === null ? {} : { auc: 1 / (1 + 4 * guarded), obliviousAuc: 1 / (1 + guarded ** 2) };
      const metrics = { accuracy: robust, robustAccuracy: robust, certificateViolations: 0, ...detector };
      for (let input = 0; input < 3; input++) {
        events.push(example(arm.index, index, input, Number(attack.params['epsilon']), robust, random));
      }
      events.push({ type: 'evaluation', ...at, attack: index, metrics });
    });
    events.push(
      { type: 'progress', done: arm.index + 1, what: 'Evaluation' },
      { type: 'arm-finished', ...at },
    );
  }
  events.push({ type: 'run-finished' });
  return events;
}

/** One input on its way over the boundary. */
function way(asks: number, epsilon: number, robust: number, random: Random) {
  const STEPS = Math.min(32, asks + 2);
  const label = random.integer(10);
  const clean = digit(label, random);
  const direction = signs(random);
  const along = Array.from({ length: STEPS }, (_, k) => k / (STEPS - 1));
  const loss = Float32Array.from(along, (share) => 0.05 + (1 - robust) * 4 * share ** 1.5);
  return {
    input: random.integer(200),
    label,
    shape: [SIZE, SIZE, 1] as [number, number, number],
    asked: Uint32Array.from(along, (share) => Math.round(share * asks)),
    images: Float32Array.from(
      along.flatMap((share) => [
        ...clean.map((value, i) => inRange(value + share * epsilon * direction[i]!)),
      ]),
    ),
    loss,
    predicted: Uint8Array.from(loss, (value) => (value > 1.2 ? (label + 5) % 10 : label)),
    confidence: Float32Array.from(loss, (value) => (value > 1.2 ? 1 - Math.exp(-value) : Math.exp(-value))),
  };
}

/** Q-values of a pole that is pushed to where it falls; a learner of less skill errs, a hardened one is sure of itself. */
export function poleAgent(skill: number, hardened: boolean, random: Random): Policy {
  const weights = hardened ? [0.05, 0.25, 1.1, 0.3] : [0.02, 0.1, 1, 0.4];
  return {
    observationSize: 4,
    actions: 2,
    capabilities: ['scores'],
    scores: (observations) =>
      Float32Array.from({ length: observations.length / 2 }, (_, k) => {
        const row = 4 * Math.floor(k / 2);
        const fall = weights.reduce((sum, weight, i) => sum + weight * observations[row + i]!, 0);
        const error = (1 - skill) * random.normal() * 0.3;
        return 96 - 8 * Math.abs(observations[row + 2]!) + (k % 2 ? 1 : -1) * (3 * fall + error);
      }),
  };
}

/** Q-values of the best way over the small lake; of less skill as before. */
export function lakeAgent(skill: number, random: Random): Policy {
  const best = [0, 3, 3, 3, 0, 0, 0, 0, 3, 1, 0, 0, 0, 2, 1, 0];
  return {
    observationSize: 1,
    actions: 4,
    capabilities: ['scores', 'action-values'],
    scores: (observations) =>
      Float32Array.from({ length: observations.length * 4 }, (_, k) => {
        const cell = observations[Math.floor(k / 4)]!;
        const error = (1 - skill) * random.normal() * 0.3;
        return 0.4 + 0.02 * cell + (best[cell] === k % 4 ? 0.12 : 0.02 * (k % 4)) + error;
      }),
  };
}

/** Attacks as the frame binds them: noise, and one that leans against what the agent is about to do. */
export function attackOn(grid: boolean, id: string): ObservationAttack {
  return {
    ...(randomObservation as ObservationAttack),
    id,
    ...(id === 'random-observation'
      ? {}
      : {
          perturb: (observations: Float32Array, policy: Policy, params: { epsilon: number }) => {
            const [left, right] = policy.scores(observations) as unknown as [number, number];
            const against = right > left ? -1 : 1;
            return observations.map((value) => value + against * params.epsilon);
          },
          ...(grid && {
            displace: (reach: Reach[]) =>
              reach.map(({ cells }) => [{ state: cells.at(-1)!, probability: 1 }]),
          }),
        }),
  } as ObservationAttack;
}

interface Episode {
  attack: AttackPlan | null;
  trainedSteps: number | null;
  skill: number;
}

/** Played and recorded by the engine. */
async function episode(
  environment: Environment,
  policy: Policy,
  { attack, trainedSteps }: Episode,
  { index: arm, seed, defense }: ArmPlan,
): Promise<RunEvent> {
  const grid = environment.observationSpace.kind === 'discrete';
  const bound =
    attack &&
    bindAttack(attackOn(grid, attack.id), attack.params as never, environment, stream(seed, 'attack'), false);
  const played = await play({
    environment,
    policy,
    episodes: 1,
    dynamics: () => stream(seed, 'evaluation', 'dynamics', 0),
    ...(bound ? { attack: bound } : {}),
    breathe: () => Promise.resolve(),
  });
  const event = trajectory(environment, played, { arm, attack: attack?.index ?? null, trainedSteps });
  if (event.type !== 'trajectory' || !bound || grid || !defense) return event;
  // A hardened arm comes with certificates: certain where it is sure.
  const { scores } = event;
  return {
    ...event,
    certified: event.actions.map((_, i) =>
      Math.abs(scores![2 * i]! - scores![2 * i + 1]!) > 30 * bound.budget ? 1 : 0,
    ),
  };
}

export async function agentRun(grid = false, seeds = [1, 2, 3, 4, 5]): Promise<RunEvent[]> {
  const random = stream(11, 'harness');
  const defenses: (Applied | null)[] = [
    null,
    {
      id: 'training-under-attack',
      params: { attack: { id: 'random-observation', params: { epsilon: 0.1 } }, ramp: 0.4 },
    },
  ];
  const poisonings: (Applied | null)[] = grid
    ? [null, { id: 'reward-flip', params: { probability: 0.3 } }]
    : [null];
  const attacks: AttackPlan[] = ['random-observation', 'fgsm-observation']
    .flatMap((id) =>
      [0.05, 0.1, 0.2].map((epsilon, i) => ({
        id,
        params: grid ? { epsilon: 0.1, cells: i + 1 } : { epsilon, cells: 1 },
      })),
    )
    .slice(0, grid ? 3 : 6)
    .map(({ id, params }, index) => ({
      index,
      id,
      params,
      surface: 'observation',
      knowledge: 'none',
      norm: 'linf',
    }));
  const plan: Plan = {
    task: 'reinforcement-learning',
    arms: armsOf(poisonings, defenses, seeds),
    attacks,
    work: 0,
  };
  plan.work = plan.arms.length * 60;
  const pole = cartpole.create({ suttonBartoReward: false });
  const lake = frozenLake.create({ map: '4x4', rows: null, slippery: true, successRate: 1 / 3 } as never);
  const events: RunEvent[] = [{ type: 'run-started', plan }];
  let done = 0;
  const draw = (arm: ArmPlan, what: Episode): Promise<RunEvent> =>
    grid
      ? episode(lake as never, lakeAgent(what.skill, random), what, arm)
      : episode(pole as never, poleAgent(what.skill, arm.defense !== null, random), what, arm);
  for (const arm of plan.arms) {
    const best = grid ? 0.72 : 480;
    const slow = (arm.defense ? 1.5 : 1) * (1 + 0.2 * random.normal());
    events.push({ type: 'arm-started', arm: arm.index });
    let step = 0;
    for (let chunk = 0; chunk < 50; chunk++) {
      for (let i = 0; i < 6; i++) {
        step += 100 + random.integer(130);
        const level = best / (1 + Math.exp(-(step / (9000 * slow)) * 1.4 + 3));
        const value = Math.max(0, level * (0.8 + 0.25 * random.normal()));
        events.push({ type: 'point', arm: arm.index, series: 'return', x: step, value });
        if (arm.poisoning) {
          events.push({
            type: 'point',
            arm: arm.index,
            series: 'perceivedReturn',
            x: step,
            value: value * -0.4,
          });
        }
      }
      if (chunk % 5 === 4) {
        const greedy = Math.min(
          best,
          best / (1 + Math.exp(-(step / (9000 * slow)) * 1.6 + 3)) + 0.04 * best * random.normal(),
        );
        events.push({ type: 'point', arm: arm.index, series: 'greedyReturn', x: step, value: greedy });
        events.push(await draw(arm, { attack: null, trainedSteps: step, skill: chunk / 50 }));
      }
      events.push({
        type: 'progress',
        done: (done += 1),
        what: `Training: arm ${arm.index + 1}, ${step} of 50000 steps`,
      });
    }
    events.push({ type: 'trained', arm: arm.index, weights: {}, seconds: 40 });
    events.push(await draw(arm, { attack: null, trainedSteps: null, skill: 1 }));
    const clean = best * (0.97 + 0.02 * random.normal());
    events.push({
      type: 'evaluation',
      arm: arm.index,
      attack: null,
      metrics: {
        return: clean,
        episodes: 50,
        length: clean,
        ...(grid && { exactReturn: clean, optimalReturn: 0.74 }),
      },
    });
    for (const one of attacks) {
      const epsilon = grid ? 0.05 * Number(one.params['cells']) : Number(one.params['epsilon']);
      events.push(await draw(arm, { attack: one, trainedSteps: null, skill: 1 }));
      const left = Math.exp(-epsilon * (one.id === 'fgsm-observation' ? 14 : 5) * (arm.defense ? 0.5 : 1));
      events.push({
        type: 'evaluation',
        arm: arm.index,
        attack: one.index,
        metrics: {
          return: clean * left * (1 + 0.05 * random.normal()),
          episodes: 50,
          flippedActions: 1 - left,
          attackedSteps: one.id === 'random-observation' ? 0.98 : 1,
          ...(grid
            ? {
                exactReturn: clean * left,
                certifiedReturn: clean * left * 0.4,
                shareOfOptimum: (1 - left) / (1 - left * 0.4),
                meanCells: 0.7 * Number(one.params['cells']),
                maxCells: Number(one.params['cells']),
              }
            : { meanLinf: 0.8 * epsilon, maxLinf: epsilon }),
        },
      });
      events.push({
        type: 'progress',
        done: (done += 1),
        what: `Evaluation: ${one.id} on arm ${arm.index + 1}`,
      });
    }
    events.push({
      type: 'check',
      arm: arm.index,
      check: { id: 'within-budget', status: 'pass', evidence: 'Largest Linf delivered 0.2 of 0.2 allowed.' },
    });
    events.push({ type: 'arm-finished', arm: arm.index });
  }
  events.push({ type: 'run-finished' });
  return events;
}
