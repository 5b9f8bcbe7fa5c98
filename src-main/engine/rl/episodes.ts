/** Greedy episodes, all stepped side by side so that the policy acts on batches. The true reward is scored. */
import type { Environment } from '../../contract/environment';
import type { RunEvent } from '../../contract/events';
import type { Random } from '../../contract/random';
import type { Policy } from '../definitions';
import type { BoundAttack } from './eyes';
import type { BoundHands } from './hands';
import { greedyActions } from './greedy';
import type { Pay } from './pay';
import { stepLimit } from './limit';

export interface Episode {
  return: number;
  /** What a poisoned learner would have been paid; equal to `return` without poisoning. */
  paidReturn: number;
  length: number;
  /** Steps whose action was not the agent's own. */
  overridden: number;
  terminated: boolean;
  actions: number[];
  /** What each action earned. */
  rewards: number[];
  /** What was truly to be seen before each action. */
  observations: Float32Array[];
}

/** Everything about one episode, to draw it. */
interface Trace {
  /** One more than there are steps. */
  states: unknown[];
  perceived: number[];
  /** Of each action, given what is there and given what is perceived. */
  scores: number[];
  perceivedScores: number[];
  distances: number[];
}

export interface Played {
  episodes: Episode[];
  /** Of the first episode. */
  trace: Trace;
  /** Of the attack; empty and null without one. */
  reach: number[];
  budget: number | null;
  steps: number;
  /** Steps whose observation was altered. */
  attackedSteps: number;
  /** Steps at which that changed the chosen action. */
  flippedActions: number;
  /** Sum and largest of the distances delivered, in the unit of the attack's budget. */
  distanceSum: number;
  distanceMax: number;
}

export interface Play {
  environment: Environment;
  policy: Policy;
  episodes: number;
  /** Randomness of episode i: its start and its dynamics. The same streams give twins that differ by the attack alone. */
  dynamics(episode: number): Random;
  attack?: BoundAttack;
  /** Who may do something else than the agent chose. */
  hands?: BoundHands;
  /** What a poisoned learner would be paid. */
  pay?: Pay;
  breathe(): Promise<void>;
}

/** Batched steps between two breaths; one takes up to 5 ms with a network, 50 episodes and an attack with gradients. */
const STEPS_A_BREATH = 10;

export async function play({
  environment,
  policy,
  episodes: count,
  dynamics,
  attack,
  hands,
  pay,
  breathe,
}: Play): Promise<Played> {
  const size = policy.observationSize;
  const limit = stepLimit(environment);
  const random = Array.from({ length: count }, (_, i) => dynamics(i));
  const states = random.map((stream) => environment.initial(stream));
  const episodes = states.map((): Episode => ({
    return: 0,
    paidReturn: 0,
    length: 0,
    overridden: 0,
    terminated: false,
    actions: [],
    rewards: [],
    observations: [],
  }));
  const trace: Trace = {
    states: [states[0]],
    perceived: [],
    scores: [],
    perceivedScores: [],
    distances: [],
  };
  const played: Played = {
    episodes,
    trace,
    reach: attack?.reach ?? [],
    budget: attack?.budget ?? null,
    steps: 0,
    attackedSteps: 0,
    flippedActions: 0,
    distanceSum: 0,
    distanceMax: 0,
  };

  let active = episodes.map((_, i) => i);
  for (let step = 1; step <= limit && active.length > 0; step++) {
    const observations = new Float32Array(active.length * size);
    active.forEach((episode, row) => observations.set(environment.observe(states[episode]), row * size));
    const seats = active.map((number) => ({ number, left: limit - step + 1 }));
    const perceived = attack ? attack.perceive(observations, policy, seats) : observations;
    const perceivedScores = policy.scores(perceived);
    const chosen = greedyActions(perceivedScores, policy.actions);
    const actions = hands ? hands.act(observations, perceivedScores, chosen, seats) : chosen;
    const scores = attack ? policy.scores(observations) : perceivedScores;
    const distances = attack?.distances(observations, perceived);
    if (distances) measure(played, distances, actions, greedyActions(scores, policy.actions));
    // The first episode stands in the first row as long as it lasts.
    if (active[0] === 0) {
      trace.perceived.push(...perceived.subarray(0, size));
      trace.scores.push(...scores.subarray(0, policy.actions));
      if (distances) {
        trace.perceivedScores.push(...perceivedScores.subarray(0, policy.actions));
        trace.distances.push(distances[0]!);
      }
    }

    active = active.filter((episode, row) => {
      const action = actions[row]!;
      const { state, reward, terminated } = environment.step(states[episode], action, random[episode]!);
      states[episode] = state;
      const record = episodes[episode]!;
      const observation = observations.subarray(row * size, (row + 1) * size);
      record.return += reward;
      record.paidReturn += pay
        ? pay(
            {
              row: episode,
              observation,
              action,
              reward,
              next: environment.observe(state),
              terminated,
              truncated: !terminated && step === limit,
            },
            policy,
          )
        : reward;
      record.length++;
      if (action !== chosen[row]) record.overridden++;
      record.terminated = terminated;
      record.actions.push(action);
      record.rewards.push(reward);
      record.observations.push(observation);
      if (episode === 0) {
        trace.states.push(state);
      }
      return !terminated;
    });
    if (step % STEPS_A_BREATH === 0) await breathe();
  }
  played.steps = episodes.reduce((sum, { length }) => sum + length, 0);
  return played;
}

function measure(
  played: Played,
  distances: Float64Array,
  actions: Int32Array,
  cleanActions: Int32Array,
): void {
  distances.forEach((distance, row) => {
    if (distance > 0) played.attackedSteps++;
    if (actions[row] !== cleanActions[row]) played.flippedActions++;
    played.distanceSum += distance;
    played.distanceMax = Math.max(played.distanceMax, distance);
  });
}

const meanOf = ({ episodes }: Played, value: (episode: Episode) => number): number =>
  episodes.reduce((sum, episode) => sum + value(episode), 0) / episodes.length;

export const meanReturn = (played: Played): number => meanOf(played, (episode) => episode.return);
export const meanPaidReturn = (played: Played): number => meanOf(played, (episode) => episode.paidReturn);

/**
 * The first episode as an event. Attacked, its perceived states are drawn too, where the environment can. `certified`: of
 * its steps.
 */
export function trajectory(
  environment: Environment,
  { episodes, trace, reach, budget }: Played,
  about: { arm: number; attack: number | null; trainedSteps: number | null },
  certified?: Uint8Array,
): RunEvent {
  const episode = episodes[0]!;
  const { width, height, backdrop } = environment.scene(trace.states[0]);
  const perceived = Float32Array.from(trace.perceived);
  // An attack on hands or world leaves what is seen alone.
  const blind = about.attack !== null && trace.distances.length === 0;
  const size = perceived.length / episode.length;
  const { observationSpace, actionSpace, stateFromObservation } = environment;
  return {
    type: 'trajectory',
    ...about,
    scene: { width, height, backdrop },
    frames: trace.states.map((state) => environment.scene(state).shapes),
    perceivedFrames:
      about.attack === null || blind || !stateFromObservation
        ? []
        : episode.actions.map(
            (_, i) =>
              environment.scene(stateFromObservation(perceived.subarray(i * size, (i + 1) * size))).shapes,
          ),
    observationNames: observationSpace.kind === 'box' ? observationSpace.names : ['state'],
    observations: Float32Array.from(episode.observations.flatMap((values) => [...values])),
    perceived: blind ? new Float32Array() : perceived,
    actionNames: actionSpace.names,
    scores: Float32Array.from(trace.scores),
    perceivedScores: Float32Array.from(trace.perceivedScores),
    reach,
    ...(!blind && { distances: Float32Array.from(trace.distances) }),
    budget,
    ...(certified && { certified }),
    actions: Uint8Array.from(episode.actions),
    rewards: Float32Array.from(episode.rewards),
    return: episode.return,
    terminated: episode.terminated,
    truncated: !episode.terminated,
  };
}
