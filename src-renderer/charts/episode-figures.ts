/** Recorded episodes on paper: of the first arm and of the one that stands best, under what does it most harm. */
import { trajectoryKey, type Trajectory } from '../../src-main/contract/fold';
import { fixed } from '../format';
import type { Palette } from '../theme/inks';
import { flips, isThoughtful } from './episode';
import type { LegendItem } from './framed';
import { lanesOf, observationsOption, stripsHeight } from './observations';
import type { ChartOption } from './echarts';
import type { ResultRow } from './results';
import type { FigureSource } from './session-figures';

export interface EpisodeFigure {
  title: string;
  caption: string;
  option: ChartOption;
  height: number;
  legend: LegendItem[];
}

/** Room for the strips of an episode, in units of a figure. */
const ROOM = 420;

const returnUnder = ({ attacks }: ResultRow, attack: number): number =>
  attacks[attack]?.['return']?.mean ?? Infinity;
/** The attack that leaves an arm least; null where it met none. */
function worstAttack(row: ResultRow): number | null {
  const met = [...row.attacks.keys()].filter((attack) => Number.isFinite(returnUnder(row, attack)));
  return met.sort((a, b) => returnUnder(row, a) - returnUnder(row, b))[0] ?? null;
}

export function episodeFigures(
  { state, rows, attackLabels }: Pick<FigureSource, 'state' | 'rows' | 'attackLabels'>,
  palette: Palette,
): EpisodeFigure[] {
  const met = rows.flatMap((row) => {
    const attack = worstAttack(row);
    return attack === null ? [] : [{ row, attack, left: returnUnder(row, attack) }];
  });
  const best = [...met].sort((a, b) => b.left - a.left)[0];
  return [...new Set([met[0], best])].flatMap((shown) => {
    if (!shown) return [];
    const { row, attack } = shown;
    const arm = row.family.arms.find((one) => state.trajectories.has(trajectoryKey(one, attack)));
    if (arm === undefined) return [];
    const episode = state.trajectories.get(trajectoryKey(arm, attack))!;
    const twin = state.trajectories.get(trajectoryKey(arm, null));
    const height = stripsHeight(episode, ROOM);
    return [
      {
        title: `An episode of ${row.family.label} under ${attackLabels[attack]}`,
        caption: captionOf(episode, twin),
        option: observationsOption(episode, palette, height),
        height,
        legend: [
          { label: 'true', color: palette.true },
          ...(episode.perceived.length ? [{ label: 'perceived', color: palette.perceived }] : []),
        ],
      },
    ];
  });
}

function captionOf(episode: Trajectory, twin: Trajectory | undefined): string {
  const steps = episode.actions.length;
  const flipped = flips(episode);
  const sure = episode.certified?.reduce((sum, flag) => sum + flag, 0);
  const lanes = lanesOf(episode).map(({ name }) => name);
  return [
    `The first episode under what does this arm most harm: return ${fixed(episode.return, 'return')}`,
    ...(twin ? [`, ${fixed(twin.return, 'return')} from the same start when it is left alone`] : []),
    '.',
    ...(flipped
      ? [` Of ${steps} steps the action flipped at ${flipped.reduce((sum, flag) => sum + flag, 0)}`]
      : [` ${steps} steps`]),
    ...(sure === undefined ? [] : [`, and ${sure} are certified: nothing within the budget could flip them`]),
    '.',
    ...(isThoughtful(episode)
      ? [' Margin: how far the action that the truth calls for lies above the best other one.']
      : []),
    ...(lanes.length ? [` Lanes: steps that are ${lanes.join(', or ')}.`] : []),
  ].join('');
}
