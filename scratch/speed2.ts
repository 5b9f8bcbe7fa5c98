import '@tensorflow/tfjs-node';
import { stream } from '../src-main/contract/random';
import { principalComponents, covarianceOf } from '../src-main/engine/principal';
import { ofEqualSpread, twoClusters } from '../src-main/engine/defenses/filtering/activation-clustering';
import { againstOthers, withinLabels } from '../src-main/engine/label-spread';
export async function main() {
  const n = 800, w = 64; const r = stream(1, 'x');
  const f = Float32Array.from({ length: n * w }, (_, at) => Math.max(0, r.normal() + (Math.floor(at / w) % 20 === 0 && at % w < 20 ? 4 : 0)));
  const all = Float32Array.from({ length: 10 * n * w }, (_, at) => Math.max(0, r.normal() + (Math.floor(at / w) % 20 === 0 && at % w < 20 ? 4 : 0)));
  const cls = Array.from({ length: 10 }, (_, c) => Uint32Array.from({ length: n }, (_, i) => i * 10 + c));
  const cpu = (name: string, go: () => any) => { for (let k = 0; k < 3; k++) { const c = process.cpuUsage(); go(); const d = process.cpuUsage(c); console.log(name, 'cpu ms', ((d.user + d.system) / 1e3).toFixed(1)); } };
  cpu('covariance', () => covarianceOf(f, w));
  cpu('pca 10', () => principalComponents(f, w, 10));
  cpu('pca 1', () => principalComponents(f, w, 1));
  const p = ofEqualSpread(principalComponents(f, w, 10));
  cpu('clusters', () => twoClusters(p, stream(2, 'c')));
  cpu('others', () => againstOthers(all, cls, 8000));
  cpu('within', () => withinLabels(all, cls, 8000, 1));
}
