/** The lab's engine in this process, for benches that read sessions and hand their weights on. */
import { createServer } from 'vite';
import { engineEnvironment } from '../scripts/environment.mjs';

export async function openLab() {
  Object.assign(process.env, engineEnvironment());
  const server = await createServer({
    configFile: false,
    logLevel: 'error',
    server: { middlewareMode: true, hmr: false, ws: false },
    appType: 'custom',
  });
  const tf = (await import('@tensorflow/tfjs-node')).default;
  const load = (paths) => Promise.all(paths.map((path) => server.ssrLoadModule(`/src-main/${path}.ts`)));
  const [{ withSession }, { loadDataset }, { meanInterval, shareInterval, clopperPearsonLower }, { stream }] =
    await load(['sessions/reader', 'datasets/index', 'contract/statistics', 'contract/random']);
  const engine = await load(
    [
      'network',
      'target-views',
      'features',
      'registry',
      'resolve',
      'splits',
      'optimizers',
      'gradient-step',
    ].map((name) => `engine/${name}`),
  );
  /** “3 of 60 [1.0, 13.9]”, the interval exact (Clopper & Pearson), 95 %, in %. */
  const counted = (successes, trials) => {
    const low = clopperPearsonLower(successes, trials, 0.025);
    const high = 1 - clopperPearsonLower(trials - successes, trials, 0.025);
    return `${successes} of ${trials} [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
  };
  const close = () => server.close();
  return Object.assign(
    { tf, withSession, loadDataset, meanInterval, shareInterval, counted, stream, close },
    ...engine,
  );
}
