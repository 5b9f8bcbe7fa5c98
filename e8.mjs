import { open, pc } from '/work/helpers/poison4-measure/h.mjs';
const h = await open(); const { lab } = h;
const [model, seed, rate] = [{ id: process.argv[2] }, +process.argv[3], +process.argv[4]];
const d = await h.load(8000); const n = 8000;
const ps = await h.poison(d, { id: 'badnets', rate: rate || 0.01 }, seed);
const [p, changed, trigger] = rate ? [ps.dataset, ps.changed, ps.trigger] : [d, [], ps.trigger];
const ex = h.train(d, p.train, model, 5, seed);
for (const labels of ['all', 'one']) {
  const { removed } = await h.suspect('spectral-signatures', { labels }, p, ex, seed);
  const t = h.train(d, h.without(p.train, removed), model, 5, seed + 1000);
  const c = new Array(10).fill(0); removed.forEach((i) => c[p.train.labels[i]]++);
  console.log(process.argv[2], seed, rate, labels, rate ? h.rates(removed, changed, n).map(pc).join(' ') : pc(removed.length / n), 'acc', pc(h.accuracy(t, d.test)), 'asr', pc(h.asr(t, d.test, trigger)), 'by label', c.join(' '));
}
process.exit(0);
