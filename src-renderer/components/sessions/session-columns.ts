/** The columns of the list of sessions: what stands in them, and what they are sorted by. */
import { find } from '../../../src-main/contract/catalog';
import { catalog } from '../../../src-main/contract/catalog-data';
import type { Headline, SessionRow } from '../../../src-main/contract/session';
import { MARK } from '../../charts/mark';
import { fixed, words } from '../../format';

export interface SessionColumn {
  id: string;
  title: string;
  /** As CSS has it; the column without one takes what is left. */
  width?: string;
  figures?: boolean;
  /** What the rows are sorted by; columns without one cannot be. */
  by?: (row: SessionRow) => string | number;
}

const title = (kind: 'attack' | 'defense', id: string): string => find(catalog, kind, id)?.title ?? id;
export const attacksOf = (row: SessionRow): string => row.attacks.map((id) => title('attack', id)).join(', ');
export const defensesOf = (row: SessionRow): string =>
  row.defenses.map((id) => title('defense', id)).join(', ');

/** Lists of names grow with the window, but less than the sessions' own names. */
const LISTED = 'calc(25vw - 195px)';

export const COLUMNS: SessionColumn[] = [
  { id: 'name', title: 'Name', by: ({ name }) => name },
  { id: 'status', title: 'Status', width: '110px', by: ({ status }) => status },
  { id: 'createdAt', title: 'Started', width: '142px', by: ({ createdAt }) => createdAt },
  { id: 'duration', title: 'Duration', width: '106px', figures: true, by: ({ durationMs }) => durationMs },
  { id: 'arms', title: 'Arms', width: '76px', figures: true, by: ({ arms }) => arms },
  {
    id: 'worstCase',
    title: 'Worst case',
    width: '118px',
    figures: true,
    by: ({ headlines }) => headlines[0]?.worstCase ?? -Infinity,
  },
  { id: 'defenses', title: 'Defences', width: LISTED },
  { id: 'attacks', title: 'Attacks', width: LISTED },
  { id: 'bytes', title: 'Size', width: '82px', figures: true, by: ({ bytes }) => bytes },
];

export interface Sorting {
  column: string;
  descending: boolean;
}
/** Latest first. */
export const USUAL_SORTING: Sorting = { column: 'createdAt', descending: true };

export const isSorting = (value: unknown): value is Sorting =>
  typeof value === 'object' &&
  value !== null &&
  'descending' in value &&
  typeof value.descending === 'boolean' &&
  'column' in value &&
  COLUMNS.some(({ id, by }) => id === value.column && by);

const collator = new Intl.Collator('en', { numeric: true });

/** Equal rows keep their order. */
export function sorted(rows: readonly SessionRow[], { column, descending }: Sorting): SessionRow[] {
  const by = COLUMNS.find(({ id }) => id === column)!.by!;
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    if (typeof x === 'string' || typeof y === 'string') return sign * collator.compare(String(x), String(y));
    return sign * (Number(x > y) - Number(x < y));
  });
}

/** The number with its mark, where a check of the verdict failed on it. */
export function headlineNumber({ task }: SessionRow, { worstCase, failedChecks }: Headline): string {
  const number = task === 'classification' ? `${fixed(worstCase, 'share')} %` : fixed(worstCase, 'return');
  return failedChecks.length ? `${number} ${MARK}` : number;
}

export function headlineText(row: SessionRow, headline: Headline): string {
  const { model, poisoning, defense, failedChecks } = headline;
  const several = new Set(row.headlines.map((one) => one.model)).size > 1;
  const name = [
    several && model ? model : '',
    defense ? title('defense', defense) : 'Undefended',
    poisoning ? title('attack', poisoning) : '',
  ]
    .filter(Boolean)
    .join(', ');
  const failed = failedChecks.length ? `, failed: ${failedChecks.map(words).join(', ')}` : '';
  return `${headlineNumber(row, headline)} ${name}${failed}`;
}
