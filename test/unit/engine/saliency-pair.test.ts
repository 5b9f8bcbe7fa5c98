import '@tensorflow/tfjs-node';
import { expect, it } from 'vitest';
import { stream } from '../../../src-main/contract/random';
import { bestPair, type Option } from '../../../src-main/engine/attacks/evasion/jsma';

it('finds the pair of highest saliency that trying every pair finds', () => {
  const random = stream(1, 'options');
  let none = 0;
  for (let round = 0; round < 300; round++) {
    const shift = (round % 5) - 2.5;
    const options = Array.from({ length: 60 }, (_, pixel): Option => {
      const raises = random.normal() + shift;
      return { pixel, way: 1, raises, lowers: random.normal() - (round % 2 ? raises : 0) + shift / 2 };
    });
    let most = 0;
    for (const p of options) {
      for (const q of options) {
        const [raises, lowers] = [p.raises + q.raises, p.lowers + q.lowers];
        if (p.pixel < q.pixel && raises > 0 && lowers > 0) most = Math.max(most, raises * lowers);
      }
    }
    const found = bestPair(options);
    if (most === 0) none++;
    expect(found === null).toBe(most === 0);
    if (found) expect((found[0].raises + found[1].raises) * (found[0].lowers + found[1].lowers)).toBe(most);
  }
  // Both cases were met.
  expect(none).toBeGreaterThan(0);
  expect(none).toBeLessThan(200);
});
