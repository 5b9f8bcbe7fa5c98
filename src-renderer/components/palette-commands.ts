/** What the command palette offers, put together from what the window knows at the moment. */
import type { Router } from 'vue-router';
import { catalog } from '../../src-main/contract/catalog-data';
import type { Bout, ExperimentFile, RecentFile } from '../../src-main/contract/lab-api';
import type { SessionRow } from '../../src-main/contract/session';
import { when } from '../format';
import { termsOf } from './search';

export interface PaletteCommand {
  group: 'Go to' | 'Do' | 'Bout' | 'Session' | 'Recent' | 'Guide' | 'Theme';
  title: string;
  /** What it is found by beside its title. */
  words?: string;
  keys?: string;
  run(): unknown;
}

/** Every word typed stands somewhere in the command. */
export function matches({ group, title, words = '' }: PaletteCommand, query: string): boolean {
  const text = `${group} ${title} ${words}`.toLowerCase();
  return termsOf(query).every((term) => text.includes(term));
}

export function contentCommands(known: {
  router: Router;
  bouts: readonly Bout[];
  sessions: readonly SessionRow[];
  recent: readonly RecentFile[];
  useBout(bout: Bout): unknown;
  openRecent(file: RecentFile): Promise<ExperimentFile | void>;
}): PaletteCommand[] {
  const { router } = known;
  return [
    ...known.bouts.map((bout): PaletteCommand => ({
      group: 'Bout',
      title: bout.name,
      words: bout.description,
      run: () => known.useBout(bout),
    })),
    ...known.sessions
      .filter(({ problem }) => problem === null)
      .map((row): PaletteCommand => ({
        group: 'Session',
        title: `${row.name}, ${when(row.createdAt)}`,
        words: [...row.attacks, ...row.defenses].join(' '),
        run: () => router.push({ name: 'live', params: { id: row.id } }),
      })),
    ...known.recent.map((file): PaletteCommand => ({
      group: 'Recent',
      title: file.name,
      words: file.path,
      run: () => known.openRecent(file),
    })),
    ...catalog
      .filter(({ kind }) => kind === 'attack' || kind === 'defense')
      .map((entry): PaletteCommand => ({
        group: 'Guide',
        title: entry.title,
        words: entry.id,
        run: () => router.push({ name: 'guide', params: { page: entry.id } }),
      })),
  ];
}
