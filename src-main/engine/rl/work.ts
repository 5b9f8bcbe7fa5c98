/** How long training and evaluating an agent take, in milliseconds or so. */
import type { Environment } from '../../contract/environment';
import type { ArmPlan, AttackPlan } from '../../contract/events';
import type { Experiment } from '../../contract/experiment';
import type { Applied, AnyParams } from '../../contract/params';
import type { DynamicsAttack, ObservationAttack } from '../definitions';
import { agentById, attackOf, defenseById } from '../registry';
import { stepLimit } from './limit';
import { agentOf } from './setting';

/** An evaluation under attack against a clean one: the attack's own passes, and a look at the clean choice. */
export const ATTACKED_EVALUATION = 3;

export function evaluationWork({ evaluation, agent }: Experiment, environment: Environment): number {
  const network = agentById(agent!.id).capabilities.includes('gradients');
  // A batched step of a network costs about a millisecond, whatever the episodes up to some fifty; one of a table, a
  // microsecond an episode.
  return stepLimit(environment) * (network ? 1 + evaluation.episodes / 100 : evaluation.episodes / 1000);
}

/** How much longer a training takes behind a defence. */
export function slowdown({ defense }: ArmPlan): number {
  const definition = defense && defenseById(defense.id);
  if (definition?.stage !== 'rl-training') return 1;
  if (!definition.observationAttack) return definition.slowdown?.(defense!.params as AnyParams) ?? 1;
  const attack = attackOf('observation', (defense!.params.attack as Applied).id);
  if (attack.foresee) return 15;
  return attack.requires.includes('gradients') ? 2 : 1.2;
}

export function trainingWork(experiment: Experiment, arm: ArmPlan): number {
  const { agent, params } = agentOf(experiment);
  return agent.origin === 'trained' ? agent.cost(params) * slowdown(arm) : 0;
}

export const fittingWork = ({ id, params, surface }: AttackPlan): number =>
  surface === 'observation'
    ? ((attackOf('observation', id) as ObservationAttack).fitCost?.(params as AnyParams) ?? 0)
    : 0;

/** Of the worlds an attack on the dynamics tries; where returns are computed, of none. */
export function searchWork(
  { id, params, surface }: AttackPlan,
  experiment: Experiment,
  environment: Environment,
): number {
  if (surface !== 'dynamics' || environment.transitions) return 0;
  const trials = (attackOf('dynamics', id) as DynamicsAttack).trials(params as AnyParams);
  return (trials * evaluationWork(experiment, environment)) / experiment.evaluation.episodes;
}
