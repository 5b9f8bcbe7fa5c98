/** Answers of a target that may fall silent: given again in their order, to the same questions only. */
import { describe, expect, it } from 'vitest';
import { Memory } from '../../../src-main/engine/memory';

const question = (n: number): Float32Array => Float32Array.of(n, 0.5);
const answer = (n: number): Float32Array => Float32Array.of(10 * n, 10 * n + 1);

/** Asks questions until one is not remembered any more. */
const recalled = (memory: Memory, questions: number[]): (number | undefined)[] =>
  questions.map((n) => memory.recall(question(n))?.[0]);

function having(questions: number[], most?: number): Memory {
  const memory = new Memory({}, most);
  for (const n of questions) memory.keep(question(n), answer(n));
  return memory;
}

describe('memory', () => {
  it('gives an interrupted attempt’s answers again, then none', () => {
    const taken = new Memory(having([1, 2, 3]).state());
    expect(recalled(taken, [1, 2, 3, 4])).toEqual([10, 20, 30, undefined]);
    taken.keep(question(4), answer(4));
    expect(recalled(new Memory(taken.state()), [1, 2, 3, 4])).toEqual([10, 20, 30, 40]);
  });

  it('keeps what was not recalled yet when the next attempt is interrupted too', () => {
    const taken = new Memory(having([1, 2, 3]).state());
    expect(recalled(taken, [1])).toEqual([10]);
    expect(recalled(new Memory(taken.state()), [1, 2, 3])).toEqual([10, 20, 30]);
  });

  it('refuses another question than the one that was answered', () => {
    const taken = new Memory(having([1, 2]).state());
    expect(() => taken.recall(question(2))).toThrow('something else than it did before');
    const signed = new Memory(having([0]).state());
    expect(() => signed.recall(question(-0))).toThrow('something else than it did before');
  });

  it('forgets what led to results, but not what an attack was fitted with', () => {
    const memory = having([1, 2]);
    memory.settle();
    memory.keep(question(3), answer(3));
    memory.forget();
    memory.keep(question(4), answer(4));
    const taken = new Memory(memory.state());
    expect(recalled(taken, [1, 2])).toEqual([10, 20]);
    taken.settle();
    // A batch that is done asks nothing.
    taken.forget();
    expect(recalled(taken, [4])).toEqual([40]);
  });

  it('keeps a first part of what does not fit, and all again after that was forgotten', () => {
    const memory = having([1, 2, 3], 5);
    expect(recalled(new Memory(memory.state()), [1, 2, 3])).toEqual([10, 20, undefined]);
    memory.keep(Float32Array.of(9), Float32Array.of(9));
    expect(memory.state().answers).toHaveLength(4);
    memory.forget();
    memory.keep(question(5), answer(5));
    expect(recalled(new Memory(memory.state()), [5])).toEqual([50]);
  });
});
