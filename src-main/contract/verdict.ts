/**
 * Whether a defence's numbers may be believed, and whether it is robust: from the checks of its arms and from what attacks
 * did to the same inputs. Each check, its threshold and its paper: docs/verdict.md.
 */
import type { AttackPlan, Check } from './events';
import type { ArmState } from './fold';
import { isPrivacy } from './privacy';
import { beats, meanInterval, pairedEvidence } from './statistics';

export interface Verdict {
  /** The number is believable: some check ran and none failed. */
  holds: boolean;
  /** No check failed, and the worst case lies above the undefended arm's by more than the interval and than chance. */
  robust: boolean;
  /** Failed checks that are signs of gradient masking, by id. */
  gradientMasking: string[];
  /** The verdict in a sentence or two. */
  text: string;
  checks: Check[];
}

/** Signs that gradients are hidden rather than robustness won (Athalye, Carlini, Wagner 2018, arXiv:1802.00420). */
const MASKING: Record<string, string> = {
  'zero-gradients': 'inputs without a gradient',
  'black-box-not-stronger': 'a black-box attack is stronger than the gradient attacks',
  'random-noise-weakest': 'random noise is stronger than a gradient attack',
  'fgsm-not-stronger-than-pgd': 'one step is stronger than many',
  'huge-epsilon-breaks': 'an unbounded attack does not break it',
  'adaptive-not-weaker': 'an attacker who knows of the defence is the weaker one',
};

export const failedChecks = ({ checks }: Pick<Verdict, 'checks'>): string[] =>
  checks.filter(({ status }) => status === 'fail').map(({ id }) => id);

/** Fewer seeds than this give no interval worth the name. */
const ENOUGH_SEEDS = 3;

/** A gain of less is not called robust, however sure it is: two inputs of a hundred saved from an attack that takes all. */
const LEAST_GAIN = 0.05;

/** Right before and after an attack. */
const STOOD = 3;

/**
 * The attacks that a worst case is taken over. One on images that has no epsilon goes as far as it must: that it succeeds
 * is told of no model, and by its distance. Where there are no others, it counts.
 */
export function decisive(attacks: readonly AttackPlan[]): (attack: number) => boolean {
  const onImages = attacks.filter(({ surface }) => surface === 'evasion');
  const endless = onImages.filter(({ params }) => !('epsilon' in params));
  return endless.length < onImages.length ? (attack) => !endless.includes(attacks[attack]!) : () => true;
}

/** Per input: right before and after every one of these attacks evaluated so far; null when outcomes were not recorded. */
export function standing(arm: ArmState, counts: (attack: number) => boolean): boolean[] | null {
  const outcomes = arm.attacks.flatMap((evaluation, i) => (counts(i) ? (evaluation?.outcome ?? []) : []));
  if (outcomes.length === 0) return null;
  return Array.from(outcomes[0]!, (_, i) => outcomes.every((outcome) => outcome[i] === STOOD));
}

/** Share of inputs that stand every one of these attacks; of agents the lowest mean return under any. */
export function worstCase(arm: ArmState, counts: (attack: number) => boolean): number | null {
  const inputs = standing(arm, counts);
  if (inputs) return inputs.filter(Boolean).length / inputs.length;
  const returns = arm.attacks.flatMap((evaluation, i) =>
    counts(i) ? (evaluation?.metrics.return ?? []) : [],
  );
  return returns.length ? Math.min(...returns) : null;
}

/** The verdict of a family of arms: those that differ in their seed alone. */
export function verdict(arms: ArmState[], undefended: ArmState[], attacks: AttackPlan[]): Verdict {
  const measured = merge(
    arms.flatMap((arm) => arm.checks.map((check) => ({ ...check, seed: arm.plan.seed }))),
  );
  const compared = [
    comparison('fgsm-not-stronger-than-pgd', 'every', arms, attacks, isFgsm, isIterated),
    comparison('black-box-not-stronger', 'best', arms, attacks, isBlackBox, isWhiteBox),
    // Agents' returns have no paired test: one gradient attack may well be worse than noise by chance.
    attacks.some((attack) => attack.surface === 'evasion' && isInformed(attack))
      ? comparison('random-noise-weakest', 'every', arms, attacks, isNoise, isInformed)
      : comparison('random-noise-weakest', 'best', arms, attacks, isNoise, (attack) => !isNoise(attack)),
  ];
  // Where the experiment has nothing to compare, a check of the same name may have made it.
  const made = (id: string) => measured.some((check) => check.id === id);
  const comparable = compared.filter(({ id, status }) => status !== 'not-run' || !made(id));
  const checks = [
    ...measured.filter(({ id }) => !comparable.some((check) => check.id === id)),
    ...comparable,
    severalSeeds(arms),
  ];
  const failed = failedChecks({ checks });
  const ran = checks.some(({ status }) => status !== 'not-run');
  const gradientMasking = failed.filter((id) => id in MASKING);
  const counts = decisive(attacks);
  const above = isAbove(arms, undefended, counts);
  const robust = failed.length === 0 && above;
  return {
    holds: ran && failed.length === 0,
    robust,
    gradientMasking,
    text: inWords({
      failed,
      gradientMasking,
      ran,
      robust,
      above,
      isDefended: !arms.every((arm) => undefended.includes(arm)),
      isAgent: arms.every((arm) => standing(arm, counts) === null),
      seeds: arms.length,
      tried: !attacks.every(isPrivacy),
      asksPrivacy: attacks.some(isPrivacy),
    }),
    checks,
  };
}

function inWords(found: {
  failed: string[];
  gradientMasking: string[];
  ran: boolean;
  robust: boolean;
  above: boolean;
  isDefended: boolean;
  /** Returns are neither shares nor paired. */
  isAgent: boolean;
  seeds: number;
  /** Some attack tries what the model withstands. */
  tried: boolean;
  asksPrivacy: boolean;
}): string {
  const { failed, gradientMasking, ran, robust, above, isDefended, isAgent, seeds } = found;
  if (gradientMasking.length > 0) {
    const signs = gradientMasking.map((id) => MASKING[id]!).join('; ');
    const consequence = above
      ? 'The number is too high: the gradient attacks were misled.'
      : 'What the gradient attacks report is too high.';
    return `Not robust as far as shown: gradient masking (${signs}). ${consequence}`;
  }
  if (failed.length > 0) return `The number does not hold: ${failed.join(', ')} failed.`;
  if (!ran) return 'Not checked.';
  const holds = 'No check that ran failed.';
  if (!isDefended) return `${holds} Undefended: what the defences are measured by.`;
  if (!found.tried) {
    return found.asksPrivacy
      ? `${holds} What it gives away is told by numbers: no attack here tried its robustness.`
      : `${holds} No attack here tried its robustness.`;
  }
  const rival = isAgent ? 'agent’s' : 'model’s';
  if (robust)
    return `${holds} Robust: its worst case lies above the undefended ${rival} by more than the interval.`;
  if (isAgent && seeds === 1) return `${holds} Not shown to be robust: one seed has no interval.`;
  const gain = isAgent ? 'the interval' : `the interval and ${100 * LEAST_GAIN} points`;
  return `${holds} Not robust: its worst case does not lie above the undefended ${rival} by more than ${gain}.`;
}

function severalSeeds(arms: ArmState[]): Check {
  const enough = arms.length >= ENOUGH_SEEDS;
  const trained = arms[0]!.trainedSeconds !== null;
  return {
    id: 'several-seeds',
    status: trained && enough ? 'pass' : 'not-run',
    evidence: !trained
      ? 'The model came trained: there is one of it.'
      : enough
        ? `Over ${arms.length} seeds, with intervals.`
        : `${arms.length === 1 ? 'One seed says' : 'Two seeds say'} nothing of the spread: run ${ENOUGH_SEEDS} or more.`,
  };
}

type Kind = (attack: AttackPlan) => boolean;
const isFgsm: Kind = ({ id }) => id === 'fgsm';
const isIterated: Kind = ({ id }) => ['pgd', 'i-fgsm', 'mi-fgsm', 'apgd'].includes(id);
const isBlackBox: Kind = ({ knowledge }) => ['score', 'decision', 'transfer'].includes(knowledge);
// The worst case has a black-box attack among its members, behind which the others could hide.
const isWhiteBox: Kind = ({ id, knowledge }) => knowledge === 'white-box' && id !== 'worst-case';
const isNoise: Kind = ({ knowledge }) => knowledge === 'none';
// What was fitted to other inputs knows nothing of these ones, and may be the weaker of the two.
const isInformed: Kind = ({ id, knowledge }) => knowledge === 'white-box' && id !== 'universal-perturbation';

/** One line a check id: it fails when it failed for any seed or attack, and says where. */
function merge(checks: (Check & { seed: number })[]): Check[] {
  return [...new Set(checks.map(({ id }) => id))].map((id) => {
    const same = checks.filter((check) => check.id === id);
    const status =
      (['fail', 'pass'] as const).find((wanted) => same.some((check) => check.status === wanted)) ??
      'not-run';
    const told = same.filter((check) => check.status === status);
    const rest = told.length > 1 ? ` (and ${told.length - 1} more like it)` : '';
    return { id, status, evidence: `Seed ${told[0]!.seed}: ${told[0]!.evidence}${rest}` };
  });
}

/** An attack without a budget goes as far as it must: that it succeeds says nothing beside another. */
function sameBudget(a: AttackPlan, b: AttackPlan): boolean {
  if (!('epsilon' in a.params || 'cells' in a.params)) return false;
  const same = (name: string): boolean => a.params[name] === b.params[name];
  // Attacks on agents have an epsilon for boxes and cells for grids; those that know one of them alone lack the other.
  if ('epsilon' in a.params !== 'epsilon' in b.params) return a.params.cells !== undefined && same('cells');
  const bothDisplace = 'cells' in a.params && 'cells' in b.params;
  return a.norm === b.norm && ['epsilon', 'unit', 'goal', ...(bothDisplace ? ['cells'] : [])].every(same);
}

/** What an attack leaves of an arm, the fewer the stronger; null where it was not evaluated. */
function left(arm: ArmState, { index }: AttackPlan): number | null {
  const metrics = arm.attacks[index]?.metrics;
  return metrics?.robustAccuracy ?? metrics?.exactReturn ?? metrics?.return ?? null;
}

/**
 * Fails when a `weaker` attack beats a `stronger` one of the same norm and budget: the best of them, or any. Classifiers: the
 * exact McNemar test over paired inputs gives p < .05. Agents: its mean return is the lower one.
 */
function comparison(
  id: string,
  against: 'best' | 'every',
  arms: ArmState[],
  attacks: AttackPlan[],
  weaker: Kind,
  stronger: Kind,
): Check {
  const findings = arms.flatMap((arm) =>
    attacks.filter(weaker).flatMap((weak) => {
      if (left(arm, weak) === null) return [];
      const rivals = attacks
        .filter(
          (rival) =>
            rival !== weak && stronger(rival) && sameBudget(rival, weak) && left(arm, rival) !== null,
        )
        .sort((a, b) => left(arm, a)! - left(arm, b)!);
      return rivals.slice(0, against === 'best' ? 1 : undefined).map((rival) => compare(arm, weak, rival));
    }),
  );
  if (findings.length === 0) {
    return {
      id,
      status: 'not-run',
      evidence: 'The experiment has no two attacks of one norm and budget to compare here.',
    };
  }
  const failed = findings.filter((finding) => finding.failed);
  const told = failed[0] ?? findings[0]!;
  return {
    id,
    status: failed.length ? 'fail' : 'pass',
    evidence: `${told.evidence} (${findings.length} compared, ${failed.length} failed)`,
  };
}

function compare(arm: ArmState, weak: AttackPlan, rival: AttackPlan): { failed: boolean; evidence: string } {
  const [a, b] = [arm.attacks[weak.index]!, arm.attacks[rival.index]!];
  const name = a.metrics.meanCells === undefined ? 'epsilon' : 'cells';
  const budget = typeof weak.params[name] === 'number' ? ` at ${name} ${weak.params[name]}` : '';
  const seed = `Seed ${arm.plan.seed}${budget}`;
  if (!a.outcome || !b.outcome) {
    const [weakLeft, rivalLeft] = [left(arm, weak)!, left(arm, rival)!];
    return {
      // Exact returns of equally strong attacks may differ in the last bits.
      failed: rivalLeft - weakLeft > 1e-9 * Math.abs(rivalLeft),
      evidence: `${seed}: return ${weakLeft.toFixed(2)} under ${weak.id}, ${rivalLeft.toFixed(2)} under ${rival.id}`,
    };
  }
  const stood = ({ outcome }: { outcome: Uint8Array | null }) =>
    Array.from(outcome!, (value) => value === STOOD);
  const result = beats(stood(a), stood(b));
  return { failed: result.beats, evidence: `${seed}: ${pairedEvidence(weak.id, rival.id, result)}` };
}

/** Whether the worst case lies above the undefended arms' by more than the interval, seeds (or, with one, inputs) paired. */
function isAbove(arms: ArmState[], undefended: ArmState[], counts: (attack: number) => boolean): boolean {
  const pairs = arms.flatMap((arm) => {
    const rival = undefended.find((other) => other.plan.seed === arm.plan.seed);
    return rival && rival !== arm && rival.clean ? [{ arm, rival }] : [];
  });
  const gains = pairs.flatMap(({ arm, rival }) => {
    const [a, b] = [worstCase(arm, counts), worstCase(rival, counts)];
    return a === null || b === null ? [] : [a - b];
  });
  const gain = meanInterval(gains);
  const [one] = pairs;
  const [a, b] = [one && standing(one.arm, counts), one && standing(one.rival, counts)];
  // Returns have no scale of their own, so that a least gain cannot be named.
  if (!gain || (a && gain.mean < LEAST_GAIN)) return false;
  if (pairs.length === 1) return Boolean(a && b && beats(b, a).beats);
  return gain.low !== null && gain.low > 0;
}
