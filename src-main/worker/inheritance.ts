/** Reads what a forked experiment takes over from its session. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Grants, ImageDataset } from '../contract/dataset';
import { isControl, type ArmPlan, type RunEvent } from '../contract/events';
import type { Experiment } from '../contract/experiment';
import { LabError } from '../contract/problem';
import { canBeInherited, type Inheritance, type InheritedArm } from '../engine/inheritance';
import { plan } from '../engine/plan';
import { bytesOf } from '../sessions/encoding';
import { Library } from '../sessions/library';
import { withSession, type SessionReader } from '../sessions/reader';

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What would make the experiments train an arm differently. */
const differences = (a: Experiment, b: Experiment): string[] =>
  (['task', 'dataset', 'training', 'environment', 'agent'] as const).filter((key) => !same(a[key], b[key]));

const isSameArm = (a: ArmPlan, b: ArmPlan): boolean =>
  (['model', 'poisoning', 'defense', 'seed'] as const).every((key) => same(a[key] ?? null, b[key] ?? null));

/** A path must be granted; everything else is looked for in the library. */
function fileOf(session: string, grants: Grants): string {
  if (existsSync(session) && !grants.allows(session))
    throw new LabError(
      'forkedFrom.session',
      `reading “${session}” was not allowed`,
      'Start again and allow it.',
    );
  try {
    return new Library().find(session);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    throw new LabError(
      'forkedFrom.session',
      `the session “${session}” this run was forked from is not there: ${error.problem.message}`,
      'Put it back into the library; or take “forkedFrom” out: every arm is trained anew then.',
    );
  }
}

/** @throws LabError where the session is missing, or has no such event, or was run on other data */
export function inheritanceOf(
  experiment: Experiment,
  dataset: ImageDataset | undefined,
  grants: Grants,
): Inheritance {
  const { session, event } = experiment.forkedFrom!;
  return withSession(fileOf(session, grants), (reader) => {
    const until = event ?? reader.last();
    if (until > reader.last()) {
      throw new LabError(
        'forkedFrom.event',
        `found ${until}; the session “${session}” has ${reader.last()} events`,
        'Name one of its events, or none for all of them.',
      );
    }
    const { spec } = reader.header();
    const theirs = reader.ofType('run-started')[0]?.plan.arms ?? [];
    const differs = differences(spec, experiment);
    if (differs.length) return { session, arms: [], differs };
    const [data] = reader.ofType('data-loaded');
    if (data && dataset && data.hash !== dataset.hash) {
      throw new LabError(
        'dataset',
        `the data have changed since “${session}” was recorded`,
        'Restore the files; or take “forkedFrom” out: every arm is trained anew then.',
      );
    }
    const trained = reader.eventsOf(['arm-started', 'trained']).filter(({ sequence }) => sequence <= until);
    const sequenceOf = (type: RunEvent['type'], arm: number) =>
      trained.filter(({ event }) => event.type === type && 'arm' in event && event.arm === arm).at(-1)
        ?.sequence;
    const arms = plan(experiment).arms.flatMap((arm): InheritedArm[] => {
      const twin = canBeInherited(arm) ? theirs.find((other) => isSameArm(arm, other)) : undefined;
      const from = twin && sequenceOf('arm-started', twin.index);
      const to = twin && sequenceOf('trained', twin.index);
      return from && to ? [{ arm: arm.index, event: to, ...recordOf(reader, from, to) }] : [];
    });
    return { session, arms, differs };
  });
}

/** An arm's events from its beginning to its `trained`, without what concerns the other run alone. */
function recordOf(reader: SessionReader, from: number, to: number): Pick<InheritedArm, 'record' | 'hash'> {
  const record = reader
    .events({ after: from, limit: to - from })
    .map(({ event }) => event)
    .filter((event) => !isControl(event) && event.type !== 'progress' && event.type !== 'checkpoint');
  const { weights } = record.at(-1) as Extract<RunEvent, { type: 'trained' }>;
  const hash = createHash('sha256');
  for (const [name, array] of Object.entries(weights)) hash.update(`${name}\0`).update(bytesOf(array));
  return { record, hash: hash.digest('hex') };
}
