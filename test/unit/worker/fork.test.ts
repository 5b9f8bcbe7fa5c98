/** A forked run takes over what was trained, and is what a run from scratch would be. */
import '@tensorflow/tfjs-node';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalog } from '../../../src-main/contract/catalog-data';
import { WALL_CLOCK_FIELDS, type RunEvent } from '../../../src-main/contract/events';
import { parseExperiment, pathsOf, type Experiment } from '../../../src-main/contract/experiment';
import { grantsOf } from '../../../src-main/sessions/grants';
import { SessionReader, withSession } from '../../../src-main/sessions/reader';
import { createSession, SessionWriter } from '../../../src-main/sessions/writer';
import { inheritanceOf } from '../../../src-main/worker/inheritance';
import { reproduce } from '../../../src-main/worker/reproduction';
import { SessionRun } from '../../../src-main/worker/session-run';
import { digested, tinyDataset } from '../../fixtures/tiny';
import { header, provenance, temporaryFolder } from '../sessions/session-fixture';

function parsed(raw: Record<string, unknown>): Experiment {
  const result = parseExperiment(raw, catalog);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.experiment;
}
const classifiers = (more: Record<string, unknown>) =>
  parsed({
    name: 'small',
    task: 'classification',
    dataset: { id: 'mnist' },
    model: { id: 'mlp', units: 8 },
    training: { epochs: 2, batchSize: 32 },
    attacks: [{ id: 'fgsm', epsilon: 0.1 }],
    evaluation: { samples: 12 },
    ...more,
  });
const agents = (more: Record<string, unknown>) =>
  parsed({
    name: 'lake',
    task: 'reinforcement-learning',
    environment: { id: 'FrozenLake-v1' },
    agent: { id: 'q-learning', steps: 300 },
    attacks: [{ id: 'random-observation', cells: 1 }],
    evaluation: { episodes: 2 },
    ...more,
  });

function jobOf(experiment: Experiment, file = '') {
  const dataset = experiment.task === 'classification' ? tinyDataset() : undefined;
  return {
    experiment,
    inputs: {
      ...(dataset ? { dataset } : {}),
      ...(experiment.forkedFrom ? { inheritance: inheritanceOf(experiment, dataset, grantsOf([file])) } : {}),
    },
  };
}

async function recorded(file: string, experiment: Experiment, from = ''): Promise<RunEvent[]> {
  createSession(file, { ...header(), spec: experiment });
  const run = new SessionRun(SessionWriter.open(file, provenance), () => {});
  const { status, problem } = await run.toEnd(() => Promise.resolve(jobOf(experiment, from)));
  expect({ status, problem }).toEqual({ status: 'done', problem: null });
  return withSession(file, (session) => [...session.stream()].map(({ event }) => event));
}
/** Events of some types, without their wall-clock fields. */
const timeless = (events: RunEvent[], types: RunEvent['type'][]): unknown =>
  JSON.parse(
    JSON.stringify(digested(events.filter(({ type }) => types.includes(type))), (key, value: unknown) =>
      WALL_CLOCK_FIELDS.includes(key) ? undefined : value,
    ),
  );
const COMPARED: RunEvent['type'][] = ['point', 'trained', 'evaluation', 'example', 'check'];

describe('a fork of classifiers', () => {
  it('with another attack and seed trains only the new seed, and equals the run from scratch', async () => {
    const folder = temporaryFolder();
    const source = join(folder, 'source.sparring');
    const before = await recorded(source, classifiers({}));
    const changed = { seeds: [1, 2], attacks: [{ id: 'pgd', epsilon: 0.1, steps: 3 }] };
    const fork = classifiers({ ...changed, forkedFrom: { session: source, event: before.length } });
    const file = join(folder, 'fork.sparring');
    const forked = await recorded(file, fork, source);
    const scratch = await recorded(join(folder, 'scratch.sparring'), classifiers(changed));

    const inherited = forked.filter((event) => event.type === 'inherited');
    expect(inherited).toMatchObject([
      { arm: 0, session: source, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    expect(before[inherited[0]!.event - 1]!.type).toBe('trained');
    expect(timeless(forked, COMPARED)).toEqual(timeless(scratch, COMPARED));

    const session = SessionReader.open(file);
    const again = await reproduce(
      session,
      jobOf(fork, source),
      provenance,
      new AbortController().signal,
      () => {},
    );
    session.close();
    expect(again).toMatchObject({ difference: null, compared: forked.length });
  });

  it('takes nothing over from before the training was done, or of another training', async () => {
    const folder = temporaryFolder();
    const source = join(folder, 'source.sparring');
    const before = await recorded(source, classifiers({}));
    const trained = before.findIndex(({ type }) => type === 'trained') + 1;
    const armsOf = (more: Record<string, unknown>, event: number) =>
      inheritanceOf(
        classifiers({ ...more, forkedFrom: { session: source, event } }),
        tinyDataset(),
        grantsOf([source]),
      ).arms.map(({ arm }) => arm);
    expect(armsOf({}, trained)).toEqual([0]);
    expect(armsOf({}, trained - 1)).toEqual([]);
    expect(armsOf({ training: { epochs: 3, batchSize: 32 } }, trained)).toEqual([]);
    expect(armsOf({ seeds: [2] }, trained)).toEqual([]);
    expect(armsOf({ seeds: [2, 1] }, trained)).toEqual([1]);
  });

  it('of no event takes all that was trained; of another training it warns that nothing is taken over', async () => {
    const folder = temporaryFolder();
    const source = join(folder, 'source.sparring');
    await recorded(source, classifiers({}));
    const forked = async (more: Record<string, unknown>) => {
      const fork = classifiers({ ...more, forkedFrom: { session: source } });
      const events = await recorded(join(folder, `${JSON.stringify(more).length}.sparring`), fork, source);
      return events.filter(
        (event) =>
          event.type === 'inherited' || (event.type === 'warning' && event.code === 'nothing-inherited'),
      );
    };
    expect(await forked({})).toMatchObject([{ type: 'inherited', arm: 0 }]);
    expect(await forked({ training: { epochs: 1, batchSize: 16 } })).toMatchObject([
      {
        type: 'warning',
        code: 'nothing-inherited',
        message: expect.stringMatching(/it has another “training”. Every arm is trained anew/),
      },
    ]);
    expect(await forked({ seeds: [2] })).toMatchObject([
      {
        code: 'nothing-inherited',
        message: expect.stringMatching(/no arm of the same model, defence and seed/),
      },
    ]);
  });

  it('is refused with the reason: no session, no grant, no such event, other data', async () => {
    const folder = temporaryFolder();
    const source = join(folder, 'source.sparring');
    await recorded(source, classifiers({}));
    const of =
      (session: string, event: number, grants: string[], dataset = tinyDataset()) =>
      () =>
        inheritanceOf(classifiers({ forkedFrom: { session, event } }), dataset, grantsOf(grants));
    expect(of('not-there', 5, [])).toThrow(/forkedFrom.session.*was forked from is not there/);
    expect(of(source, 5, [])).toThrow(/was not allowed/);
    expect(of(source, 100_000, [source])).toThrow(/forkedFrom.event.*has \d+ events/);
    expect(of(source, 5, [source], { ...tinyDataset(), hash: 'changed' })).toThrow(/data have changed/);
    expect(pathsOf(classifiers({ forkedFrom: { session: source, event: 5 } }), catalog)).toEqual([
      { place: 'forkedFrom.session', path: source, what: 'file' },
    ]);
    expect(pathsOf(classifiers({ forkedFrom: { session: 'small-1', event: 5 } }), catalog)).toEqual([]);
    expect(pathsOf(classifiers({ forkedFrom: { session: 'a.sparring' } }), catalog)).toHaveLength(1);
  });
});

it('a fork of agents equals the run from scratch', async () => {
  const folder = temporaryFolder();
  const source = join(folder, 'source.sparring');
  const before = await recorded(source, agents({}));
  const changed = { attacks: [{ id: 'lowest-value', cells: 1 }] };
  const forked = await recorded(
    join(folder, 'fork.sparring'),
    agents({ ...changed, forkedFrom: { session: source, event: before.length } }),
    source,
  );
  expect(forked.some(({ type }) => type === 'inherited')).toBe(true);
  const scratch = await recorded(join(folder, 'scratch.sparring'), agents(changed));
  const compared: RunEvent['type'][] = [...COMPARED, 'trajectory'];
  expect(timeless(forked, compared)).toEqual(timeless(scratch, compared));
});
