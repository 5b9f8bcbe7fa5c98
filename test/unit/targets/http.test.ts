import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { RemoteModel } from '../../../src-main/contract/remote-model';
import { openTarget } from '../../../src-main/targets';
import { Client, type Clock, type Patience } from '../../../src-main/targets/client';
import { scoresFrom } from '../../fixtures/remote';

const { signal } = new AbortController();
const all = { allows: () => true };

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** A server on loopback for one test; its address. */
function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
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

/** Answers the n-th request with the n-th status and headers; the last again and again. */
function serveStatuses(...statuses: [status: number, headers?: Record<string, string>][]) {
  let asked = 0;
  const address = serve((_, response) => {
    const [status, headers = {}] = statuses[Math.min(asked++, statuses.length - 1)]!;
    response.writeHead(status, headers).end(status === 200 ? '{"fine":true}' : 'in trouble');
  });
  return { address, asked: () => asked };
}

/** Time that passes only by sleeping. */
class SetClock implements Clock {
  readonly slept: number[] = [];
  private time = Date.UTC(2026, 0, 1);

  now(): number {
    return this.time;
  }
  async sleep(milliseconds: number, stopped: AbortSignal): Promise<void> {
    stopped.throwIfAborted();
    this.slept.push(milliseconds);
    this.time += milliseconds;
  }
}

const patience: Patience = { timeout: 10, retries: 3, requestsPerSecond: 10_000 };
/** Waits between requests at the allowed rate are not of interest. */
const waits = ({ slept }: SetClock): number[] => slept.filter((wait) => wait > 1);

describe('the client', () => {
  it('repeats what may pass, waiting twice as long each time', async () => {
    const { address, asked } = serveStatuses([503], [500], [429], [200]);
    const clock = new SetClock();
    const client = new Client(await address, patience, clock);
    expect(await client.json('GET', undefined, signal)).toEqual({ fine: true });
    expect(waits(clock)).toEqual([500, 1000, 2000]);
    expect(asked()).toBe(4);
  });

  it('gives up after the last try, saying what came and that nothing is lost', async () => {
    const { address, asked } = serveStatuses([503]);
    const client = new Client(await address, patience, new SetClock());
    await expect(client.json('GET', undefined, signal)).rejects.toMatchObject({
      problem: {
        place: await address,
        message: 'no answer after 4 tries: HTTP 503: in trouble',
        remedy: expect.stringContaining('resume the session') as string,
      },
    });
    expect(asked()).toBe(4);
  });

  it('waits as long as the server asks, in seconds or until a date', async () => {
    const until = new Date(Date.UTC(2026, 0, 1, 0, 1)).toUTCString();
    const { address } = serveStatuses(
      [429, { 'retry-after': '7' }],
      [503, { 'retry-after': until }],
      [503, { 'retry-after': 'soon' }],
      [200],
    );
    const clock = new SetClock();
    await new Client(await address, patience, clock).json('GET', undefined, signal);
    expect(waits(clock)).toEqual([7000, 53_000, 2000]);
  });

  it('does not wait for hours', async () => {
    const { address, asked } = serveStatuses([429, { 'retry-after': '7200' }]);
    const clock = new SetClock();
    const client = new Client(await address, patience, clock);
    await expect(client.json('GET', undefined, signal)).rejects.toThrow(
      'HTTP 429: in trouble, and asks to wait for 7200 s',
    );
    expect([asked(), waits(clock)]).toEqual([1, []]);
  });

  it('does not repeat what will not pass', async () => {
    const { address, asked } = serveStatuses([404]);
    const client = new Client(await address, patience, new SetClock());
    await expect(client.json('GET', undefined, signal)).rejects.toThrow('refused with HTTP 404: in trouble');
    expect(asked()).toBe(1);
  });

  it('follows no redirect', async () => {
    const { address: elsewhere, asked } = serveStatuses([200]);
    const { address } = serveStatuses([307, { location: await elsewhere }]);
    const client = new Client(await address, patience, new SetClock());
    await expect(client.json('POST', {}, signal)).rejects.toThrow(
      `redirects to ${await elsewhere} (HTTP 307)`,
    );
    expect(asked()).toBe(0);
  });

  it('gives up an answer that is late, and repeats the request', async () => {
    let asked = 0;
    const address = await serve((_, response) => {
      if (++asked > 1) response.end('{}');
    });
    const client = new Client(address, { ...patience, timeout: 0.05 }, new SetClock());
    expect(await client.json('GET', undefined, signal)).toEqual({});
    const never = new Client(
      await serve(() => {}),
      { ...patience, timeout: 0.02, retries: 1 },
      new SetClock(),
    );
    await expect(never.json('GET', undefined, signal)).rejects.toThrow(
      'no answer after 2 tries: nothing within 0.02 s',
    );
  });

  it('repeats a request whose connection broke, and names why', async () => {
    let asked = 0;
    const address = await serve((request, response) => {
      if (++asked > 1) response.end('{"fine":true}');
      else {
        response.writeHead(200, { 'content-length': '100' }).write('{"fi');
        setImmediate(() => request.socket.destroy());
      }
    });
    expect(await new Client(address, patience, new SetClock()).json('GET', undefined, signal)).toEqual({
      fine: true,
    });
    const closed = new Client('http://127.0.0.1:1/', { ...patience, retries: 0 }, new SetClock());
    await expect(closed.json('GET', undefined, signal)).rejects.toThrow('no answer after 1 try');
  });

  it('sends no more requests a second than it may, repeated ones included', async () => {
    const { address } = serveStatuses([200], [503], [200]);
    const clock = new SetClock();
    const client = new Client(await address, { ...patience, requestsPerSecond: 0.5 }, clock);
    await client.json('GET', undefined, signal);
    await client.json('GET', undefined, signal);
    expect(clock.slept).toEqual([2000, 500, 1500]);
  });

  it('keeps its connection', async () => {
    const sockets = new Set<unknown>();
    const address = await serve((request, response) => {
      sockets.add(request.socket);
      response.end('{}');
    });
    const client = new Client(address, patience, new SetClock());
    for (let i = 0; i < 20; i++) await client.json('GET', undefined, signal);
    // fetch opens a second one when it is asked again before the first is free.
    expect(sockets.size).toBeLessThan(3);
  });

  it('stops with the signal’s reason: before, while it waits, while it asks', async () => {
    const reason = new Error('enough');
    const { address } = serveStatuses([503]);
    const patient = new Client(await address, patience);
    await expect(patient.json('GET', undefined, AbortSignal.abort(reason))).rejects.toBe(reason);

    const waiting = new AbortController();
    const waits: Clock = {
      now: () => 0,
      sleep: (_, stopped) => {
        waiting.abort(reason);
        return Promise.reject(stopped.reason as Error);
      },
    };
    await expect(
      new Client(await address, patience, waits).json('GET', undefined, waiting.signal),
    ).rejects.toBe(reason);

    const asking = new AbortController();
    const silent = new Client(await serve(() => asking.abort(reason)), patience);
    await expect(silent.json('GET', undefined, asking.signal)).rejects.toBe(reason);
  });

  it('reads no endless answer', async () => {
    const address = await serve((_, response) => {
      const part = Buffer.alloc(2 ** 20, 32);
      const more = () => {
        while (!response.destroyed && response.write(part));
      };
      response.on('drain', more);
      more();
    });
    const client = new Client(address, patience, new SetClock());
    await expect(client.json('GET', undefined, signal)).rejects.toThrow('larger than 64 MB');
  });
});

const SHAPE = [2, 3, 1] as const;
const SIZE = 6;

interface Endpoint {
  description?: unknown;
  /** Answers a request for images; text is sent as it is. */
  answer?: (images: Float32Array[]) => unknown;
}
const scoresOf = (image: Float32Array): number[] => [image[0]!, image[1]! - 1, image[5]!];

/** An endpoint as docs/http-target.md wants it, but for what is changed. */
function endpoint({ description = {}, answer }: Endpoint = {}): Promise<string> {
  const classify = answer ?? ((images: Float32Array[]) => ({ scores: images.map(scoresOf) }));
  const send = (response: ServerResponse, body: unknown) =>
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  return serve((request: IncomingMessage, response) => {
    if (request.method === 'GET') {
      send(response, { inputShape: SHAPE, classes: 3, gives: 'logits', ...(description as object) });
      return;
    }
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { shape, images } = JSON.parse(Buffer.concat(parts).toString()) as {
        shape: number[];
        images: string;
      };
      const bytes = new Uint8Array(Buffer.from(images, 'base64'));
      const values = new Float32Array(bytes.buffer);
      expect(shape).toEqual([values.length / SIZE, ...SHAPE]);
      const rows = Array.from({ length: shape[0]! }, (_, i) => values.subarray(i * SIZE, (i + 1) * SIZE));
      send(response, classify(rows));
    });
  });
}

const images = Float32Array.from({ length: 10 * SIZE }, (_, i) => ((i * 37) % 101) / 101);
const rows = Array.from({ length: 10 }, (_, i) => images.subarray(i * SIZE, (i + 1) * SIZE));

async function open(change: Endpoint = {}, params: Record<string, unknown> = {}): Promise<RemoteModel> {
  const address = await endpoint(change);
  const { remoteModel } = await openTarget({ id: 'http', address, retries: 0, ...params }, all);
  return remoteModel!;
}

describe('an HTTP endpoint', () => {
  it('is asked in batches, and gives every image’s scores', async () => {
    const sizes: number[] = [];
    const model = await open(
      {
        answer: (some) => {
          sizes.push(some.length);
          return { scores: some.map(scoresOf) };
        },
      },
      { batchSize: 4 },
    );
    expect(model).toMatchObject({ inputShape: [2, 3, 1], classes: 3, gives: 'scores' });
    expect(await scoresFrom(model, images, 10)).toEqual(Float32Array.from(rows.flatMap(scoresOf)));
    expect(sizes).toEqual([4, 4, 2]);
  });

  it('that gives probabilities has their logarithm taken', async () => {
    const model = await open({
      description: { gives: 'probabilities' },
      answer: (some) => ({ scores: some.map(() => [0.25, 0.75, 0]) }),
    });
    expect(Array.from(await model.ask(images.subarray(0, SIZE), 1, signal))).toEqual(
      [0.25, 0.75, 1e-30].map((p) => Math.fround(Math.log(p))),
    );
  });

  it('may give labels only', async () => {
    const labels = {
      description: { gives: 'labels' },
      answer: (some: unknown[]) => ({ labels: some.map((_, i) => i % 3) }),
    };
    const model = await open(labels, { id: 'http-labels' });
    expect(model.gives).toBe('labels');
    expect(Array.from(await model.ask(images, 10, signal))).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
    await expect(open(labels)).rejects.toThrow('it gives labels only');
  });

  it('that gives scores can be met as one that gives labels only', async () => {
    const model = await open({}, { id: 'http-labels' });
    const expected = rows.map((row) => scoresOf(row).indexOf(Math.max(...scoresOf(row))));
    expect(model.gives).toBe('labels');
    expect(Array.from(await model.ask(images, 10, signal))).toEqual(expected);
  });

  it('is asked again where it failed, so that no answer is lost', async () => {
    let asked = 0;
    const model = await open(
      { answer: (some) => (++asked === 2 ? { scores: [] } : { scores: some.map(scoresOf) }) },
      { batchSize: 4 },
    );
    await expect(scoresFrom(model, images, 10)).rejects.toThrow('not sound');
    expect(await scoresFrom(model, images, 10)).toEqual(Float32Array.from(rows.flatMap(scoresOf)));
  });
});

describe('an HTTP endpoint is refused', () => {
  it.each<[string, unknown, string]>([
    ['describes no images', { inputShape: [28, 28] }, 'inputShape'],
    ['has no classes', { classes: 1 }, 'classes'],
    ['gives something else', { gives: 'feelings' }, 'gives'],
  ])('when it %s', async (_, description, field) => {
    await expect(open({ description })).rejects.toThrow(`its answer is not sound: ${field}`);
  });

  it.each<[string, (some: unknown[]) => unknown, string]>([
    ['too few rows', () => ({ scores: [[1, 2, 3]] }), 'scores: '],
    ['rows of another width', (some) => ({ scores: some.map(() => [1, 2]) }), 'scores.0: '],
    ['NaN as JavaScript writes it', (some) => ({ scores: some.map(() => [1, NaN, 2]) }), 'scores.0.1: '],
    ['NaN as Python writes it', () => '{"scores": [[1, NaN, 2]]}', 'it answered with no JSON'],
    ['infinity', () => '{"scores": [[1, 1e999, 2], [1, 2, 3]]}', 'scores.0.1: '],
    ['text', (some) => ({ scores: some.map(() => ['1', '2', '3']) }), 'scores.0.0: '],
    ['labels where it promised scores', (some) => ({ labels: some.map(() => 1) }), 'scores: '],
    ['a page', () => '<html>Welcome</html>', 'no JSON: <html>Welcome</html>'],
  ])('when it answers with %s', async (_, answer, message) => {
    const model = await open({ answer });
    await expect(model.ask(images.subarray(0, 2 * SIZE), 2, signal)).rejects.toThrow(message);
  });

  it.each([[[3, 0]], [[-1, 0]], [[0.5, 0]], [[0]]])('when its labels are %j', async (labels) => {
    const model = await open(
      { description: { gives: 'labels' }, answer: () => ({ labels }) },
      { id: 'http-labels' },
    );
    await expect(model.ask(images.subarray(0, 2 * SIZE), 2, signal)).rejects.toThrow('labels');
  });

  it('when it gives a probability above 1', async () => {
    const model = await open({
      description: { gives: 'probabilities' },
      answer: (some) => ({ scores: some.map(() => [0.5, 7, 0]) }),
    });
    await expect(model.ask(images, 10, signal)).rejects.toThrow('scores.0.1: ');
  });
});
