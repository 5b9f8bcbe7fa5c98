import { writeFile } from 'node:fs/promises';
import { toCsv } from '../../../contract/csv';
import { summarize } from '../../../contract/summary';
import { stateOf } from '../../show';
import { defineExporter } from '../exporter';
import { boardRows, checkRows, classRows, curveRows, metricRows, transferRows } from '../tables';

const ARM = ['arm', 'seed', 'model', 'poisoning', 'defense'];

export default defineExporter({
  id: 'csv',
  title: 'CSV',
  summary:
    'Metrics as a tidy table: one row per arm, attack and metric, every parameter a column of its own. Further files beside it hold the curves (-curves), the checks of the verdicts (-checks) and, where there are any, the trade-off board (-board), classes with their confusions (-classes) and the transfer matrix (-transfer).',
  limits:
    'An undefined metric (a rate of nothing) is an empty field. Nested attacks stand as JSON. A number under attack whose verdict fails names the failed checks in failedChecks.',
  reference: {
    authors: 'Y. Shafranovich',
    title: 'Common Format and MIME Type for Comma-Separated Values (CSV) Files',
    year: 2005,
    where: 'RFC 4180',
  },
  extension: '.csv',
  async write(session, place) {
    const state = stateOf(session);
    await writeFile(
      place(),
      toCsv(metricRows(state), [...ARM, 'attack'], ['metric', 'value', 'failedChecks']),
    );
    await writeFile(place('-curves'), toCsv(curveRows(state), ARM, ['series', 'xUnit', 'x', 'value']));
    const family = ['model', 'poisoning', 'defense'];
    const { summary } = summarize(state);
    await writeFile(place('-checks'), toCsv(checkRows(summary), family, ['check', 'status', 'evidence']));
    if (state.plan?.task === 'classification') {
      const interval = ['mean', 'low', 'high', 'n', 'failedChecks'];
      await writeFile(
        place('-board'),
        toCsv(boardRows(state), [...family, 'onFront', 'robust', 'measure'], interval),
      );
    }
    const classes = classRows(state);
    if (classes.length > 0) {
      await writeFile(
        place('-classes'),
        toCsv(classes, [...family, 'attack'], ['class', 'inputs', 'robustAccuracy', 'low', 'high']),
      );
    }
    if (state.transfers.length > 0) {
      const first = ['source.arm', 'target.arm', 'attack'];
      await writeFile(place('-transfer'), toCsv(transferRows(state), first, ['metric', 'value']));
    }
  },
});
