/** What a session says in the end: metrics of every arm, means over seeds, and a verdict from its checks. */
import type { Norm } from './catalog';
import { certifiedAccuracy, certifiedRadii } from './certified';
import type { AttackPlan, Check, Metrics } from './events';
import type { ArmState, Certified, RunState } from './fold';
import type { Applied } from './params';
import { interquartileInterval, mcnemar, meanInterval, type Interval } from './statistics';

export interface AttackSummary<M> {
  id: string;
  params: Applied['params'];
  metrics: M;
}

/** What tells an arm from the others. */
export type ArmName = Pick<ArmSummary, 'model' | 'poisoning' | 'defense' | 'seed'>;

/** Adversarial examples of one arm tried on another. */
export interface TransferSummary {
  source: ArmName;
  target: ArmName;
  id: string;
  params: Applied['params'];
  metrics: Metrics;
}

export interface ArmSummary {
  /** Null for agents. */
  model: Applied | null;
  poisoning: Applied | null;
  defense: Applied | null;
  seed: number;
  /** Null until the arm was evaluated. */
  clean: Metrics | null;
  attacks: (AttackSummary<Metrics> & {
    /** What the attack reached where it was fitted, for those that are. */
    fitted?: Metrics;
  })[];
  /** Wall-clock seconds of the training; null while it lasts, or where nothing was trained. */
  trainingSeconds: number | null;
}

export interface Verdict {
  /** The number is believable: some check ran and none failed. */
  holds: boolean;
  /** The worst case lies above the undefended arm's by more than the interval. */
  robust: boolean;
  checks: Check[];
}

export type MetricIntervals = Record<string, Interval>;

/** Certified accuracy at radii that all arms of the norm share. */
export interface CertifiedSummary {
  method: Certified['method'];
  norm: Norm;
  accuracy: (Interval & { radius: number })[];
}

export interface GroupSummary {
  model: Applied | null;
  poisoning: Applied | null;
  defense: Applied | null;
  seeds: number[];
  clean: MetricIntervals;
  attacks: AttackSummary<MetricIntervals>[];
  /** Present where something was to be proven of the models. */
  certified?: CertifiedSummary;
  /** Inputs right under every attack of the experiment; for agents the lowest mean return under any. */
  worstCase: Interval | null;
  verdict: Verdict;
}

export interface Summary {
  arms: ArmSummary[];
  summary: GroupSummary[];
  /** Present where the experiment asked for the transfer matrix. */
  transfers?: TransferSummary[];
}

/** Names an arm's family (model × poisoning × defence), the same over its seeds. */
export const familyKey = ({
  model,
  poisoning,
  defense,
}: Pick<GroupSummary, 'model' | 'poisoning' | 'defense'>): string =>
  JSON.stringify([model, poisoning, defense]);

export function summarize(state: RunState): Summary {
  const attacks = state.plan?.attacks ?? [];
  const interval = state.plan?.task === 'reinforcement-learning' ? interquartileInterval : meanInterval;
  const arms = state.arms.map((arm): ArmSummary => ({
    model: arm.plan.model,
    poisoning: arm.plan.poisoning,
    defense: arm.plan.defense,
    seed: arm.plan.seed,
    clean: arm.clean?.metrics ?? null,
    trainingSeconds: arm.trainedSeconds,
    attacks: attacks.flatMap(({ id, params }, i) => {
      const metrics = arm.attacks[i]?.metrics;
      const fitted = arm.fitted[i]?.metrics;
      return metrics ? [{ id, params, metrics, ...(fitted ? { fitted } : {}) }] : [];
    }),
  }));

  const families = new Map<string, ArmState[]>();
  for (const arm of state.arms) {
    const key = familyKey(arm.plan);
    families.set(key, [...(families.get(key) ?? []), arm]);
  }
  const summary = [...families.values()].flatMap((family): GroupSummary[] => {
    const evaluated = family.filter((arm) => arm.clean);
    if (evaluated.length === 0) return [];
    const { model, poisoning, defense } = evaluated[0]!.plan;
    const undefended = families.get(familyKey({ model, poisoning, defense: null })) ?? [];
    const worst = evaluated.map(worstCase).filter((value) => value !== null);
    return [
      {
        model,
        poisoning,
        defense,
        seeds: evaluated.map((arm) => arm.plan.seed),
        clean: intervals(
          evaluated.map((arm) => arm.clean!.metrics),
          interval,
        ),
        attacks: attacks.flatMap(({ id, params }, i) => {
          const metrics = evaluated.flatMap((arm) => (arm.attacks[i] ? [arm.attacks[i].metrics] : []));
          return metrics.length ? [{ id, params, metrics: intervals(metrics, interval) }] : [];
        }),
        ...certifiedOf(state, evaluated),
        worstCase: interval(worst),
        verdict: verdict(evaluated, undefended, attacks),
      },
    ];
  });
  if (state.transfers.length === 0) return { arms, summary };
  const nameOf = (index: number): ArmName => {
    const { model, poisoning, defense, seed } = state.arms[index]!.plan;
    return { model, poisoning, defense, seed };
  };
  const transfers = state.transfers.map(({ source, target, attack, metrics }): TransferSummary => {
    const { id, params } = attacks[attack]!;
    return { source: nameOf(source), target: nameOf(target), id, params, metrics };
  });
  return { arms, summary, transfers };
}

/** Radii that a certified accuracy is told at. */
const RADII = 11;

function certifiedOf(state: RunState, arms: ArmState[]): { certified?: CertifiedSummary } {
  const certified = arms[0]!.certified;
  if (!certified) return {};
  const { method, norm } = certified;
  const accuracy = certifiedRadii(state, norm, RADII).flatMap((radius) => {
    const found = certifiedAccuracy(arms, norm, radius);
    return found ? [{ radius, ...found }] : [];
  });
  return { certified: { method, norm, accuracy } };
}

function intervals(all: Metrics[], interval: (values: number[]) => Interval | null): MetricIntervals {
  const names = [...new Set(all.flatMap(Object.keys))];
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = all
        .map((metrics) => metrics[name])
        .filter((value): value is number => typeof value === 'number');
      const found = interval(values);
      return found ? [[name, found]] : [];
    }),
  );
}

/** Per input: right before and after every attack evaluated so far; null when outcomes were not recorded. */
function standing(arm: ArmState): Uint8Array | null {
  const outcomes = arm.attacks.flatMap((evaluation) => evaluation?.outcome ?? []);
  if (outcomes.length === 0) return null;
  return outcomes[0]!.map((_, i) => (outcomes.every((outcome) => outcome[i] === 3) ? 1 : 0));
}

function worstCase(arm: ArmState): number | null {
  const inputs = standing(arm);
  if (inputs) return inputs.reduce((a, b) => a + b, 0) / inputs.length;
  const returns = arm.attacks.flatMap((evaluation) => evaluation?.metrics.return ?? []);
  return returns.length ? Math.min(...returns) : null;
}

function verdict(arms: ArmState[], undefended: ArmState[], attacks: AttackPlan[]): Verdict {
  const measured = merge(
    arms.flatMap((arm) => arm.checks.map((check) => ({ ...check, seed: arm.plan.seed }))),
  );
  const compared = [
    comparison('fgsm-not-stronger-than-pgd', arms, attacks, isFgsm, (attack) => attack.id.startsWith('pgd')),
    comparison(
      'black-box-not-stronger',
      arms,
      attacks,
      isBlackBox,
      (attack) => attack.knowledge === 'white-box',
    ),
    comparison(
      'random-noise-weakest',
      arms,
      attacks,
      (attack) => attack.knowledge === 'none',
      (attack) => attack.knowledge !== 'none',
    ),
  ];
  const checks = [...measured, ...compared, severalSeeds(arms)];
  const ran = checks.filter(({ status }) => status !== 'not-run');
  return {
    holds: ran.length > 0 && ran.every(({ status }) => status === 'pass'),
    robust: isAbove(arms, undefended),
    checks,
  };
}

/** Fewer seeds than this give no interval worth the name. */
const ENOUGH_SEEDS = 3;

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

const isFgsm = (attack: AttackPlan) => attack.id === 'fgsm';
const isBlackBox = ({ knowledge }: AttackPlan) => ['score', 'decision', 'transfer'].includes(knowledge);

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

function sameBudget(a: AttackPlan, b: AttackPlan): boolean {
  const same = (name: string): boolean => a.params[name] === b.params[name];
  // Attacks on agents have an epsilon for boxes and cells for grids; those that only grids know have cells alone.
  if ('epsilon' in a.params !== 'epsilon' in b.params) return a.params.cells !== undefined && same('cells');
  return a.norm === b.norm && ['epsilon', 'cells', 'goal'].every(same);
}

/** Inputs still right under one attack and wrong under the other, both ways round. */
function disagreement(a: Uint8Array, b: Uint8Array): { onlyA: number; onlyB: number } {
  let [onlyA, onlyB] = [0, 0];
  a.forEach((outcome, i) => {
    if (outcome === 3 && b[i] !== 3) onlyA++;
    if (outcome !== 3 && b[i] === 3) onlyB++;
  });
  return { onlyA, onlyB };
}

/**
 * Fails when a `weaker` attack beats the best `stronger` one of the same norm and budget. Classifiers: the exact McNemar
 * test over paired inputs gives p < .05. Agents: its mean return is the lower one.
 */
function comparison(
  id: string,
  arms: ArmState[],
  attacks: AttackPlan[],
  weaker: (attack: AttackPlan) => boolean,
  stronger: (attack: AttackPlan) => boolean,
): Check {
  const pairs = attacks.filter(weaker).flatMap((weak) => {
    const rivals = attacks.filter(
      (attack) => stronger(attack) && attack !== weak && sameBudget(attack, weak),
    );
    return rivals.length ? [{ weak, rivals }] : [];
  });
  const findings = arms.flatMap((arm) => pairs.flatMap((pair) => compare(arm, pair.weak, pair.rivals) ?? []));
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

function compare(
  arm: ArmState,
  weak: AttackPlan,
  rivals: AttackPlan[],
): { failed: boolean; evidence: string } | null {
  const score = (attack: AttackPlan) => {
    const metrics = arm.attacks[attack.index]?.metrics;
    return metrics?.robustAccuracy ?? metrics?.exactReturn ?? metrics?.return ?? null;
  };
  const evaluated = rivals.filter((attack) => score(attack) !== null);
  const best = evaluated.sort((a, b) => score(a)! - score(b)!)[0];
  if (!best || score(weak) === null) return null;
  const [a, b] = [arm.attacks[weak.index]!.outcome, arm.attacks[best.index]!.outcome];
  const name = arm.attacks[weak.index]!.metrics.meanCells === undefined ? 'epsilon' : 'cells';
  const budget = typeof weak.params[name] === 'number' ? ` at ${name} ${weak.params[name]}` : '';
  const seed = `Seed ${arm.plan.seed}${budget}`;
  if (!a || !b) {
    const evidence = `${seed}: return ${score(weak)!.toFixed(2)} under ${weak.id}, ${score(best)!.toFixed(2)} under ${best.id}`;
    // Exact returns of equally strong attacks may differ in the last bits.
    return { failed: score(best)! - score(weak)! > 1e-9 * Math.abs(score(best)!), evidence };
  }
  const { onlyA, onlyB } = disagreement(a, b);
  const p = mcnemar(onlyA, onlyB);
  return {
    failed: onlyB > onlyA && p < 0.05,
    evidence: `${seed}: ${onlyB} inputs fell to ${weak.id} alone, ${onlyA} to ${best.id} alone, exact McNemar p ${p < 1e-6 ? '< 1e-6' : `= ${p.toPrecision(2)}`}`,
  };
}

/** Whether the worst case lies above the undefended arms' by more than the interval, seeds (or, with one, inputs) paired. */
function isAbove(arms: ArmState[], undefended: ArmState[]): boolean {
  const pairs = arms.flatMap((arm) => {
    const rival = undefended.find((other) => other.plan.seed === arm.plan.seed);
    return rival && rival !== arm && rival.clean ? [{ arm, rival }] : [];
  });
  if (pairs.length === 1) {
    const { arm, rival } = pairs[0]!;
    const [a, b] = [standing(arm), standing(rival)];
    if (!a || !b) return false;
    const won = a.filter((right, i) => right && !b[i]).length;
    const lost = a.filter((right, i) => !right && b[i]).length;
    return won > lost && mcnemar(won, lost) < 0.05;
  }
  const differences = pairs.flatMap(({ arm, rival }) => {
    const [a, b] = [worstCase(arm), worstCase(rival)];
    return a === null || b === null ? [] : [a - b];
  });
  const low = meanInterval(differences)?.low ?? null;
  return low !== null && low > 0;
}
