import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArmPlan } from '../../../contract/events';
import type { Curve } from '../../../contract/fold';
import type { Applied } from '../../../contract/params';
import { familyKey, summarize } from '../../../contract/summary';
import { failedChecks } from '../../../contract/verdict';
import { stateOf } from '../../show';
import { defineExporter } from '../exporter';

const nameOf = ({ index, model, poisoning, defense, seed }: ArmPlan): string =>
  [`arm-${index}`, model?.id, poisoning?.id ?? 'clean', defense?.id ?? 'undefended', `seed-${seed}`]
    .filter(Boolean)
    .join('-');

/** An attack with what tells it from others: `pgd(epsilon=0.3,steps=40)`, in TensorBoard's alphabet. */
const labelOf = ({ id, params }: Applied): string => {
  const values = Object.entries(params).filter(([, value]) =>
    ['number', 'string', 'boolean'].includes(typeof value),
  );
  return `${id}(${values.map(([name, value]) => `${name}=${value}`).join(',')})`;
};

/**
 * Steps a unit of x, for every series. TensorBoard's steps are whole numbers, so that fractions of an epoch become
 * thousandths: in all arms when in one, or they could not be compared.
 */
function scalesOf(arms: { curves: Record<string, Curve> }[]): Map<string, number> {
  const scales = new Map<string, number>();
  for (const [series, { x }] of arms.flatMap(({ curves }) => Object.entries(curves))) {
    scales.set(series, x.every(Number.isInteger) ? (scales.get(series) ?? 1) : 1000);
  }
  return scales;
}

export default defineExporter({
  id: 'tensorboard',
  title: 'TensorBoard event files',
  summary:
    'A folder with one run per arm. Tags: curves/SERIES against epochs or environment steps; clean/METRIC and attacks/ATTACK(PARAMETERS)/METRIC at step 0; checks/ID, 1 passed and 0 failed. Where a check failed, the tags of attacks begin with doubtful-attacks.',
  limits:
    'Steps are whole: a series with points within an epoch counts thousandths of one in every arm. Undefined metrics are left out.',
  reference: {
    authors: 'M. Abadi and others',
    title: 'TensorFlow: A System for Large-Scale Machine Learning',
    year: 2016,
    where: 'OSDI, arXiv:1605.08695',
  },
  extension: '',
  async write(session, place) {
    // Loaded here: main and most commands read sessions without TensorFlow.
    const tf = await import('@tensorflow/tfjs-node');
    const state = stateOf(session);
    const { arms, plan } = state;
    const verdicts = new Map(summarize(state).summary.map((group) => [familyKey(group), group.verdict]));
    const scales = scalesOf(arms);
    const folder = place();
    await mkdir(folder);
    for (const arm of arms) {
      const writer = tf.node.summaryFileWriter(join(folder, nameOf(arm.plan)));
      for (const [series, curve] of Object.entries(arm.curves)) {
        curve.x.forEach((x, i) =>
          writer.scalar(`curves/${series}`, curve.y[i]!, Math.round(x * scales.get(series)!)),
        );
      }
      const verdict = verdicts.get(familyKey(arm.plan)) ?? { checks: [] };
      for (const { id, status } of verdict.checks) {
        if (status !== 'not-run') writer.scalar(`checks/${id}`, status === 'pass' ? 1 : 0, 0);
      }
      const attacks = failedChecks(verdict).length > 0 ? 'doubtful-attacks' : 'attacks';
      const evaluations = [
        { tag: 'clean', evaluation: arm.clean },
        ...plan!.attacks.map((attack) => ({
          tag: `${attacks}/${labelOf(attack)}`,
          evaluation: arm.attacks[attack.index],
        })),
      ];
      for (const { tag, evaluation } of evaluations) {
        for (const [metric, value] of Object.entries(evaluation?.metrics ?? {})) {
          if (value !== null) writer.scalar(`${tag}/${metric}`, value, 0);
        }
      }
      writer.flush();
    }
  },
});
