import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
export async function main() {
  const n = 500, w = 64; const f = new Float32Array(n * w).fill(1.5);
  const cpu = (name: string, go: () => any) => { for (let k = 0; k < 3; k++) { const c = process.cpuUsage(); const t = performance.now(); for (let i = 0; i < 16; i++) go(); const d = process.cpuUsage(c); console.log(name, 'cpu ms/16', ((d.user + d.system) / 1e3).toFixed(1), (performance.now() - t).toFixed(1)); } };
  cpu('tensor2d', () => tf.tensor2d(f, [n, w]).dispose());
  cpu('tensor2d+dataSync', () => { const t = tf.tensor2d(f, [n, w]); t.dataSync(); t.dispose(); });
  cpu('tidy', () => { tf.tidy(() => tf.tensor2d(f, [n, w]).dataSync().slice()); });
  cpu('tensor4d', () => tf.tensor4d(new Float32Array(n), [n, 1, 1, 1]).dispose());
  cpu('int', () => tf.tensor1d(Int32Array.from(new Uint8Array(n)), 'int32').dispose());
  cpu('matmul', () => tf.tidy(() => { const x = tf.tensor2d(f, [n, w]); tf.matMul(x, x, true, false).dataSync(); }));
}
