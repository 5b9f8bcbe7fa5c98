/**
 * What the membership attacks have in common. An attack's author says how much each candidate looks like one that was trained
 * on; here the candidates are put together, refused where they overlap, and the suspicions are measured.
 */
import type { Split } from '../../contract/dataset';
import type { ParamsOf, ParamSpecs } from '../../contract/params';
import { LabError } from '../../contract/problem';
import {
  definePrivacyAttack,
  type Finding,
  type PrivacyAttack,
  type PrivacyContext,
  type PrivacyKnowledge,
  type Shares,
  type Target,
} from '../definitions';
import { rocOf } from '../roc';
import { concatenated, sizeOf } from '../splits';

interface Membership<P extends ParamSpecs> extends Omit<
  PrivacyAttack<P>,
  'kind' | 'surface' | 'check' | 'infer'
> {
  /** One number a candidate, the higher the more it looks like a member. Labels are true. */
  suspect(
    target: Target,
    candidates: Split,
    knowledge: PrivacyKnowledge,
    params: ParamsOf<P>,
    context: PrivacyContext,
  ): Promise<Float32Array>;
  /** Of each side the first so many, where not all are asked about. */
  candidates?(params: ParamsOf<P>): number;
  /** Throws LabError for what these images do not allow, beside what no membership attack can do with. */
  allows?(shares: Shares, params: ParamsOf<P>): void;
}

/** An attack that says who was trained on. */
export const defineMembershipAttack = <const P extends ParamSpecs>({
  suspect,
  candidates: most = () => Infinity,
  allows,
  ...rest
}: Membership<P>): PrivacyAttack<P> =>
  definePrivacyAttack<P>({
    ...rest,
    check(shares, params) {
      refuseOverlap(...sidesOf(shares, most(params)));
      allows?.(shares, params);
    },
    async infer(target, knowledge, params, context) {
      const [members, nonMembers] = sidesOf(knowledge, most(params));
      const candidates = concatenated(members, nonMembers);
      const scores = await suspect(target, candidates, knowledge, params, context);
      return membershipFinding(scores.slice(0, sizeOf(members)), scores.slice(sizeOf(members)));
    },
  });

const sidesOf = ({ members, nonMembers }: Shares, most: number): [Split, Split] => [
  firstOf(members, most),
  firstOf(nonMembers, most),
];

function firstOf({ images, labels }: Split, most: number): Split {
  const n = Math.min(most, labels.length);
  return { images: images.subarray(0, (n * images.length) / labels.length), labels: labels.subarray(0, n) };
}

/** @throws LabError for a side without images, and for an image on both sides, which nothing could tell apart */
export function refuseOverlap(members: Split, nonMembers: Split): void {
  if (sizeOf(members) === 0 || sizeOf(nonMembers) === 0) {
    throw new LabError(
      'dataset',
      `membership needs images that were trained on and ones that were not, found ${sizeOf(members)} and ${sizeOf(nonMembers)}`,
      'Give training and test files.',
    );
  }
  const size = members.images.length / sizeOf(members);
  // A character a byte: many times as fast as the numbers written out.
  const keyOf = ({ images: { buffer, byteOffset } }: Split, i: number) =>
    Buffer.from(buffer, byteOffset + 4 * i * size, 4 * size).toString('latin1');
  const known = new Map(Array.from(members.labels.keys(), (i) => [keyOf(members, i), i]));
  for (const i of nonMembers.labels.keys()) {
    const twin = known.get(keyOf(nonMembers, i));
    if (twin === undefined) continue;
    throw new LabError(
      'dataset',
      `test image ${i} is training image ${twin}: members and non-members overlap`,
      'Remove duplicates from the test files, or draw them from other images.',
    );
  }
}

/** False-positive rates a ROC is told at: nothing, all, and as fine as its log axis shows between. */
const RATES = [0, ...Array.from({ length: 121 }, (_, i) => 10 ** (-4 + i / 30))];

/** Fewest non-members by which a rate of 0.1 % can be told: ten of them lie above the threshold. */
const ENOUGH_FOR_TENTH = 10_000;

/** ROC and its numbers, from the suspicions of members and of non-members. */
export function membershipFinding(members: Float32Array, nonMembers: Float32Array): Finding {
  const roc = rocOf(nonMembers, members);
  // The ROC's rates are float32: so is the one they are compared with.
  const tprAt = (rate: number) => roc.y[roc.x.filter((x) => x <= Math.fround(rate)).length - 1]!;
  const { tpr, fpr } = foreseen(members, nonMembers);
  const advantage = tpr - fpr;
  const deviation = Math.sqrt((tpr * (1 - tpr)) / members.length + (fpr * (1 - fpr)) / nonMembers.length);
  return {
    metrics: {
      auc: roc.auc,
      tprAt1PercentFpr: tprAt(0.01),
      ...(nonMembers.length >= ENOUGH_FOR_TENTH ? { tprAtTenthPercentFpr: tprAt(0.001) } : {}),
      balancedAccuracy: (1 + advantage) / 2,
      baseRate: members.length / (members.length + nonMembers.length),
      membershipAdvantage: advantage,
      advantageLow: advantage - 1.96 * deviation,
      advantageHigh: advantage + 1.96 * deviation,
    },
    curves: [{ series: 'membershipRoc', x: RATES, y: RATES.map(tprAt) }],
  };
}

/**
 * True- and false-positive rate at a threshold that was not chosen by the same answers: each half of the candidates (every
 * second one) is judged by the threshold that is best on the other half, so that a model that gives nothing away has an
 * advantage around 0 and not above it.
 */
function foreseen(members: Float32Array, nonMembers: Float32Array): { tpr: number; fpr: number } {
  const half = (scores: Float32Array, parity: number) => scores.filter((_, i) => i % 2 === parity);
  let [trues, falses] = [0, 0];
  for (const parity of [0, 1]) {
    const threshold = bestThreshold(half(members, 1 - parity), half(nonMembers, 1 - parity));
    trues += half(members, parity).filter((score) => score > threshold).length;
    falses += half(nonMembers, parity).filter((score) => score > threshold).length;
  }
  return { tpr: trues / members.length, fpr: falses / nonMembers.length };
}

/** The score above which true-positive minus false-positive rate is largest; of equals the highest. */
function bestThreshold(members: Float32Array, nonMembers: Float32Array): number {
  const all = [
    ...Array.from(members, (score) => ({ score, gain: 1 / members.length })),
    ...Array.from(nonMembers, (score) => ({ score, gain: -1 / nonMembers.length })),
  ].sort((a, b) => b.score - a.score);
  let [best, threshold, gained] = [0, Infinity, 0];
  all.forEach(({ score, gain }, i) => {
    gained += gain;
    // Scores that are equal pass together.
    const below = all[i + 1]?.score ?? -Infinity;
    if (below < score && gained > best + 1e-12) [best, threshold] = [gained, below];
  });
  return threshold;
}
