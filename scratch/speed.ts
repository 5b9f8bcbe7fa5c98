import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { stream } from '../src-main/contract/random';
import { defenseById } from '../src-main/engine/registry';
import { resolve } from '../src-main/engine/resolve';
import { featuresOf } from '../src-main/engine/features';
export async function main() {
  const n = 8000, w = 64; const r = stream(1, 'x');
  const base = Array.from({ length: 10 }, () => Float64Array.from({ length: w }, () => 3 * r.normal()));
  const labels = Uint8Array.from({ length: n }, (_, i) => i % 10);
  const f = Float32Array.from({ length: n * w }, (_, at) => Math.max(0, base[labels[Math.floor(at / w)]!]![at % w]! + r.normal() + (Math.floor(at / w) % 20 === 0 && at % w < 20 ? 4 : 0)));
  const train = { images: new Float32Array(n), labels };
  const cpu = async (name: string, go: () => any) => { for (let k = 0; k < 3; k++) { const c = process.cpuUsage(); const t = performance.now(); await go(); const d = process.cpuUsage(c); console.log(name, 'cpu', ((d.user + d.system) / 1e6).toFixed(3), 'wall', ((performance.now() - t) / 1e3).toFixed(3)); } };
  const target = () => { let at = 0; return { inputShape: [1, 1, 1], classes: 10, features: (im: any) => tf.tensor2d(f.subarray(at, (at += im.shape[0] * w)), [im.shape[0], w]) } as any; };
  await cpu('featuresOf', () => featuresOf(target(), train));
  for (const id of ['spectral-signatures', 'activation-clustering']) {
    const d = defenseById(id) as any; const { params } = resolve({ id }, d, { epochs: 5 } as any);
    let out: any;
    await cpu(id, async () => { out = await d.suspect({ train, validation: train, shape: [28, 28, 1], classes: 10 }, target(), params, { random: (...p: any[]) => stream(1, ...p), breathe: async () => {}, progress: () => {} }); });
    console.log(out.removed.length, out.removed.slice(0, 5));
  }
}
