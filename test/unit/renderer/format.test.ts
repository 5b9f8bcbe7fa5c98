import { describe, expect, test } from 'vitest';
import { difference, norms, perturbation, picture, ramp } from '../../../src-renderer/components/run/pixels';
import {
  decimalsOf,
  duration,
  firstSentence,
  fixed,
  plain,
  timeLeft,
  timeTaken,
  words,
} from '../../../src-renderer/format';

describe('numbers and words', () => {
  test('names become words, acronyms stay capitals', () => {
    expect(words('stepSize')).toBe('Step size');
    expect(words('fgsm-not-stronger-than-pgd')).toBe('FGSM not stronger than PGD');
  });

  test('decimals follow the unit, those of returns their size', () => {
    expect(fixed(0.9714, 'share')).toBe('97.1');
    expect(fixed(-0.5, 'nats')).toBe('−0.500');
    expect(fixed(0.74, 'return')).toBe('0.740');
    expect(fixed(0.74, 'return', decimalsOf('return', 500))).toBe('0.7');
    expect(plain(0.1 + 0.2)).toBe('0.3');
    expect(plain(-Infinity)).toBe('−∞');
  });

  test('durations', () => {
    expect(duration(59_400)).toBe('59 s');
    expect(duration(352_000)).toBe('5 min 52 s');
    expect(duration(5_412_000)).toBe('1 h 30 min');
    expect(timeLeft(42)).toBe('about 50 s left');
    expect(timeLeft(61)).toBe('about 2 min left');
  });

  test('what a bout shows and how long it takes', () => {
    const description = 'A DQN sees 0.5 of it: the rest is noise. Takes about six minutes; more with seeds.';
    expect(firstSentence(description)).toBe('A DQN sees 0.5 of it: the rest is noise.');
    expect(timeTaken(description)).toBe('About six minutes');
    expect(timeTaken('No time is told.')).toBe('');
  });
});

describe('pixels', () => {
  const clean = Float32Array.of(0, 0.5, 1, 0.5);
  const adversarial = Float32Array.of(0.09, 0.45, 1, 0.5);

  test('grey and colour pictures, and signs told by colour', () => {
    expect([...picture(clean, [2, 2, 1]).slice(4, 8)]).toEqual([128, 128, 128, 255]);
    expect([...picture(Float32Array.of(1, 0, 0.2), [1, 1, 3])]).toEqual([255, 0, 51, 255]);
    const change = difference(clean, adversarial);
    const bytes = perturbation(change, norms(change).linf, [2, 2, 1]);
    const [up, down, zero] = [0, 4, 8].map((at) => [...bytes.slice(at, at + 3)]) as [
      number[],
      number[],
      number[],
    ];
    expect(up[0]).toBeGreaterThan(up[2]!);
    expect(down[2]).toBeGreaterThan(down[0]!);
    expect(new Set(zero).size).toBe(1);
  });

  test('the largest change has the full colour whatever its size, and no change none', () => {
    const of = (...values: number[]) => {
      const change = Float32Array.from(values);
      return [...perturbation(change, norms(change).linf, [1, 2, 1])];
    };
    expect(of(0.5, 0)).toEqual(of(0.001, 0));
    expect(of(0, 0)).toEqual([240, 240, 240, 255, 240, 240, 240, 255]);
    const { bytes, shape } = ramp();
    expect([...bytes.slice(-4)]).toEqual(of(1, 0).slice(0, 4));
    expect(bytes).toHaveLength(4 * shape[1]);
  });

  test('norms', () => {
    expect(norms(Float32Array.of(3, -4))).toEqual({ l2: 5, linf: 4 });
  });
});
