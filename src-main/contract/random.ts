/**
 * Random streams. Each is derived from (seed, purpose) and never shared between purposes, so adding a draw in one place
 * changes nothing in another.
 */

/** A stream of random numbers. */
export interface Random {
  /** Uniform in [0, 1), 32 random bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Whole number in [0, below). */
  integer(below: number): number;
  /** Fisher–Yates, in place; returns its argument. */
  shuffle<T extends { length: number; [index: number]: unknown }>(list: T): T;
  /** The state as plain numbers, so that a run can be taken up again; `restore` sets it. */
  state(): number[];
  restore(state: number[]): void;
}

/** FNV-1a over the purpose, mixed with the seed: four 32-bit words to start the generator from. */
function seedWords(seed: number, purpose: string): [number, number, number, number] {
  const word = (salt: number) => {
    let h = (0x811c9dc5 ^ salt) >>> 0;
    for (const text of [String(seed), '\0', purpose]) {
      for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
    }
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
  return [word(0x9e3779b9), word(0x243f6a88), word(0xb7e15162), word(0x6a09e667)];
}

/** sfc32 (Chris Doty-Humphrey, PractRand): small, fast, passes PractRand; normals by Box–Muller, one a call. */
class Sfc32 implements Random {
  private a: number;
  private b: number;
  private c: number;
  private counter: number;

  constructor(words: [number, number, number, number]) {
    [this.a, this.b, this.c, this.counter] = words;
    for (let i = 0; i < 16; i++) this.next();
  }

  private next(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t;
    this.c |= 0;
    return t >>> 0;
  }

  uniform(): number {
    return this.next() / 4294967296;
  }

  normal(): number {
    // 1 − u lies in (0, 1], so the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  integer(below: number): number {
    return Math.floor(this.uniform() * below);
  }

  shuffle<T extends { length: number; [index: number]: unknown }>(list: T): T {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = list[i];
      list[i] = list[j];
      list[j] = kept;
    }
    return list;
  }

  state(): number[] {
    return [this.a, this.b, this.c, this.counter];
  }

  restore(state: number[]): void {
    [this.a, this.b, this.c, this.counter] = state as [number, number, number, number];
  }
}

export const stream = (seed: number, ...purpose: (string | number)[]): Random =>
  new Sfc32(seedWords(seed, purpose.join('/')));
