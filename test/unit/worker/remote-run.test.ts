/** A run against an endpoint that stops answering in the middle of an attack: it goes on as if nothing had happened. */
import '@tensorflow/tfjs-node';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { catalog } from '../../../src-main/contract/catalog-data';
import { isControl, type RecordedEvent } from '../../../src-main/contract/events';
import { parseExperiment, type Entry, type Experiment } from '../../../src-main/contract/experiment';
import { withSession } from '../../../src-main/sessions/reader';
import { createSession, SessionWriter } from '../../../src-main/sessions/writer';
import { openTarget } from '../../../src-main/targets';
import { SessionRun, type Ending } from '../../../src-main/worker/session-run';
import { digested, tinyDataset } from '../../fixtures/tiny';
import { header, provenance, temporaryFolder } from '../sessions/session-fixture';

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** When a server stops answering, and what it has answered. */
interface Patience {
  answers: number;
  /** The images of every batch that was answered. */
  answered: string[];
}

/** Classifies bars by the brightness of their columns; breaks off every connection after `patience.answers` batches. */
function barServer(patience: Patience): Promise<string> {
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
    patience.answered.push(images);
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

function experimentAt(address: string, attacks: Entry[]): Experiment {
  const parsed = parseExperiment(
    {
      name: 'asked',
      task: 'classification',
      dataset: { id: 'mnist' },
      model: { id: 'http', address, retries: 0, requestsPerSecond: 10_000 },
      attacks,
      evaluation: { samples: 24 },
    },
    catalog,
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.experiment;
}

async function go(
  file: string,
  experiment: Experiment,
  recorded: (event: RecordedEvent) => void = () => {},
): Promise<Ending> {
  return new SessionRun(SessionWriter.open(file, provenance), recorded).toEnd(async (signal) => ({
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
/** What was found, and in which order. */
const recordOf = (file: string): unknown => {
  const events = withSession(file, (session) => session.events().map(({ event }) => event));
  return JSON.parse(
    JSON.stringify(digested(events.filter((event) => !isControl(event))), (key, value: unknown) =>
      /seconds$/i.test(key) ? undefined : value,
    ),
  );
};
const interruptions = (file: string): number =>
  withSession(file, (session) => session.events().filter(({ event }) => event.type === 'attack-interrupted'))
    .length;

const ATTACKS: [name: string, attacks: Entry[]][] = [
  [
    'random noise and Square',
    [
      { id: 'random-noise', epsilon: [0.1, 0.3] },
      { id: 'square', queries: 40 },
    ],
  ],
  // One question of it holds 24 × 60 images: more than an oracle or the endpoint is asked about at once.
  ['NES', [{ id: 'nes', samples: 60, queries: 200, epsilon: 0.1 }]],
  ['GenAttack', [{ id: 'genetic', queries: 100, epsilon: 0.1, goal: 'targeted-least-likely' }]],
  ['HopSkipJump', [{ id: 'hop-skip-jump', queries: 250 }]],
  ['a substitute', [{ id: 'substitute', substitute: 'article-cnn', rounds: 2, epochs: 2 }]],
  [
    'inversion, membership and extraction',
    [
      { id: 'black-box-inversion', steps: 6, samples: 4, grid: 4 },
      { id: 'membership-loss' },
      { id: 'copycat', queries: 40, copy: 'softmax-regression', epochs: 1, attack: { id: 'fgsm' } },
    ],
  ],
  ['a learned attacker', [{ id: 'rl-attacker', trainingQueries: 600, queries: 12 }]],
];

describe.each(ATTACKS)('%s', (_, attacks) => {
  it('lose nothing when the endpoint stops answering, and go on where they were', async () => {
    const patience: Patience = { answers: Infinity, answered: [] };
    const experiment = experimentAt(await barServer(patience), attacks);
    const whole = newSession(experiment);
    const checkpoints: number[] = [];
    let [work, done] = [0, 0];
    const ending = await go(whole, experiment, ({ event }) => {
      if (event.type === 'checkpoint') checkpoints.push(patience.answered.length);
      if (event.type === 'run-started') ({ work } = event.plan);
      if (event.type === 'progress') ({ done } = event);
    });
    expect(ending).toEqual({ status: 'done', problem: null });
    // The work was reckoned right, fitting included.
    expect(done).toBeCloseTo(work, 6);
    const all = patience.answered;
    const [begin, end] = [checkpoints[0]!, checkpoints.at(-1)!];

    const broken = newSession(experiment);
    patience.answered = [];
    // Whenever the run is taken up it asks about the clean images again.
    let again = 0;
    for (const share of [0.1, 0.5, 0.9]) {
      const until = begin + Math.floor(share * (end - begin));
      patience.answers = until + again - patience.answered.length;
      const { status, problem } = await go(broken, experiment);
      expect([status, problem?.place]).toEqual(['failed', experiment.model!['address']]);
      expect(problem?.message).toContain('no answer after 1 try');
      expect(interruptions(broken)).toBe(++again);
    }
    patience.answers = Infinity;
    expect(await go(broken, experiment)).toEqual({ status: 'done', problem: null });
    expect(recordOf(broken)).toEqual(recordOf(whole));
    const repeated = Array<string>(again).fill(all[0]!);
    expect([...patience.answered].sort()).toEqual([...all, ...repeated].sort());
  });
});
