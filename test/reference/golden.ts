/** What the peers gave (evasion-golden.py, evasion.json), and the network and images they gave it for. */
import { readFileSync } from 'node:fs';
import { NetworkTarget } from '../../src-main/engine/target-views';
import { tinyNetwork } from '../fixtures/tiny';

interface LossValues {
  loss: number[];
  gradient: number[];
}

interface Golden {
  weights: Record<string, number[]>;
  images: number[];
  labels: number[];
  logits: number[];
  smallest: Record<string, { l2: number[]; success: boolean[] }>;
  attacks: { name: string; epsilon: number; images: number[]; predictions: number[] }[];
  losses: { logits: number[]; labels: number[]; targets: number[]; dlr: LossValues; targetedDlr: LossValues };
  projections: { points: number[]; planes: number[]; offsets: number[]; l2: number[]; linf: number[] };
  apgd: {
    loss: string;
    epsilon: number;
    steps: number;
    draws: number[];
    reached: number[];
    predictions: number[];
  }[];
  fab: Record<'l2' | 'linf', number[]>;
  saliency: { pixels: number[]; success: boolean[] };
  universal: { epsilon: number; images: number[]; labels: number[]; rate: number };
  square: { epsilon: number; queries: number; rates: number[] }[];
  genetic: { epsilon: number; population: number; queries: number; rates: number[] }[];
  hopSkipJump: { norm: 'l2' | 'linf'; queries: number; medians: number[] }[];
}

export const golden = JSON.parse(readFileSync('test/reference/evasion.json', 'utf8')) as Golden;
const network = tinyNetwork();
network.restore(
  Object.fromEntries(
    Object.entries(golden.weights).map(([name, values]) => [name, Float32Array.from(values)]),
  ),
);
export const target = new NetworkTarget(network, 3);
export const split = { images: Float32Array.from(golden.images), labels: Uint8Array.from(golden.labels) };
