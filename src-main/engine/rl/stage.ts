/** What all evaluations of an arm share: the agent, its world, and the clean twins of all attacked episodes. */
import type { Experiment } from '../../contract/experiment';
import type { Environment } from '../../contract/environment';
import type { Check, Metrics } from '../../contract/events';
import type { ArmContext } from '../context';
import type { Policy, WrappedPolicy } from '../definitions';
import { meanReturn, play, type Play, type Played } from './episodes';
import { exactReturn, optimalReturn } from './exact';
import { greedyChoices } from './eyes';
import { stepLimit } from './limit';

export interface Stage {
  experiment: Experiment;
  environment: Environment;
  policy: WrappedPolicy;
  context: ArmContext;
  /** The clean twins of all attacked episodes, played once. */
  clean(): Promise<Played>;
  /** What is certified in balls that were asked for before, by their budget. */
  certificates: Map<string, Certificate>;
}

/** What interval bounds say of the clean episodes: no attack within the ball changes a certified step's action. */
export interface Certificate {
  /** Share of the steps. */
  steps: number;
  /** Of each episode: steps until the first uncertified one, and what the agent earns at least. */
  lengths: number[];
  returns: number[];
}

/** The arm's evaluation episodes. Clean and attacked twins share their starts and their luck. */
export const episodesOf = (
  { environment, context }: Pick<Stage, 'environment' | 'context'>,
  policy: Policy,
  episodes: number,
  under: Pick<Play, 'attack' | 'hands'> = {},
): Promise<Played> =>
  play({
    environment,
    policy,
    episodes,
    dynamics: (episode) => context.random('evaluation', 'dynamics', episode),
    ...under,
    breathe: () => context.breathe(),
  });

export const returnsOf = (played: Played): Metrics => ({
  return: meanReturn(played),
  length: played.steps / played.episodes.length,
  episodes: played.episodes.length,
});

/** What dynamic programming says of the agent that is not attacked; nothing where transitions cannot be listed. */
export function exactClean({ environment, policy }: Pick<Stage, 'environment' | 'policy'>): Metrics {
  if (!environment.transitions) return {};
  const steps = stepLimit(environment);
  const choices = greedyChoices(policy, environment.transitions().length);
  return {
    exactReturn: exactReturn(environment, choices, steps),
    optimalReturn: optimalReturn(environment, steps),
  };
}

/** Exact returns of one size are sums in another order: differences relative to them below this mean nothing. */
const EXACT_ROUNDING = 1e-9;

/** Episodes of the comparison behind `epsilon-zero-is-clean`. */
const ZERO_BUDGET_EPISODES = 5;

/** Exact return under an attack, beside the worst that any attack of its budget can do. */
export interface ExactHarm {
  exactReturn: number;
  certifiedReturn: number;
  /** Absent where even the optimal attack does nothing. */
  shareOfOptimum?: number;
}

/** @param certifiedReturn what the optimal attack of the same budget leaves */
export function harmOf(clean: number, exactReturn: number, certifiedReturn: number): ExactHarm {
  const most = clean - certifiedReturn;
  return {
    exactReturn,
    certifiedReturn,
    ...(most > EXACT_ROUNDING * Math.abs(clean) && { shareOfOptimum: (clean - exactReturn) / most }),
  };
}

export const certificateHolds = (label: string, { exactReturn, certifiedReturn }: ExactHarm): Check => ({
  id: 'certificate-holds',
  status: exactReturn >= certifiedReturn - EXACT_ROUNDING * Math.abs(certifiedReturn) ? 'pass' : 'fail',
  evidence: `${label}: an expected return of ${exactReturn.toPrecision(4)}, certified never to fall below ${certifiedReturn.toPrecision(4)}`,
});

/** Whether an attack that may do nothing changes nothing. */
export async function idleIsClean(
  { clean, experiment }: Stage,
  id: string,
  idle: (episodes: number) => Promise<Played>,
): Promise<Check> {
  const episodes = Math.min(ZERO_BUDGET_EPISODES, experiment.evaluation.episodes);
  const twins = await clean();
  const differing = (await idle(episodes)).episodes.filter(
    ({ actions }, i) => actions.join() !== twins.episodes[i]!.actions.join(),
  ).length;
  return {
    id: 'epsilon-zero-is-clean',
    status: differing === 0 ? 'pass' : 'fail',
    evidence: `${id}: with a budget of zero ${differing} of ${episodes} episodes took other actions than without attack`,
  };
}
