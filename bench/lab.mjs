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
  const [{ withSession }, { loadDataset }, { Network }, { modelById }] = await Promise.all(
    ['sessions/reader', 'datasets/index', 'engine/network', 'engine/registry'].map((path) =>
      server.ssrLoadModule(`/src-main/${path}.ts`),
    ),
  );
  return { tf, withSession, loadDataset, Network, modelById, close: () => server.close() };
}
