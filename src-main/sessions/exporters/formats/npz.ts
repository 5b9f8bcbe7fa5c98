import { writeFile } from 'node:fs/promises';
import type { ArmState, Example, RunState, Trajectory } from '../../../contract/fold';
import { stateOf } from '../../show';
import { defineExporter } from '../exporter';
import { npy } from '../npy';

const flat = (arrays: readonly Float32Array[]): Float32Array => {
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  arrays.reduce((at, array) => (all.set(array, at), at + array.length), 0);
  return all;
};

/** One entry an example along the first axis of every array. */
function exampleArrays(examples: readonly Example[]): Record<string, Uint8Array> {
  const [first] = examples;
  if (!first) return {};
  const shape = [examples.length, ...first.shape];
  const integers = (value: (example: Example) => number) => npy(Int32Array.from(examples, value));
  const reals = (value: (example: Example) => number | null) =>
    npy(Float32Array.from(examples, (example) => value(example) ?? NaN));
  return {
    clean: npy(flat(examples.map(({ clean }) => clean)), shape),
    adversarial: npy(flat(examples.map(({ adversarial }) => adversarial)), shape),
    arm: integers(({ arm }) => arm),
    attack: integers(({ attack }) => attack),
    input: integers(({ input }) => input),
    label: integers(({ label }) => label),
    aim: integers(({ aim }) => aim ?? -1),
    predicted_before: integers(({ before }) => before.label),
    predicted_after: integers(({ after }) => after.label),
    confidence_before: reals(({ before }) => before.confidence),
    confidence_after: reals(({ after }) => after.confidence),
  };
}

/** One entry a step along the first axis: recorded episodes one after the other, told apart by `arm` and `attack`. */
function episodeArrays(episodes: readonly Trajectory[]): Record<string, Uint8Array> {
  const [first] = episodes;
  if (!first) return {};
  const steps = (episode: Trajectory) => episode.actions.length;
  const size = first.observationNames.length;
  const total = episodes.reduce((sum, episode) => sum + steps(episode), 0);
  const each = (value: (episode: Trajectory, step: number) => number) =>
    episodes.flatMap((episode) => Array.from({ length: steps(episode) }, (_, step) => value(episode, step)));
  // An observation that was not attacked is what was perceived.
  const perceived = episodes.map(({ observations, perceived: seen }) => (seen.length ? seen : observations));
  const cut = (array: Float32Array, episode: Trajectory) => array.subarray(0, steps(episode) * size);
  return {
    observations: npy(flat(episodes.map((episode) => cut(episode.observations, episode))), [total, size]),
    perceived: npy(flat(perceived.map((array, i) => cut(array, episodes[i]!))), [total, size]),
    arm: npy(Int32Array.from(each(({ arm }) => arm))),
    attack: npy(Int32Array.from(each(({ attack }) => attack ?? -1))),
    trained_steps: npy(Int32Array.from(each(({ trainedSteps }) => trainedSteps ?? -1))),
    step: npy(Int32Array.from(each((_, step) => step))),
    action: npy(Int32Array.from(each(({ actions }, step) => actions[step]!))),
    reward: npy(Float32Array.from(each(({ rewards }, step) => rewards[step]!))),
    observation_names: npy(first.observationNames),
  };
}

/**
 * One entry a recorded step along the first axis: the logs that offline learners were given, told apart by `log_arm`. The
 * cleaned log is where `log_removed` is 0.
 */
function logArrays(arms: readonly ArmState[]): Record<string, Uint8Array> {
  const given = arms.flatMap((arm) => (arm.log ? [{ ...arm, log: arm.log }] : []));
  if (!given.length) return {};
  const size = given[0]!.log.names.length;
  const rows = given.reduce((sum, { log }) => sum + log.steps.actions.length, 0);
  const each = (value: (arm: (typeof given)[number], row: number) => number): Int32Array =>
    Int32Array.from(given.flatMap((arm) => Array.from(arm.log.steps.actions, (_, row) => value(arm, row))));
  const marked = (of: (arm: ArmState) => Uint32Array | undefined): Int32Array => {
    const marks = new Map(given.map((arm) => [arm.plan.index, new Set(of(arm))]));
    return each(({ plan }, row) => (marks.get(plan.index)!.has(row) ? 1 : 0));
  };
  const observed = (part: 'observations' | 'next') =>
    npy(flat(given.map(({ log }) => log.steps[part])), [rows, size]);
  return {
    log_observations: observed('observations'),
    log_next: observed('next'),
    log_action: npy(each(({ log }, row) => log.steps.actions[row]!)),
    log_reward: npy(flat(given.map(({ log }) => log.steps.rewards))),
    log_terminated: npy(each(({ log }, row) => log.steps.terminated[row]!)),
    log_arm: npy(each(({ plan }) => plan.index)),
    log_altered: npy(marked(({ poisoned }) => poisoned?.changed)),
    log_removed: npy(marked(({ suspects }) => suspects?.removed)),
    log_names: npy(given[0]!.log.names),
  };
}

/** What the numbers in `arm` and `attack` stand for, as JSON. */
const names = ({ plan, data }: RunState): Record<string, Uint8Array> => ({
  arms: npy(
    (plan?.arms ?? []).map(({ model, poisoning, defense, seed }) =>
      JSON.stringify({ model, poisoning, defense, seed }),
    ),
  ),
  attacks: npy((plan?.attacks ?? []).map(({ id, params }) => JSON.stringify({ id, params }))),
  classes: npy(data?.classes ?? []),
});

export default defineExporter({
  id: 'npz',
  title: 'NumPy arrays',
  summary:
    'Recorded images clean and adversarial (examples × height × width × channels, in [0, 1]) with their labels and predictions; of agents the observations of the recorded episodes as they were and as they were perceived (steps × values), and the logs that offline learners were given, with what was altered and what a filter removed. numpy.load opens it, without pickles.',
  limits:
    'Only what the session recorded: some examples of each arm and attack, one episode likewise. −1 stands for no attack, no aim, and training that was over.',
  reference: {
    authors: 'C. R. Harris and others',
    title: 'Array programming with NumPy',
    year: 2020,
    where: 'Nature 585, doi:10.1038/s41586-020-2649-2',
  },
  extension: '.npz',
  async write(session, place) {
    const { zipSync } = await import('fflate');
    const state = stateOf(session);
    const arrays = {
      ...names(state),
      ...exampleArrays(state.examples),
      ...episodeArrays([...state.trajectories.values()]),
      ...logArrays(state.arms),
    };
    const files = Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes]));
    // The time of a file would make two exports of one session differ.
    await writeFile(place(), zipSync(files, { level: 6, mtime: new Date(1980, 0, 1) }));
  },
});
