/** A recorded agent made ready for a duel: restored, with the budget that holds and the attacks to be scored beside. */
import type { DuelChoice, DuelRival } from '../contract/duel';
import type { Experiment } from '../contract/experiment';
import type { ArmPlan, AttackPlan, Metrics } from '../contract/events';
import type { AnyParams } from '../contract/params';
import { observationParams } from './attacks/observation-budget';
import type { ObservationAttack } from './definitions';
import { attacks as allAttacks, attackOf } from './registry';
import { agentOf, createEnvironment, lackingFor, wrapped } from './rl/setting';
import { resolve } from './resolve';
import type { Arena, Armed } from './rl/duel';

/** What a session holds of one arm. */
export interface RecordedArm {
  experiment: Experiment;
  arm: ArmPlan;
  weights: Record<string, Float32Array>;
  attacks: AttackPlan[];
  /** By index of `attacks`; undefined where not evaluated. */
  metrics: (Metrics | undefined)[];
}

const RANDOM = 'random-observation';
const MAD = 'mad';
const OPTIMUM = 'optimal-displacement';

/** Restores the agent of a recorded arm. Throws RangeError for weights of another shape. */
export function openAgent({ experiment, weights }: RecordedArm) {
  const environment = createEnvironment(experiment);
  const { agent, params } = agentOf(experiment);
  if (agent.origin === 'imported')
    throw new RangeError(`${agent.id} comes trained: the session does not hold it`);
  return { environment, agent: agent.restore(environment, params, weights) };
}

/**
 * The duel's terms: the person is held to the budget of `choice.attack`, and so are random noise, MAD, the strongest attack
 * recorded for this arm, and on grids the optimum, as far as agent and environment allow them.
 */
export function openArena(
  recorded: RecordedArm,
  { environment, agent }: ReturnType<typeof openAgent>,
  choice: Pick<DuelChoice, 'attack' | 'budget'>,
): Arena {
  const { experiment, arm, attacks } = recorded;
  const chosen = choice.attack === null ? undefined : attacks[choice.attack];
  // A sensor fault has no budget that a person could be held to.
  const place = ['epsilon', 'cells'].some((name) => name in (chosen?.params ?? {})) ? chosen : undefined;
  const given = {
    ...(place &&
      Object.fromEntries(Object.entries(place.params).filter(([name]) => name in observationParams))),
    epsilon: choice.budget,
    cells: Math.round(choice.budget),
  };
  const armed = (id: string, own: AnyParams = {}): Armed => {
    const attack = attackOf('observation', id) as ObservationAttack;
    const named = Object.entries({ ...own, ...given }).filter(([name]) => name in attack.params);
    return { attack, params: resolve({ id, ...Object.fromEntries(named) }, attack).params as AnyParams };
  };
  // One that has to learn the agent first would keep the person waiting for minutes.
  const fits = (id: string): boolean =>
    allAttacks.some((attack) => attack.id === id && !('fit' in attack)) &&
    lackingFor(id, experiment, environment).length === 0;
  const strongest = strongestOf(recorded);
  const rivals: { who: DuelRival['who']; id: string; own?: AnyParams }[] = [
    { who: 'random', id: RANDOM },
    { who: 'mad', id: MAD },
    ...(strongest
      ? [{ who: 'strongest' as const, id: strongest.id, own: strongest.params as AnyParams }]
      : []),
    { who: 'optimum', id: OPTIMUM },
  ];
  return {
    environment,
    policy: wrapped(agent.policy, environment, arm),
    arm,
    budget: armed(place?.id ?? RANDOM, place?.params as AnyParams | undefined),
    rivals: rivals.filter(({ id }) => fits(id)).map(({ who, id, own }) => ({ who, ...armed(id, own) })),
  };
}

/** The attack that left the arm least, of those not among the rivals anyway. */
function strongestOf({ attacks, metrics }: RecordedArm): AttackPlan | undefined {
  const left = ({ index }: AttackPlan): number =>
    metrics[index]?.exactReturn ?? metrics[index]?.return ?? Infinity;
  return attacks
    .filter(
      ({ id, surface, index }) =>
        surface === 'observation' && ![RANDOM, MAD, OPTIMUM].includes(id) && metrics[index],
    )
    .sort((a, b) => left(a) - left(b))[0];
}
