/** Evaluations under attacks that leave an agent's eyes alone: on its hands, and on the world it acts in. */
import type { Environment } from '../../contract/environment';
import type { AttackPlan, Check, Metrics } from '../../contract/events';
import type { AnyParams } from '../../contract/params';
import type { ActionAttack, ActionParams, DynamicsAttack } from '../definitions';
import optimalAction from '../attacks/action/optimal-action';
import { attackOf } from '../registry';
import { dynamicsOf, nominalOf } from './dynamics';
import { meanReturn, play, trajectory, type Played } from './episodes';
import { exactReturn } from './exact';
import { greedyChoices } from './eyes';
import { bindHands } from './hands';
import { stepLimit } from './limit';
import {
  certificateHolds,
  episodesOf,
  exactClean,
  harmOf,
  idleIsClean,
  returnsOf,
  type ExactHarm,
  type Stage,
} from './stage';

/** What both tell of their episodes, in their order. */
function tell(
  { context }: Stage,
  attack: AttackPlan,
  world: Environment,
  played: Played,
  metrics: Metrics,
  checks: Check[],
): void {
  const arm = context.arm.index;
  context.emit({ type: 'evaluation', arm, attack: attack.index, metrics });
  context.emit(trajectory(world, played, { arm, attack: attack.index, trainedSteps: null }));
  for (const check of checks) context.emit({ type: 'check', arm, check });
}

/** `first`: the first entry of this attack, whose idle twin is checked for all of them. */
export async function reportHands(stage: Stage, attack: AttackPlan, first: boolean): Promise<void> {
  const { environment, policy, context, experiment } = stage;
  const { id } = attack;
  const definition = attackOf('action', id) as ActionAttack;
  const params = attack.params as AnyParams;
  const started = context.now();
  const bind = (values: AnyParams) =>
    bindHands(definition, values, environment, context.random('attack', id), policy);
  const hands = bind(params);
  const played = await episodesOf(stage, policy, experiment.evaluation.episodes, { hands });
  const harm = handsHarm(stage, definition, params);
  const overridden = played.episodes.map((episode) => episode.overridden);
  const most = Math.max(...overridden);
  const { probability } = attack.params as unknown as ActionParams;
  const label = `${id} (probability ${probability})`;
  const metrics: Metrics = {
    ...returnsOf(played),
    ...harm,
    overriddenSteps: overridden.reduce((a, b) => a + b, 0) / played.steps,
    maxOverridden: most,
    seconds: context.now() - started,
  };
  const checks: Check[] = [
    {
      id: 'within-budget',
      status: most <= hands.budget ? 'pass' : 'fail',
      evidence: `${label}: at most ${most} actions of an episode were not the agent's, ${Number.isFinite(hands.budget) ? `${hands.budget} allowed` : 'any number allowed'}`,
    },
    ...(harm ? [certificateHolds(label, harm)] : []),
  ];
  if (first) {
    const idle = { hands: bind({ ...params, probability: 0 }) };
    checks.push(await idleIsClean(stage, id, (episodes) => episodesOf(stage, policy, episodes, idle)));
  }
  tell(stage, attack, environment, played, metrics, checks);
}

/** Null where transitions cannot be listed. */
function handsHarm(stage: Stage, attack: ActionAttack, params: AnyParams): ExactHarm | null {
  const { environment, policy, context } = stage;
  const exactUnder = (definition: ActionAttack): number | undefined =>
    bindHands(definition, params, environment, context.random('optimum')).exactReturn?.(policy);
  const attacked = exactUnder(attack);
  if (attacked === undefined) return null;
  return harmOf(exactClean(stage).exactReturn!, attacked, exactUnder(optimalAction as ActionAttack)!);
}

export async function reportDynamics(stage: Stage, attack: AttackPlan, first: boolean): Promise<void> {
  const { environment, policy, context, experiment } = stage;
  const { id, params, index } = attack;
  const arm = context.arm.index;
  const definition = attackOf('dynamics', id) as DynamicsAttack;
  const dynamics = dynamicsOf(environment, id, `attacks.${index}`);
  const started = context.now();
  const within = context.for('attack', id);
  const exact = environment.transitions !== undefined;
  const altered = await definition.alter(params as AnyParams, {
    random: within.random,
    breathe: within.breathe,
    dynamics,
    exact,
    async worth(values, episodes) {
      const world = dynamics.altered(values);
      if (exact) {
        await within.breathe();
        const choices = greedyChoices(policy, environment.transitions!().length);
        return exactReturn(world, choices, stepLimit(world));
      }
      const { breathe } = within;
      const lots = (episode: number) => within.random('search', episode);
      return meanReturn(await play({ environment: world, policy, episodes, dynamics: lots, breathe }));
    },
  });
  const world = dynamics.altered(altered.values);
  const scene = { ...stage, environment: world };
  const played = await episodesOf(scene, policy, experiment.evaluation.episodes);
  if (altered.surface)
    context.emit({ type: 'robustness-surface', arm, attack: index, surface: altered.surface });
  const metrics: Metrics = {
    ...returnsOf(played),
    ...exactClean(scene),
    ...altered.metrics,
    seconds: context.now() - started,
  };
  const checks: Check[] = [];
  if (first) {
    const nominal = { ...stage, environment: dynamics.altered(nominalOf(dynamics)) };
    checks.push(await idleIsClean(stage, id, (episodes) => episodesOf(nominal, policy, episodes)));
  }
  tell(stage, attack, world, played, metrics, checks);
}
