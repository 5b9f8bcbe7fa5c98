/** A run against an endpoint that stops answering in the middle of an attack: what was found stays. */
import '@tensorflow/tfjs-node';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { catalog } from '../../../src-main/contract/catalog-data';
import type { RunEvent } from '../../../src-main/contract/events';
import { parseExperiment, type Experiment } from '../../../src-main/contract/experiment';
import { withSession } from '../../../src-main/sessions/reader';
import { createSession, SessionWriter } from '../../../src-main/sessions/writer';
import { openTarget } from '../../../src-main/targets';
import { SessionRun, type Ending } from '../../../src-main/worker/session-run';
import { digested, tinyDataset } from '../../fixtures/tiny';
import { header, provenance, temporaryFolder } from '../sessions/session-fixture';

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** Classifies bars by the brightness of their columns; breaks off every connection after `patience.answers` batches. */
function barServer(patience: { answers: number }): Promise<string> {
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      response.end(JSON.stringify({ inputShape: [8, 8, 1], classes: 3, gives: 'logits' }));
      return;
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (patience.answers-- <= 0) {
      request.socket.destroy();
      return;
    }
    const { shape, images } = JSON.parse(Buffer.concat(parts).toString()) as {
      shape: number[];
      images: string;
    };
    const values = new Float32Array(new Uint8Array(Buffer.from(images, 'base64')).buffer);
    const scores = Array.from({ length: shape[0]! }, (_, i) =>
      [0, 1, 2].map((label) =>
        values
          .subarray(i * 64, (i + 1) * 64)
          .reduce((sum, x, p) => sum + (p % 8 === label * 2 + 1 || p % 8 === label * 2 + 2 ? x : 0), 0),
      ),
    );
    response.end(JSON.stringify({ scores }));
  });
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    ),
  );
}

function experimentAt(address: string): Experiment {
  const parsed = parseExperiment(
    {
      name: 'asked',
      task: 'classification',
      dataset: { id: 'mnist' },
      model: { id: 'http', address, retries: 0, requestsPerSecond: 10_000 },
      attacks: [
        { id: 'random-noise', epsilon: [0.1, 0.3] },
        { id: 'square', epsilon: 0.3, queries: 40 },
      ],
      evaluation: { samples: 24 },
    },
    catalog,
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.experiment;
}

async function go(file: string, experiment: Experiment): Promise<Ending> {
  return new SessionRun(SessionWriter.open(file, provenance), () => {}).toEnd(async (signal) => ({
    experiment,
    inputs: {
      dataset: tinyDataset(),
      ...(await openTarget(experiment.model!, { allows: () => true }, signal)),
    },
  }));
}

const newSession = (experiment: Experiment): string => {
  const file = join(temporaryFolder(), 'a.sparring');
  createSession(file, { ...header(), spec: experiment });
  return file;
};
type Evaluation = Extract<RunEvent, { type: 'evaluation' }>;
const evaluationsOf = (file: string): Evaluation[] =>
  withSession(file, (session) =>
    session.events().flatMap(({ event }) => (event.type === 'evaluation' ? [event] : [])),
  );
const withoutSeconds = (events: RunEvent[]): unknown =>
  JSON.parse(
    JSON.stringify(digested(events), (key, value: unknown) => (/seconds$/i.test(key) ? undefined : value)),
  );

it('loses nothing when the endpoint stops answering, and goes on where it was', async () => {
  const patience = { answers: Infinity };
  const experiment = experimentAt(await barServer(patience));
  const whole = newSession(experiment);
  expect(await go(whole, experiment)).toEqual({ status: 'done', problem: null });

  // In the middle of the last attack.
  patience.answers = 20;
  const broken = newSession(experiment);
  const { status, problem } = await go(broken, experiment);
  expect([status, problem?.place]).toEqual(['failed', experiment.model!['address']]);
  expect(problem?.message).toContain('no answer after 1 try');
  const { position, state } = withSession(broken, (session) => session.resumePoint());
  expect(position).toEqual({ arm: 0, stage: 'evaluation', done: 2 });
  const fooled = Array.from(state['firstSuccess']!).flatMap((queries, row) => (queries > 0 ? [row] : []));
  expect(fooled.length).toBeGreaterThan(0);

  patience.answers = Infinity;
  expect(await go(broken, experiment)).toEqual({ status: 'done', problem: null });
  const [resumed, uninterrupted] = [broken, whole].map(evaluationsOf);
  expect(resumed!.map(({ attack }) => attack)).toEqual([null, 0, 1, 2]);
  expect(withoutSeconds(resumed!.slice(0, 3))).toEqual(withoutSeconds(uninterrupted!.slice(0, 3)));
  const RIGHT_THEN_WRONG = 1;
  for (const row of fooled) expect(resumed![3]!.outcome![row]).toBe(RIGHT_THEN_WRONG);
});
