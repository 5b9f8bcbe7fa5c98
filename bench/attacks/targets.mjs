/**
 * What the attacks are to reach beside their peers, as checks of measured rows.
 *
 * A row is one attack by one tool on one model: `{model, index, id, params, norm, tool, success, standing, mean, median,
 * seconds, …}`; `index` is the attack's place in the experiment, the same for the lab and the peers. `success` is a share
 * of the inputs first classified right, `standing` the number of them still right; distances are in the attack's norm.
 */

export const LAB = 'Sparring';

const least = (rows, name) => Math.min(...rows.map((row) => row[name] ?? Infinity));
const most = (rows, name) => Math.max(...rows.map((row) => row[name]));
const withTool = (rows, tool) => rows.filter((row) => row.tool === tool);
/** Peers with the lab's parameters; those run with their own defaults are there to be seen, not to be compared with. */
const alike = (rows) => rows.filter(({ tool }) => !tool.endsWith('its defaults'));

const atLeast = (value, limit) => ({ value, limit, met: value >= limit });
const atMost = (value, limit) => ({ value, limit, met: value <= limit });
const below = (value, limit) => ({ value, limit, met: value < limit });

/** Whether a peer has found what the lab found: success within a point, mean distance within 3 %. */
const isAsGood = (peer, lab) => peer.success >= lab.success - 0.01 && peer.mean <= 1.03 * lab.mean;

/** `check` gets the lab's row, the peers' rows of the same attack and all rows of the model; null: nothing to compare. */
const TARGETS = [
  {
    title: 'success at most 1 point below the best peer',
    attacks: ['fgsm', 'i-fgsm', 'mi-fgsm', 'pgd', 'apgd', 'fab'],
    check: (lab, peers) => atLeast(lab.success, most(peers, 'success') - 0.01),
  },
  {
    title: 'mean distance at most 1.03 × Foolbox’s',
    attacks: ['deepfool'],
    check: (lab, peers) => atMost(lab.mean, 1.03 * least(withTool(peers, 'Foolbox'), 'mean')),
  },
  {
    title: 'success at least 99 %',
    attacks: ['carlini-wagner'],
    check: (lab) => atLeast(lab.success, 0.99),
  },
  {
    title: 'mean L2 below DeepFool’s',
    attacks: ['carlini-wagner'],
    check(lab, _peers, all) {
      const deepfool = withTool(all, LAB).find(({ id, norm }) => id === 'deepfool' && norm === 'l2');
      return deepfool ? below(lab.mean, deepfool.mean) : null;
    },
  },
  {
    title: 'success at least ART’s',
    attacks: ['jsma'],
    check: (lab, peers) => atLeast(lab.success, most(withTool(peers, 'ART'), 'success')),
  },
  {
    title: 'median L0 at most 1.1 × ART’s',
    attacks: ['jsma'],
    check: (lab, peers) => atMost(lab.median ?? Infinity, 1.1 * least(withTool(peers, 'ART'), 'median')),
  },
  {
    title: 'fooling rate at least ART’s',
    attacks: ['universal-perturbation'],
    check: (lab, peers) => atLeast(lab.success, most(peers, 'success')),
  },
  {
    title: 'success at least 0.95 × the best peer’s at equal queries',
    attacks: ['square'],
    check: (lab, peers) => atLeast(lab.success, 0.95 * most(peers, 'success')),
  },
  {
    title: 'median distance at most 1.05 × the best peer’s at equal queries',
    attacks: ['hop-skip-jump'],
    check: (lab, peers) => atMost(lab.median ?? Infinity, 1.05 * least(peers, 'median')),
  },
  {
    title: 'inputs standing at most one more than under any tool’s attack of this norm and epsilon',
    attacks: ['worst-case'],
    check(lab, _peers, all) {
      const rivals = all.filter(
        (row) => row !== lab && row.norm === lab.norm && row.params.epsilon === lab.params.epsilon,
      );
      return rivals.length ? atMost(lab.standing, least(rivals, 'standing') + 1) : null;
    },
  },
  {
    title: 'seconds at most ART’s',
    attacks: ['fgsm', 'pgd'],
    check: (lab, peers) => atMost(lab.seconds, least(withTool(peers, 'ART'), 'seconds')),
  },
  {
    title: 'seconds at most 0.6 × the fastest peer’s',
    attacks: ['deepfool', 'jsma'],
    check: (lab, peers) => atMost(lab.seconds, 0.6 * least(peers, 'seconds')),
  },
  {
    title: 'seconds at most 0.6 × the fastest peer’s that finds as much',
    attacks: ['carlini-wagner'],
    check(lab, _peers, all) {
      const asGood = all.filter((row) => row.index === lab.index && row !== lab && isAsGood(row, lab));
      return asGood.length ? atMost(lab.seconds, 0.6 * least(asGood, 'seconds')) : null;
    },
  },
  {
    title: 'seconds at most the fastest peer’s',
    attacks: ['square', 'hop-skip-jump'],
    check: (lab, peers) => atMost(lab.seconds, least(peers, 'seconds')),
  },
];

/** Every target on every attack it speaks of: `{model, index, title, value, limit, met}`; peers that failed do not count. */
export function verdicts(rows) {
  const sound = rows.filter((row) => !row.error);
  return withTool(sound, LAB).flatMap((lab) => {
    const all = sound.filter((row) => row.model === lab.model);
    const peers = alike(all).filter((row) => row.index === lab.index && row !== lab);
    return TARGETS.filter(({ attacks }) => attacks.includes(lab.id)).flatMap(({ title, check }) => {
      const found = check(lab, peers, all);
      return found && Number.isFinite(found.limit)
        ? [{ model: lab.model, index: lab.index, title, ...found }]
        : [];
    });
  });
}
