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
  const load = (path) => server.ssrLoadModule(`/src-main/${path}.ts`);
  const [{ withSession }, { loadDataset }, { Network }, { NetworkTarget }, { featuresOf, logitsOf }] =
    await Promise.all(
      ['sessions/reader', 'datasets/index', 'engine/network', 'engine/target-views', 'engine/features'].map(
        load,
      ),
    );
  const [{ modelById, defenseById }, { resolve }, { stream }, { meanInterval }] = await Promise.all(
    ['engine/registry', 'engine/resolve', 'contract/random', 'contract/statistics'].map(load),
  );
  const engine = { Network, NetworkTarget, featuresOf, logitsOf, modelById, defenseById, resolve, stream };
  return { tf, withSession, loadDataset, meanInterval, ...engine, close: () => server.close() };
}
