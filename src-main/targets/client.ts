/** Asks one address, patiently: at a limited rate, with time-outs, and again after faults that may pass. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from '../contract/problem';

export interface Patience {
  /** Seconds that one answer may take. */
  timeout: number;
  /** How often a request is repeated after a fault that may pass. */
  retries: number;
  requestsPerSecond: number;
}

/** Time in milliseconds; an argument, so that tests need not wait. */
export interface Clock {
  now(): number;
  /** Rejects with the signal's reason when it is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(milliseconds, signal) {
    await sleep(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
};

/** The first wait before a request is repeated; every further one is twice as long. No jitter: one lab asks alone. */
const BACK_OFF = 500;
/** No wait is longer than this; a server that asks for more is given up. */
const LONGEST_WAIT = 300_000;
/** Answers hold scores of a batch; what is larger is none. */
const LARGEST_ANSWER = 64 * 2 ** 20;
/** Faults that may pass: time-outs, too many requests, and a server or gateway in trouble (RFC 9110, RFC 6585). */
const MAY_PASS = [408, 429, 500, 502, 503, 504];

const RESUME = 'See that the server runs and answers, then resume the session: nothing found so far is lost.';
const CONTRACT = 'The endpoint must answer as docs/http-target.md says.';

/** A fault that may pass, with what the server asks to wait. */
interface Fault {
  fault: string;
  retryAfter: number;
}

export class Client {
  /** When the next request may be sent. */
  private next = 0;

  constructor(
    readonly address: string,
    private readonly patience: Patience,
    private readonly clock: Clock = systemClock,
  ) {}

  /**
   * The JSON of the answer.
   * @throws LabError when the last try failed, or for a fault that does not pass; the signal's reason when stopped
   */
  async json(method: 'GET' | 'POST', body: unknown, signal: AbortSignal): Promise<unknown> {
    const { retries, requestsPerSecond } = this.patience;
    const text = body === undefined ? undefined : JSON.stringify(body);
    for (let tries = 1; ; tries++) {
      const early = this.next - this.clock.now();
      if (early > 0) await this.clock.sleep(early, signal);
      signal.throwIfAborted();
      this.next = this.clock.now() + 1000 / requestsPerSecond;
      const outcome = await this.once(method, text, signal);
      if ('value' in outcome) return outcome.value;
      if (tries > retries) {
        throw this.problem(
          `no answer after ${tries} ${tries === 1 ? 'try' : 'tries'}: ${outcome.fault}`,
          RESUME,
        );
      }
      const wait = Math.max(Math.min(BACK_OFF * 2 ** (tries - 1), LONGEST_WAIT), outcome.retryAfter);
      if (wait > LONGEST_WAIT) {
        throw this.problem(
          `${outcome.fault}, and asks to wait for ${Math.round(wait / 1000)} s`,
          'Resume the session then: nothing found so far is lost.',
        );
      }
      await this.clock.sleep(wait, signal);
    }
  }

  problem(message: string, remedy: string = CONTRACT): LabError {
    return new LabError(this.address, message, remedy);
  }

  private async once(
    method: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<{ value: unknown } | Fault> {
    const request = new AbortController();
    const stop = () => request.abort();
    signal.addEventListener('abort', stop, { once: true });
    const timer = setTimeout(stop, this.patience.timeout * 1000);
    try {
      const response = await fetch(this.address, {
        method,
        ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
        redirect: 'manual',
        signal: request.signal,
      });
      return await this.answerOf(response);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof LabError) throw error;
      const late = request.signal.aborted;
      return { fault: late ? `nothing within ${this.patience.timeout} s` : causeOf(error), retryAfter: 0 };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      request.abort(); // lets go of an answer that was not read to its end
    }
  }

  private async answerOf(response: Response): Promise<{ value: unknown } | Fault> {
    const { status, headers } = response;
    // The user allowed this address and no other.
    if (status >= 300 && status < 400) {
      throw this.problem(
        `it redirects to ${headers.get('location') ?? 'nowhere'} (HTTP ${status}), which is not followed`,
        'Give the address that answers itself.',
      );
    }
    const text = await this.textOf(response);
    if (MAY_PASS.includes(status)) {
      return {
        fault: `HTTP ${status}${excerpt(text)}`,
        retryAfter: retryAfter(headers.get('retry-after'), this.clock.now()),
      };
    }
    if (!response.ok) throw this.problem(`it refused with HTTP ${status}${excerpt(text)}`);
    try {
      return { value: JSON.parse(text) };
    } catch {
      throw this.problem(`it answered with no JSON${excerpt(text)}`);
    }
  }

  private async textOf({ body }: Response): Promise<string> {
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
      parts.push(part);
      length += part.length;
      if (length > LARGEST_ANSWER)
        throw this.problem(`its answer is larger than ${LARGEST_ANSWER / 2 ** 20} MB`);
    }
    return Buffer.concat(parts).toString('utf8');
  }
}

/** Milliseconds a Retry-After header asks for: given in seconds or as a date (RFC 9110, 10.2.3). */
function retryAfter(header: string | null, now: number): number {
  if (header === null) return 0;
  const milliseconds = /^\d+$/.test(header.trim()) ? 1000 * Number(header) : Date.parse(header) - now;
  return Number.isNaN(milliseconds) ? 0 : Math.max(0, milliseconds);
}

/** Why nothing came: fetch itself says no more than “fetch failed”. */
function causeOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || message : message;
}

const excerpt = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line === '' ? '' : `: ${line.length > 120 ? `${line.slice(0, 119)}…` : line}`;
};
