/** Every agent with every attack and defence that fits it, run whole: events, budgets, seeds, resume, memory. */
import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { CatalogEntry } from '../../src-main/contract/catalog';
import { parseExperiment, type Experiment } from '../../src-main/contract/experiment';
import type { RunEvent } from '../../src-main/contract/events';
import { agents, engineCatalog } from '../../src-main/engine/registry';
import { run, type RunJob } from '../../src-main/engine/run';
import { digested, recordingHost } from '../fixtures/tiny';

const catalog = engineCatalog();
/** Training made short; what is learnt does not matter here. */
const SHORT: Record<string, object> = {
  'q-learning': { steps: 3000 },
  sarsa: { steps: 3000 },
  'value-iteration': {},
  dqn: { steps: 1200, learningStarts: 200, trainEvery: 200, gradientSteps: 4, hidden: 16 },
  'behaviour-cloning': { logSteps: 100, exploration: 1, epochs: 1, hidden: 4 },
  'offline-dqn': { logSteps: 100, exploration: 1, gradientSteps: 20, hidden: 4 },
  ppo: { steps: 1024, hidden: 16, epochs: 2, examineEvery: 512 },
};
/** Fitting made short likewise, and what has no default. */
const SHORT_FIT: Record<string, object> = {
  'learned-adversary': { trainingSteps: 512 },
  'worst-dynamics': { points: 3, searches: 4, episodes: 2 },
  'robust-sarsa': { trainingSteps: 512, gradientSteps: 20 },
  atla: { every: 512, adversarySteps: 512 },
  'painted-rewards': { rewards: ['6 = -1'] },
};
const learning = agents.filter(({ origin }) => origin === 'trained');
const ids = (wanted: (entry: CatalogEntry) => boolean) => catalog.filter(wanted).map(({ id }) => ({ id }));

const short = (entry: { id: string }) => ({ ...entry, ...SHORT_FIT[entry.id] });

/** What poisoned and hardened agents meet: noise, a gradient attack and a hand on the actions, whichever fit. */
const MET = ['random-observation', 'mad', 'lowest-value', 'random-action'];

/** All attacks on the plain agent, or all poisonings and defences under a few: their cross would take minutes. */
function experiment(agent: (typeof agents)[number], part: 'attacked' | 'hardened'): Experiment {
  const finite = agent.requires.includes('finite-states');
  const offered = [...agent.capabilities, finite ? 'finite-states' : 'box-observations'];
  const fits = ({ requires }: CatalogEntry) => (requires ?? []).every((need) => offered.includes(need));
  const hardened = part === 'hardened';
  const poisoning = ids(
    (entry) => hardened && ['reward', 'policy', 'log'].includes(entry.surface!) && fits(entry),
  );
  const defenses = ids((entry) => hardened && entry.stage?.startsWith('rl-') === true && fits(entry));
  const parsed = parseExperiment(
    {
      name: 'tiny',
      task: 'reinforcement-learning',
      environment: { id: finite ? 'FrozenLake-v1' : 'CartPole-v1' },
      agent: { id: agent.id, ...(SHORT[agent.id] ?? { steps: 2000 }) },
      poisoning: poisoning.map(short),
      attacks: ids(
        (entry) =>
          ['observation', 'action', 'dynamics'].includes(entry.surface!) &&
          fits(entry) &&
          (!hardened || MET.includes(entry.id)),
      ).map(short),
      defenses: defenses.map(short),
      // Each of them once, not their cross.
      arms: [
        ...(hardened ? [] : [{ poisoning: 'clean', defense: 'undefended' }]),
        ...poisoning.map(({ id }) => ({ poisoning: id, defense: 'undefended' })),
        ...defenses.map(({ id }) => ({ poisoning: 'clean', defense: id })),
      ],
      evaluation: { episodes: 4 },
    },
    catalog,
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.experiment;
}

async function record(spec: Experiment, resume: RunJob['resume'] = null): Promise<RunEvent[]> {
  const host = recordingHost();
  await run({ experiment: spec, inputs: {}, host, resume });
  return host.events;
}

const cases = learning.flatMap((agent) =>
  (['attacked', 'hardened'] as const).map((part) => ({ name: `${agent.id}, ${part}`, agent, part })),
);

describe.each(cases)('$name', ({ agent, part }) => {
  const spec = experiment(agent, part);
  let recorded: Promise<RunEvent[]> | null = null;
  /** One run serves all tests of a case. */
  const whole = () => (recorded ??= record(spec));

  it('runs every arm under every attack, within budgets, its progress adding up', async () => {
    const events = await whole();
    const started = events[0] as Extract<RunEvent, { type: 'run-started' }>;
    const { arms, attacks, work } = started.plan;
    expect(events.filter(({ type }) => type === 'evaluation')).toHaveLength(
      arms.length * (attacks.length + 1),
    );
    const checks = events.flatMap((event) => (event.type === 'check' ? [event.check] : []));
    for (const wanted of ['within-budget', 'epsilon-zero-is-clean']) {
      const found = checks.filter((check) => check.id === wanted);
      expect(found.length).toBeGreaterThan(0);
      expect(found.filter(({ status }) => status === 'fail')).toEqual([]);
    }
    const done = events.reduce((last, event) => (event.type === 'progress' ? event.done : last), 0);
    expect(done / work).toBeCloseTo(1, 1);
    expect(events.some(({ type }) => type === 'trajectory')).toBe(true);
  });

  it('goes on after its checkpoints as it would have', async () => {
    const events = await whole();
    const checkpoints = events.flatMap((event, i) => (event.type === 'checkpoint' ? [i] : []));
    for (const at of [checkpoints[0]!, checkpoints.at(-1)!]) {
      const { position, state } = events[at] as Extract<RunEvent, { type: 'checkpoint' }>;
      const again = await record(spec, { position, state, history: events.slice(0, at + 1) });
      expect(digested(again)).toEqual(digested(events.slice(at + 1)));
    }
  });

  it('gives equal events for equal seeds, and leaves no tensor behind', async () => {
    const events = await whole();
    const before = tf.memory().numTensors;
    expect(digested(await record(spec))).toEqual(digested(events));
    expect(tf.memory().numTensors).toBe(before);
  });
});
