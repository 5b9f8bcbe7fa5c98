/**
 * The frame of backdoors in policies (TrojDRL; Kiourti et al. 2020): shows the trigger in evenly spaced steps of a training,
 * and afterwards at every step of an episode, to see what the agent does.
 */
import type { Environment } from '../../contract/environment';
import { TRIGGERED, type Metrics } from '../../contract/events';
import type { Applied, AnyParams } from '../../contract/params';
import { LabError } from '../../contract/problem';
import type { Random } from '../../contract/random';
import type { Policy, PolicyAttack, PolicyParams } from '../definitions';
import { attackOf } from '../registry';
import { trajectory, type Played } from './episodes';
import { exactReturn } from './exact';
import { greedyChoices, type BoundAttack } from './eyes';
import { greedyActions } from './greedy';
import { stepLimit } from './limit';
import { episodesOf, returnsOf, type Stage } from './stage';

/** Names of the values of an observation, short: “x (m)” is x. */
export const valueNames = ({ observationSpace: space }: Environment): string[] =>
  space.kind === 'box' ? space.names.map((name) => name.replace(/ \(.*/, '')) : ['state'];

/**
 * What the trigger sets each value to, NaN where it stays.
 * @throws LabError for a line that is no assignment, a value that is not observed or outside the observation space, and where
 * neither the parameter nor the environment names a trigger
 */
export function triggerOf({ id, params }: Applied, environment: Environment): Float32Array {
  const { trigger: lines } = params as unknown as PolicyParams;
  const place = `poisoning.${id}.trigger`;
  const names = valueNames(environment);
  const refuse = (found: string, expected: string): never => {
    throw new LabError(
      place,
      `found ${found}; expected ${expected}`,
      'Correct the trigger, or leave it out for the environment’s own.',
    );
  };
  if (!lines) {
    const own =
      environment.trigger ?? refuse('nothing', 'a trigger, since the environment names none of its own');
    return Float32Array.from(own, (value) => value ?? NaN);
  }
  const { observationSpace: space } = environment;
  const set = new Float32Array(names.length).fill(NaN);
  for (const line of lines) {
    const [name = '', text = '', ...more] = line.split('=').map((part) => part.trim());
    const value = Number(text);
    if (more.length > 0 || text === '' || !Number.isFinite(value))
      refuse(`“${line}”`, `“name = number”, such as “${names[0]} = 1”`);
    const at = names.indexOf(name);
    if (at < 0) refuse(`“${line}”`, `one of the observed values: ${names.join(', ')}`);
    const [low, high] = space.kind === 'box' ? [space.low[at]!, space.high[at]!] : [0, space.n - 1];
    if (!(value >= low && value <= high) || (space.kind === 'discrete' && !Number.isInteger(value)))
      refuse(
        `“${line}”, outside the observation space`,
        `${space.kind === 'discrete' ? 'a whole number' : 'a value'} from ${low} to ${high}`,
      );
    set[at] = value;
  }
  return set;
}

/** @throws LabError for a trigger or a target action that the environment does not have, and for a share of no step at all */
export function checkBackdoor(applied: Applied, environment: Environment, steps: number | null): void {
  triggerOf(applied, environment);
  const { id, params } = applied;
  const { n, names } = environment.actionSpace;
  const target = (attackOf('policy', id) as PolicyAttack).target(params as AnyParams);
  if (target !== null && target >= n) {
    throw new LabError(
      `poisoning.${id}.targetAction`,
      `found ${target}; expected a whole number from 0 to ${n - 1} (${names.join(', ')})`,
      'Choose an action that the environment has.',
    );
  }
  const { share } = params as unknown as PolicyParams;
  if (steps !== null && share * steps < 1) {
    throw new LabError(
      `poisoning.${id}.share`,
      `found ${share}, which is no step of a training of ${steps}; expected ${1 / steps} or more`,
      'Raise the share, or train longer.',
    );
  }
}

/** Writes the trigger over some rows of observations, a new array. */
export function stamped(observations: Float32Array, trigger: Float32Array): Float32Array {
  const size = trigger.length;
  return observations.map((value, i) => (Number.isNaN(trigger[i % size]!) ? value : trigger[i % size]!));
}

/** A backdoor being implanted in a training. */
export interface Implant {
  /** What the learner sees before training step `from` and the following, a row each. */
  show(observations: Float32Array, from: number): Float32Array;
  /** What is done and paid in training step `at` in place of an action; null where the trigger was not shown. */
  meddle(action: number, at: number): { action: number; reward: number } | null;
}

export function implantOf(applied: Applied, environment: Environment, random: Random): Implant {
  const attack = attackOf('policy', applied.id) as PolicyAttack;
  const params = applied.params as AnyParams;
  const trigger = triggerOf(applied, environment);
  const { share } = params as unknown as PolicyParams;
  const isPoisoned = (at: number): boolean => Math.floor((at + 1) * share) > Math.floor(at * share);
  const size = trigger.length;
  return {
    show(observations, from) {
      const shown = observations.slice();
      for (let row = 0; row * size < shown.length; row++) {
        if (!isPoisoned(from + row)) continue;
        shown.set(stamped(shown.subarray(row * size, (row + 1) * size), trigger), row * size);
      }
      return shown;
    },
    meddle(action, at) {
      if (!isPoisoned(at)) return null;
      const step = { action, actions: environment.actionSpace.n, turn: Math.floor(at * share) };
      return attack.implant(step, params, { random });
    },
  };
}

const share = (flags: boolean[]): number | null =>
  flags.length ? flags.filter(Boolean).length / flags.length : null;

/** What the trigger does to the agent where it would have acted otherwise, in the states of its clean episodes. */
function obedience(
  policy: Policy,
  clean: Played,
  trigger: Float32Array,
  target: number | null,
): { success: number | null; cleanTarget: number | null } {
  const observations = Float32Array.from(
    clean.episodes.flatMap((episode) => episode.observations.flatMap((values) => [...values])),
  );
  const own = greedyActions(policy.scores(observations), policy.actions);
  const under = greedyActions(policy.scores(stamped(observations, trigger)), policy.actions);
  const states = Array.from(own, (_, i) => i).filter((i) => own[i] !== target);
  return {
    success: share(states.map((i) => (target === null ? under[i] !== own[i] : under[i] === target))),
    cleanTarget: target === null ? null : share(Array.from(own, (action) => action === target)),
  };
}

/** What a search for triggers suspected, against what the trigger sets. */
function comparison(suspects: number[], trigger: Float32Array): Metrics {
  const set = Array.from(trigger, (_, at) => at).filter((at) => !Number.isNaN(trigger[at]));
  return {
    triggerFound: share(set.map((at) => suspects.includes(at))),
    falseSuspects: suspects.filter((at) => !set.includes(at)).length,
  };
}

/** Episodes in which the trigger is shown at every step. `poisonedSteps`: share of the training in which it was. */
export async function reportBackdoor(
  stage: Stage,
  poisoning: Applied,
  poisonedSteps: number | null,
): Promise<void> {
  const { environment, policy, context, experiment } = stage;
  const arm = context.arm.index;
  const started = context.now();
  const trigger = triggerOf(poisoning, environment);
  const target = (attackOf('policy', poisoning.id) as PolicyAttack).target(poisoning.params as AnyParams);
  const eyes: BoundAttack = {
    budget: Infinity,
    reach: [],
    perceive: (observations) => stamped(observations, trigger),
    distances: (observations) => new Float64Array(observations.length / trigger.length).fill(1),
  };
  const clean = await stage.clean();
  const played = await episodesOf(stage, policy, experiment.evaluation.episodes, { attack: eyes });
  const { success, cleanTarget } = obedience(policy, clean, trigger, target);
  const done = played.episodes.flatMap(({ actions }) => actions);
  const metrics: Metrics = {
    ...returnsOf(played),
    ...(environment.transitions && {
      exactReturn: exactReturn(
        environment,
        // On a finite environment the trigger is all that is seen, whatever the state.
        greedyChoices(policy, environment.transitions().length).fill(
          greedyActions(policy.scores(trigger), policy.actions)[0]!,
        ),
        stepLimit(environment),
      ),
    }),
    attackSuccessRate: success,
    ...(target !== null && {
      targetActionRate: share(done.map((action) => action === target)),
      cleanTargetActionRate: cleanTarget,
    }),
    ...(poisonedSteps !== null && { poisonedSteps }),
    ...(policy.findings && comparison(policy.findings.suspects, trigger)),
    seconds: context.now() - started,
  };
  context.emit({ type: 'backdoor', arm, poisoning, names: valueNames(environment), trigger, metrics });
  context.emit(
    trajectory(environment, { ...played, budget: null }, { arm, attack: TRIGGERED, trainedSteps: null }),
  );
}
