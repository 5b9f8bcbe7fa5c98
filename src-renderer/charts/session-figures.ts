/** The figures of a whole session on paper, as its report shows them. */
import type { Catalog } from '../../src-main/contract/catalog';
import { weighedBy } from '../../src-main/contract/board';
import { CERTIFIED_NORMS } from '../../src-main/contract/certified';
import type { Plan } from '../../src-main/contract/events';
import type { RunState } from '../../src-main/contract/fold';
import { ATTACK_CURVES, SERIES } from '../../src-main/contract/metrics';
import { measureOf, normSymbol, words } from '../format';
import { armColor, armDash, type Palette } from '../theme/inks';
import { boardOption } from './board';
import { certifiedLines, certifiedOption } from './certified';
import { curvesOption } from './curves';
import type { ChartOption } from './echarts';
import type { Budget, Family } from './families';
import type { FigureSize } from './figure';
import { episodeFigures } from './episode-figures';
import { frameHeight, framed, type LegendItem } from './framed';
import { MARK } from './mark';
import { matrixOption, matrixSize } from './matrix';
import { attackDash, meanOverSeeds, queriesOption, type QueryLine } from './queries';
import { metricsOf, resultGrid, resultMatrix, usualMetric, type ResultRow } from './results';
import { facets, robustnessOption } from './robustness';
import { isRoc, rocLines, rocOption } from './roc';

export interface Figure {
  title: string;
  /** What is to be seen in it, in a sentence. */
  caption: string;
  option: ChartOption;
  size: FigureSize;
}

export interface FigureSource {
  state: RunState;
  plan: Plan;
  families: readonly Family[];
  rows: readonly ResultRow[];
  attackLabels: readonly string[];
  budget: Budget;
  catalog: Catalog;
}

const WIDTH = 760;
const HEIGHT = 300;

/** Series worth a figure, in order. */
const DRAWN_SERIES = [
  'loss',
  'validationAccuracy',
  'robustValidationAccuracy',
  'greedyReturn',
  'return',
  'exactReturn',
];

export const legendOf = (families: readonly Family[], palette: Palette): LegendItem[] =>
  families.map(({ label, color }) => ({
    label,
    color: armColor(palette, color),
    dashed: armDash(color) === 'dashed',
  }));

export function sessionFigures(source: FigureSource, palette: Palette): Figure[] {
  const { state, plan, families, rows, attackLabels, budget, catalog } = source;
  const legend = legendOf(families, palette);
  const inFrame = (
    title: string,
    caption: string,
    option: ChartOption,
    items = legend,
    height = HEIGHT,
  ): Figure => ({
    title,
    caption,
    option: framed(option, { title, legend: items, width: WIDTH }, palette),
    size: { width: WIDTH, height: height + frameHeight(items, WIDTH) },
  });
  const learns = plan.task === 'reinforcement-learning';
  const evaluated = rows.some(({ clean }) => clean);
  const figures: Figure[] = [];

  const points = rows.flatMap(({ family, board }) => (board ? [{ family, row: board }] : []));
  const weighed = weighedBy(points.flatMap(({ row }) => Object.keys(row.values)));
  if (points.some(({ row }) => row.values[weighed.clean] && row.values[weighed.worst])) {
    figures.push({
      title: 'Trade-off',
      caption: learns
        ? 'The lowest return under any attack against the return left alone, and the Pareto front.'
        : 'Worst case over all attacks against clean accuracy, and the Pareto front.',
      option: boardOption(points, weighed.clean, weighed.worst, palette, true),
      size: { width: WIDTH, height: 460 },
    });
  }

  const metric = usualMetric(metricsOf(rows), plan.task);
  if (evaluated && plan.attacks.length > 0) {
    const drawn = rows.map(({ family, clean, attacks, failedChecks }) => ({
      label: family.label,
      color: family.color,
      doubtful: failedChecks.length > 0,
      clean: clean?.[learns ? 'return' : 'accuracy'],
      attacks: attacks.map((metrics) => metrics?.[metric]),
    }));
    const option = robustnessOption(
      facets(plan.attacks, catalog, budget),
      drawn,
      measureOf(metric),
      WIDTH,
      palette,
    );
    figures.push(
      inFrame(
        learns ? 'Return under attack' : 'Robust accuracy',
        `What each attack leaves, with 95 % intervals over seeds. Hollow, ${MARK}: a check of the verdict failed.`,
        option,
      ),
    );
    const matrix = resultMatrix(resultGrid(rows, plan.attacks.length, metric), attackLabels, palette);
    figures.push({
      title: 'Attack × defence',
      caption: `${measureOf(metric).title}: ${measureOf(metric).help}`,
      option: matrixOption(matrix, palette, 'figure'),
      size: matrixSize(matrix),
    });
  }

  for (const { title, caption, option, legend: items, height } of episodeFigures(source, palette))
    figures.push(inFrame(title, caption, option, items, height));

  for (const norm of CERTIFIED_NORMS) {
    const lines = certifiedLines(state, families, norm);
    if (lines.length === 0) continue;
    figures.push(
      inFrame(
        `Certified and robust accuracy, ${normSymbol(norm)}`,
        'Solid: proven, whatever the attack. Dashed: left by the attacks that were tried.',
        certifiedOption(lines, norm, palette),
      ),
    );
  }

  const curves = state.arms.flatMap(({ attackCurves }) => attackCurves);
  for (const series of Object.keys(ATTACK_CURVES).filter((name) => !isRoc(name))) {
    const asking = [...new Set(curves.filter((one) => one.series === series).map(({ attack }) => attack))];
    const lines = families.flatMap(({ arms, label, color }) =>
      asking.flatMap((attack, place): QueryLine[] => {
        const own = curves.filter(
          (one) => one.series === series && one.attack === attack && arms.includes(one.arm),
        );
        return own.length
          ? [
              {
                arm: label,
                attack: attackLabels[attack]!,
                color,
                dash: attackDash(place),
                points: meanOverSeeds(own),
              },
            ]
          : [];
      }),
    );
    if (lines.length === 0) continue;
    figures.push(
      inFrame(
        ATTACK_CURVES[series]!.title,
        `Strokes tell attacks apart: ${asking.map((attack) => attackLabels[attack]).join('; ')}.`,
        queriesOption(lines, series, palette),
      ),
    );
  }
  for (const attack of new Set(curves.filter(({ series }) => isRoc(series)).map((one) => one.attack))) {
    figures.push(
      inFrame(
        `Detectors under ${attackLabels[attack]}`,
        'Solid: the attacker evades the detector too. Dashed: the attacker does not know of it.',
        rocOption(rocLines(state, families, attack), palette),
      ),
    );
  }

  for (const series of DRAWN_SERIES) {
    const groups = families.map(({ label, color, arms }) => ({
      label,
      color,
      curves: arms.flatMap((arm) => state.arms[arm]!.curves[series] ?? []),
    }));
    if (!groups.some(({ curves: own }) => own.length > 0)) continue;
    const info = SERIES[series]!;
    figures.push(
      inFrame(
        info.title,
        `Strong: mean over seeds. Thin: ${learns ? 'the trend of each seed' : 'each seed'}. ${words(info.x)} across.`,
        curvesOption(
          groups.filter(({ curves: own }) => own.length > 0),
          info,
          palette,
        ),
        legendOf(
          families.filter((_, i) => groups[i]!.curves.length > 0),
          palette,
        ),
      ),
    );
  }
  return figures;
}
