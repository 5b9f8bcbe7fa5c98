/** What an experiment on an agent names: its environment, its agent, and whether its attacks fit the two. */
import type { Capability } from '../../contract/catalog';
import type { Environment } from '../../contract/environment';
import type { ArmPlan, AttackPlan } from '../../contract/events';
import type { Entry, Experiment } from '../../contract/experiment';
import type { Applied, Surface, AnyParams } from '../../contract/params';
import { LabError } from '../../contract/problem';
import { stream } from '../../contract/random';
import type { ArmContext } from '../context';
import type { AgentDefinition, DynamicsAttack, Policy, WrappedPolicy } from '../definitions';
import { agentById, attackById, attackOf, defenseById, environmentById } from '../registry';
import { combinations, resolve } from '../resolve';
import { dynamicsOf } from './dynamics';
import { checkHands } from './hands';

/** @throws LabError for parameters that make no environment, such as a map without a goal */
export function createEnvironment({ environment: entry, training }: Experiment): Environment {
  const definition = environmentById(entry!.id);
  try {
    return definition.create(resolve(entry!, definition, training).params as AnyParams);
  } catch (error) {
    if (error instanceof RangeError)
      throw new LabError('environment', error.message, 'Correct the parameter in the experiment.');
    throw error;
  }
}

export function agentOf({ agent: entry, training }: Experiment): {
  agent: AgentDefinition;
  params: AnyParams;
} {
  const agent = agentById(entry!.id);
  return { agent, params: resolve(entry!, agent, training).params as AnyParams };
}

/** An epsilon given for a grid, or cells for a box, would silently do nothing. */
export function warnOfIdleBudgets(
  experiment: Experiment,
  { observationSpace }: Environment,
  context: ArmContext,
): void {
  const [idle, used] = observationSpace.kind === 'discrete' ? ['epsilon', 'cells'] : ['cells', 'epsilon'];
  const nested = experiment.defenses.flatMap(({ attack }) => (attack ? [attack as Entry] : []));
  for (const entry of [...experiment.attacks, ...nested]) {
    if (entry[idle!] === undefined) continue;
    context.emit({
      type: 'warning',
      arm: null,
      code: 'idle-budget',
      message: `“${idle}” of “${entry.id}” has no meaning in ${experiment.environment!.id} and is ignored; its budget is “${used}”.`,
    });
  }
}

/**
 * What an attack needs and agent and environment lack. The catalog cannot tell it of attacks inside defences,
 * and of environments whose parameters leave no table of transitions.
 */
export function lackingFor(id: string, experiment: Experiment, environment: Environment): Capability[] {
  const { agent } = agentOf(experiment);
  const offered: Capability[] = [
    ...agent.capabilities,
    ...(environment.transitions ? ['finite-states' as const] : []),
    ...(environment.observationSpace.kind === 'box' ? ['box-observations' as const] : []),
  ];
  return attackById(id).requires.filter((need) => !offered.includes(need));
}

/** @throws LabError when an attack needs what agent and environment lack */
export function refuseUnfit(
  id: string,
  experiment: Experiment,
  environment: Environment,
  place: string,
): void {
  const { agent } = agentOf(experiment);
  const lacking = lackingFor(id, experiment, environment);
  if (lacking.length === 0) return;
  throw new LabError(
    place,
    `“${id}” needs ${lacking.join(' and ')}, which “${agent.id}” on “${experiment.environment!.id}” does not have`,
    'Use random-observation, or another agent or environment.',
  );
}

/** @throws LabError for an attack of the evaluation that agent or environment cannot meet */
export function refuseAttack(
  { id, index, surface, params }: AttackPlan,
  experiment: Experiment,
  environment: Environment,
): void {
  const place = `attacks.${index}`;
  refuseUnfit(id, experiment, environment, `${place}.id`);
  if (surface === 'action') checkHands(params as AnyParams, environment, place);
  if (surface === 'dynamics')
    (attackOf('dynamics', id) as DynamicsAttack).check(
      dynamicsOf(environment, id, place),
      params as AnyParams,
    );
}

/** The backdoors of the experiment, a value for each parameter. */
export const triggersOf = ({ poisoning }: Experiment): Applied[] =>
  poisoning.flatMap((entry) => {
    const definition = attackById(entry.id);
    if (definition.surface !== 'policy') return [];
    return combinations(entry, definition.params).map((single) => resolve(single, definition));
  });

/** Null for an agent that is not trained in so many steps. */
export function trainingSteps(experiment: Experiment): number | null {
  const { steps } = agentOf(experiment).params;
  return typeof steps === 'number' ? steps : null;
}

export const poisons = ({ poisoning }: ArmPlan, surface: Surface): boolean =>
  poisoning !== null && attackById(poisoning.id).surface === surface;

/** The policy as it is met in evaluations: behind what stands between the world and its eyes, where the arm has that. */
export function wrapped(policy: Policy, environment: Environment, { defense, seed }: ArmPlan): WrappedPolicy {
  const definition = defense && defenseById(defense.id);
  if (definition?.stage !== 'rl-wrapper') return policy;
  return definition.wrap(policy, defense!.params as AnyParams, environment, stream(seed, 'wrapper'));
}
