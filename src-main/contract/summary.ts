/** What a session says in the end: metrics of every arm, means over seeds, and a verdict from its checks. */
import type { Norm } from './catalog';
import { certifiedAccuracy, certifiedRadii } from './certified';
import type { Metrics } from './events';
import type { ArmState, Backdoor, Certified, RunState } from './fold';
import type { Applied } from './params';
import { MEASURES } from './metrics';
import { interquartileInterval, meanInterval, shareInterval, type Interval } from './statistics';
import { isSeen, trainedAgainst } from './training-attacks';
import { decisive, failedChecks, verdict, worstCase, type Verdict } from './verdict';

export type { Verdict };

/** An interval over seeds, with the checks that failed on what it says. */
export interface MarkedInterval extends Interval {
  /** Ids of the verdict's failed checks: the number is not to be believed. Absent where none failed. */
  failedChecks?: string[];
}

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
    /** Failed checks of the family's verdict: the metrics are not to be believed. */
    failedChecks?: string[];
  })[];
  /** What a filter removed, measured against the provenance; for arms that have one. */
  filter?: Metrics;
  /** Wall-clock seconds of the training; null while it lasts, or where nothing was trained. */
  trainingSeconds: number | null;
  /** Gradient calls of the training; null likewise, and for agents. */
  trainingGradients: number | null;
}

export type MetricIntervals = Record<string, MarkedInterval>;

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
  attacks: (AttackSummary<MetricIntervals> & {
    /** Whether the defence was trained against it, whatever the budget. */
    seen: boolean;
  })[];
  /** Present where a filter removed what was learnt from: its rates against the provenance. */
  filter?: MetricIntervals;
  /** Present where something was to be proven of the models. */
  certified?: CertifiedSummary;
  /** Inputs right under every attack of the experiment; for agents the lowest mean return under any. */
  worstCase: MarkedInterval | null;
  /** The same under the attacks that the defence was not trained against; null where there are none. */
  unseen: MarkedInterval | null;
  /** Accuracy under natural corruptions: over all kinds and severities, and by kind. Null where not evaluated. */
  corruptions: { mean: Interval; byKind: Record<string, Interval> } | null;
  /** Of one training; null for what came trained. */
  trainingSeconds: Interval | null;
  trainingGradients: Interval | null;
  verdict: Verdict;
}

export interface Summary {
  arms: ArmSummary[];
  summary: GroupSummary[];
  /** Present where the experiment asked for the transfer matrix. */
  transfers?: TransferSummary[];
}

/** Mean and interval of a measure over seeds. */
type OverSeeds = (values: number[], measure: string) => Interval | null;

const supervisedInterval: OverSeeds = (values, measure) => {
  const { unit, signed } = MEASURES[measure] ?? {};
  return unit === 'share' && !signed ? shareInterval(values) : meanInterval(values);
};

/** Names an arm's family (model × poisoning × defence), the same over its seeds. */
export const familyKey = ({
  model,
  poisoning,
  defense,
}: Pick<GroupSummary, 'model' | 'poisoning' | 'defense'>): string =>
  JSON.stringify([model, poisoning, defense]);

export function summarize(state: RunState): Summary {
  const attacks = state.plan?.attacks ?? [];
  const interval = state.plan?.task === 'reinforcement-learning' ? interquartileInterval : supervisedInterval;
  const counts = decisive(attacks);

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
    const judged = verdict(evaluated, undefended, attacks);
    const marks = marksOf(judged);
    const worst = (value: (arm: ArmState) => number | null | undefined): MarkedInterval | null => {
      const found = interval(
        evaluated.flatMap((arm) => value(arm) ?? []),
        'worstCase',
      );
      return found && { ...found, ...marks };
    };
    const plainly = (value: (arm: ArmState) => number | null): Interval | null =>
      meanInterval(evaluated.flatMap((arm) => value(arm) ?? []));
    const trained = trainedAgainst(defense);
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
        attacks: [
          ...attacks.flatMap((attack, i) => {
            const { id, params } = attack;
            const metrics = evaluated.flatMap((arm) => (arm.attacks[i] ? [arm.attacks[i].metrics] : []));
            if (metrics.length === 0) return [];
            return [
              { id, params, metrics: intervals(metrics, interval, marks), seen: isSeen(attack, trained) },
            ];
          }),
          ...poisoningsOf(evaluated).map(({ metrics, ...attack }) => ({
            ...attack,
            metrics: intervals(metrics, interval),
            seen: false,
          })),
        ],
        ...filterOf(evaluated, interval),
        ...certifiedOf(state, evaluated),
        worstCase: worst((arm) => worstCase(arm, counts)),
        unseen: worst((arm) =>
          worstCase(arm, (attack) => counts(attack) && !isSeen(attacks[attack]!, trained)),
        ),
        corruptions: corruptionsOf(evaluated),
        trainingSeconds: plainly((arm) => arm.trainedSeconds),
        trainingGradients: plainly((arm) => arm.trainedGradients),
        verdict: judged,
      },
    ];
  });

  const marksBy = new Map(summary.map((group) => [familyKey(group), marksOf(group.verdict)]));
  const arms = state.arms.map((arm): ArmSummary => ({
    model: arm.plan.model,
    poisoning: arm.plan.poisoning,
    defense: arm.plan.defense,
    seed: arm.plan.seed,
    clean: arm.clean?.metrics ?? null,
    trainingSeconds: arm.trainedSeconds,
    trainingGradients: arm.trainedGradients,
    attacks: [
      ...attacks.flatMap(({ id, params }, i) => {
        const metrics = arm.attacks[i]?.metrics;
        const fitted = arm.fitted[i]?.metrics;
        if (!metrics) return [];
        return [{ id, params, metrics, ...(fitted ? { fitted } : {}), ...marksBy.get(familyKey(arm.plan)) }];
      }),
      ...poisoningsOf([arm]).map(({ metrics, ...attack }) => ({ ...attack, metrics: metrics[0]! })),
    ],
    ...(arm.suspects ? { filter: arm.suspects.metrics } : {}),
  }));

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

/** What the arms' poisoning reached on what learnt from it: it stands among the attacks, under its own id. */
function poisoningsOf(arms: ArmState[]): AttackSummary<Metrics[]>[] {
  const metrics = arms.flatMap(({ triggered }) => (triggered ? [triggered.metrics] : []));
  const poisoning = arms[0]?.plan.poisoning;
  if (!poisoning || metrics.length === 0) return backdoorsOf(arms);
  return [{ id: poisoning.id, params: poisoning.params, metrics }];
}

/** Triggers that agents met: they stand among the attacks, under the id of the poisoning that implanted them. */
function backdoorsOf(arms: ArmState[]): AttackSummary<Metrics[]>[] {
  const met = arms.flatMap(({ backdoors }) => backdoors);
  const keyOf = ({ poisoning }: Backdoor): string => JSON.stringify(poisoning);
  return [...new Map(met.map((one) => [keyOf(one), one.poisoning]))].map(([key, { id, params }]) => ({
    id,
    params,
    metrics: met.filter((one) => keyOf(one) === key).map(({ metrics }) => metrics),
  }));
}

function filterOf(arms: ArmState[], interval: OverSeeds): { filter?: MetricIntervals } {
  const metrics = arms.flatMap(({ suspects }) => (suspects ? [suspects.metrics] : []));
  return metrics.length ? { filter: intervals(metrics, interval) } : {};
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

/** What is put beside every number under attack of a family whose verdict fails. */
function marksOf(judged: Verdict): { failedChecks?: string[] } {
  const failed = failedChecks(judged);
  return failed.length ? { failedChecks: failed } : {};
}

/** Mean over severities for each kind, over all for the arm. */
function corruptionsOf(arms: ArmState[]): GroupSummary['corruptions'] {
  const kinds = [...new Set(arms.flatMap((arm) => arm.corruptions.map(({ corruption }) => corruption)))];
  const over = (counts: (kind: string) => boolean) =>
    shareInterval(
      arms.flatMap(({ corruptions }) => {
        const values = corruptions
          .filter(({ corruption }) => counts(corruption))
          .flatMap(({ metrics }) => metrics.accuracy ?? []);
        return values.length ? [values.reduce((a, b) => a + b, 0) / values.length] : [];
      }),
    );
  const mean = over(() => true);
  if (!mean) return null;
  return { mean, byKind: Object.fromEntries(kinds.map((kind) => [kind, over((one) => one === kind)!])) };
}

/** What says how much an attack left: what a failed check makes doubtful. What it spent and how far it went stays true. */
export const LEFT_BY_ATTACK: readonly string[] = [
  'accuracy',
  'robustAccuracy',
  'attackSuccessRate',
  'return',
  'exactReturn',
];

function intervals(
  all: Metrics[],
  interval: OverSeeds,
  marks: { failedChecks?: string[] } = {},
): MetricIntervals {
  const names = [...new Set(all.flatMap(Object.keys))];
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = all
        .map((metrics) => metrics[name])
        .filter((value): value is number => typeof value === 'number');
      const found = interval(values, name);
      return found ? [[name, { ...found, ...(LEFT_BY_ATTACK.includes(name) ? marks : {}) }]] : [];
    }),
  );
}
