/** A classifier behind an HTTP address. The contract of the endpoint: docs/http-target.md. */
import { z } from 'zod';
import { addressOf } from '../../contract/address';
import { LabError } from '../../contract/problem';
import type { RemoteModel } from '../../contract/remote-model';
import { Client, type Patience } from '../client';
import { defineTarget } from '../kind';

interface Params extends Patience {
  address: string;
  batchSize: number;
}

const description = z.object({
  inputShape: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]),
  classes: z.int().min(2),
  gives: z.enum(['logits', 'probabilities', 'labels']),
});

/** Below a probability of this its logarithm says no more. */
const FLOOR = 1e-30;

const answers = (n: number, classes: number) => ({
  logits: z.object({ scores: z.array(z.array(z.number()).length(classes)).length(n) }),
  // Rounding may leave a probability a little above 1.
  probabilities: z.object({
    scores: z.array(z.array(z.number().min(0).max(1.001)).length(classes)).length(n),
  }),
  labels: z.object({
    labels: z
      .array(
        z
          .int()
          .min(0)
          .max(classes - 1),
      )
      .length(n),
  }),
});

export default defineTarget<Params>({
  models: ['http', 'http-labels'],
  async open({ id, address, batchSize, ...patience }, grants, signal) {
    if (!grants.allows(address)) {
      throw new LabError(
        'model.address',
        `sending images to “${address}” has not been allowed`,
        'Start the experiment again and allow it.',
      );
    }
    const client = new Client(addressOf(address)!, patience);
    const wanted = id === 'http' ? 'scores' : 'labels';
    return { remoteModel: await HttpModel.of(client, wanted, batchSize, signal) };
  },
});

class HttpModel implements RemoteModel {
  readonly name: string;
  readonly inputShape: RemoteModel['inputShape'];
  readonly classes: number;

  private constructor(
    private readonly client: Client,
    private readonly endpoint: z.output<typeof description>,
    readonly gives: 'scores' | 'labels',
    readonly atOnce: number,
  ) {
    this.name = client.address;
    this.inputShape = endpoint.inputShape;
    this.classes = endpoint.classes;
  }

  /** Asks the endpoint what it is. Throws LabError where it does not say, or cannot give what is wanted. */
  static async of(
    client: Client,
    wanted: 'scores' | 'labels',
    batchSize: number,
    signal: AbortSignal,
  ): Promise<HttpModel> {
    const endpoint = checked(client, description, await client.json('GET', undefined, signal));
    if (wanted === 'scores' && endpoint.gives === 'labels') {
      throw client.problem(
        'it gives labels only',
        'Choose the model http-labels, and attacks that need no scores.',
      );
    }
    return new HttpModel(client, endpoint, wanted, batchSize);
  }

  async ask(images: Float32Array, n: number, signal: AbortSignal): Promise<Float32Array> {
    const bytes = Buffer.from(images.buffer, images.byteOffset, images.byteLength);
    const raw = await this.client.json(
      'POST',
      { shape: [n, ...this.inputShape], images: bytes.toString('base64') },
      signal,
    );
    const answer = answers(n, this.classes);
    const { gives } = this.endpoint;
    if (gives === 'labels') return Float32Array.from(checked(this.client, answer.labels, raw).labels);
    const { scores } = checked(this.client, answer[gives], raw);
    if (this.gives === 'labels') return Float32Array.from(scores, (row) => row.indexOf(Math.max(...row)));
    return Float32Array.from(
      scores.flatMap((row) => (gives === 'logits' ? row : row.map((p) => Math.log(Math.max(p, FLOOR))))),
    );
  }

  async close(): Promise<void> {}
}

/** @throws LabError naming the field that is not as the contract wants it */
function checked<S extends z.ZodType>(client: Client, schema: S, raw: unknown): z.output<S> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw client.problem(`its answer is not sound: ${path.join('.') || 'the whole'}: ${message}`);
}
