/** What is proven of an arm's model, told once, and held against every attack that follows. */
import type { Split } from '../contract/dataset';
import {
  ABSTAINED,
  REJECTED,
  type ArmPlan,
  type AttackPlan,
  type Check,
  type Metrics,
  type RunEvent,
} from '../contract/events';
import type { Experiment } from '../contract/experiment';
import type { AnyParams } from '../contract/params';
import type { ArmContext } from './context';
import type { Certificates, FeatureTarget } from './definitions';
import type { AttackResult } from './evaluate';
import { provenRadii } from './interval';
import { distanceIn } from './norms';
import { defenseById } from './registry';
import { sizeOf } from './splits';

/** Points of a curve of certified accuracy. */
const POINTS = 65;
/** A forward pass costs about 0.3 of a training step. */
const PASS = 0.3;
const INTERVAL = { method: 'interval-bounds', norm: 'linf' } as const;
/** Bounds of one input cost about this many passes: centre, radius and magnitude at every halving. */
const INTERVAL_PASSES = 40;

const certifiedBy = ({ defense }: Pick<ArmPlan, 'defense'>) => {
  const definition = defense && defenseById(defense.id);
  return definition?.stage === 'certified' ? definition : null;
};

/** Whether something is to be proven of every network: where one of the experiment's defences is made for it. */
const wanted = ({ defenses }: Experiment): boolean =>
  defenses.some(({ id }) => defenseById(id).stage === 'certified');

export function certificateWork(experiment: Experiment, arm: ArmPlan): number {
  if (!wanted(experiment)) return 0;
  const passes = certifiedBy(arm)?.certificateCost(arm.defense!.params as AnyParams) ?? INTERVAL_PASSES;
  return (PASS * passes * experiment.evaluation.samples) / experiment.training.batchSize;
}

export type Certified = Extract<RunEvent, { type: 'certified' }>;

/**
 * What is proven of the inputs: by the arm's own defence, else by interval bounds of its network. Null where nobody asked, and
 * where a transformation stands in front of the network, which bounds do not pass.
 */
export async function certify(
  experiment: Experiment,
  network: FeatureTarget | undefined,
  test: Split,
  context: ArmContext,
): Promise<Certified | null> {
  const { arm } = context;
  if (!network || !wanted(experiment)) return null;
  if (arm.defense && defenseById(arm.defense.id).stage === 'preprocessing') return null;
  const started = context.now();
  const own = certifiedBy(arm);
  const found: Certificates = own
    ? await own.certify(network, test, arm.defense!.params as AnyParams, context.for('certificates'))
    : { ...INTERVAL, radius: await provenRadii(network.network, test, context), abstained: 0 };
  context.worked(certificateWork(experiment, arm), `proving what holds of ${sizeOf(test)} test images`);
  const curve = curveOf(found.radius);
  return { type: 'certified', arm: arm.index, ...found, ...curve, seconds: context.now() - started };
}

const shareWithin = (radius: Float32Array, size: number): number =>
  radius.filter((proven) => proven >= size).length / radius.length;

/** Certified accuracy at evenly spaced radii, up to the largest that is proven of any input. */
function curveOf(radius: Float32Array): Pick<Certified, 'x' | 'y'> {
  const most = Math.max(0, ...radius);
  const x = Float32Array.from({ length: most > 0 ? POINTS : 1 }, (_, i) => (most * i) / (POINTS - 1));
  return { x, y: x.map((size) => shareWithin(radius, size)) };
}

/** Metrics of an attack beside what is proven: the certified accuracy within its budget, and proofs that it broke. */
export function againstCertificates(
  { norm, radius }: Certified,
  attack: AttackPlan,
  budget: number,
  test: Split,
  { adversarial, after }: Pick<AttackResult, 'adversarial' | 'after'>,
): Metrics {
  const size = test.images.length / sizeOf(test);
  const wrong = (i: number): boolean => ![test.labels[i], ABSTAINED, REJECTED].includes(after.labels[i]!);
  const broken = Array.from(radius.keys()).filter(
    (i) => wrong(i) && distanceIn(norm, test.images, adversarial, i * size, size) <= radius[i]!,
  );
  return {
    ...(attack.norm === norm && Number.isFinite(budget)
      ? { certifiedAccuracy: shareWithin(radius, budget) }
      : {}),
    certificateViolations: broken.length,
  };
}

/** Fails when an attack turned an input within the radius that was proven for it. */
export const certificateHolds = (
  attack: AttackPlan,
  { norm, radius }: Certified,
  metrics: Metrics,
): Check => ({
  id: 'certificates-hold',
  status: metrics.certificateViolations === 0 ? 'pass' : 'fail',
  evidence: `${attack.id}: ${metrics.certificateViolations} of ${radius.filter((proven) => proven >= 0).length} inputs got a wrong class within the ${norm} radius proven for them.`,
});
