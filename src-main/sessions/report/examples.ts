/** The images a report shows: of every arm family and attack the first one that fell, as PNG in the page. */
import { encode } from 'fast-png';
import type { Example, RunState } from '../../contract/fold';
import type { Family } from '../../../src-renderer/charts/families';

/** A report is read, not browsed. */
const MOST = 24;

export interface ShownExample {
  example: Example;
  attack: string;
  arm: string;
  /** Data URIs. */
  clean: string;
  adversarial: string;
}

/** @param pixels in [0, 1], channels innermost */
export function pngUri(pixels: Float32Array, [height, width, channels]: Example['shape']): string {
  const data = Uint8Array.from(pixels, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
  const png = encode({ width, height, channels, data, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

export function examplesOf(
  { examples }: RunState,
  attackLabels: readonly string[],
  families: readonly Family[],
): ShownExample[] {
  const fooled = ({ label, aim, before, after }: Example): boolean =>
    before.label === label && (aim === undefined ? after.label !== label : after.label === aim);
  return families
    .flatMap(({ arms, label }) =>
      attackLabels.flatMap((attack, index) => {
        const own = examples.filter((one) => one.attack === index && arms.includes(one.arm));
        const example = own.find(fooled);
        return example ? [{ example, attack, arm: label }] : [];
      }),
    )
    .slice(0, MOST)
    .map((found) => ({
      ...found,
      clean: pngUri(found.example.clean, found.example.shape),
      adversarial: pngUri(found.example.adversarial, found.example.shape),
    }));
}
