/**
 * What a remote target answered during an attack. It may fall silent in the middle; the engine being deterministic, the
 * attack that is taken up again asks the same questions, is given these answers, and so comes to where it was without
 * the target being asked twice.
 */
import { LabError } from '../contract/problem';

/** Most values kept (256 MB): of a longer row of answers the first, and the rest would be asked for again. */
const MOST = 2 ** 26;

interface Answered {
  /** Of the images asked about: tells another question from the same one. */
  checksum: number;
  answer: Float32Array;
}

export class Memory {
  private readonly parts: Answered[] = [];
  /** The next part to be recalled. */
  private next = 0;
  /** The first part that `forget` drops. */
  private settled = 0;
  /** Values in all parts. */
  private values = 0;
  /** Where there was no room for a part; none is kept behind it. */
  private gap = Infinity;

  /** @param state what `state` gave of an interrupted attempt */
  constructor(
    state: Record<string, Float32Array>,
    private readonly most = MOST,
  ) {
    const { answered = new Float32Array(), answers = new Float32Array() } = state;
    for (let i = 0, at = 0; i < answered.length; i += 2) {
      const end = at + answered[i]!;
      this.parts.push({ checksum: answered[i + 1]!, answer: answers.slice(at, end) });
      at = end;
    }
    this.values = answers.length;
  }

  /**
   * The answer to this question, where it was had; undefined where it is new.
   * @throws LabError when another question was asked here
   */
  recall(images: Float32Array): Float32Array | undefined {
    const part = this.parts[this.next];
    if (!part) return undefined;
    if (part.checksum !== checksumOf(images)) {
      throw new LabError(
        'run',
        'the attack asks the target something else than it did before it was interrupted',
        'Resume with the version of Sparring that began the run, or start a new one.',
      );
    }
    this.next++;
    return part.answer;
  }

  /** Keeps the answer to a question that could not be recalled. */
  keep(images: Float32Array, answer: Float32Array): void {
    if (this.values + answer.length > this.most) this.gap = Math.min(this.gap, this.next);
    if (this.gap < Infinity) return;
    this.parts.push({ checksum: checksumOf(images), answer });
    this.values += answer.length;
    this.next++;
  }

  /** What was asked up to now is kept for good: an attack learnt from it. */
  settle(): void {
    this.settled = this.next;
  }

  /** Drops what was asked since: it led to results that stand elsewhere. */
  forget(): void {
    const dropped = this.parts.splice(this.settled, this.next - this.settled);
    for (const { answer } of dropped) this.values -= answer.length;
    this.next = this.settled;
    if (this.gap > this.settled) this.gap = Infinity;
  }

  /** As arrays that a session can keep. */
  state(): Record<string, Float32Array> {
    const answers = new Float32Array(this.values);
    let at = 0;
    for (const { answer } of this.parts) {
      answers.set(answer, at);
      at += answer.length;
    }
    const answered = Float32Array.from(
      this.parts.flatMap(({ checksum, answer }) => [answer.length, checksum]),
    );
    return { answers, answered };
  }
}

/** 24 bits, which a float32 holds exactly. */
function checksumOf(values: Float32Array): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let hash = 0x811c9dc5;
  for (const word of bits) hash = Math.imul(hash ^ word, 0x01000193);
  return (hash ^ (hash >>> 24)) & 0xffffff;
}
