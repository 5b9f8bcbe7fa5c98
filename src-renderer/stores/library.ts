/** Recorded sessions, and the runs main knows of. */
import { defineStore } from 'pinia';
import { computed, ref, shallowReactive, shallowRef } from 'vue';
import type { RunRow } from '../../src-main/contract/lab-api';
import type { SessionRow, SessionStatus } from '../../src-main/contract/session';
import { ask, listen } from '../lab';

export interface RunProgress {
  done: number;
  total: number;
  what: string;
}

const ACTIVE: readonly SessionStatus[] = ['running', 'paused'];

export const useLibrary = defineStore('library', () => {
  const rows = shallowRef<SessionRow[]>([]);
  const loaded = ref(false);
  const runs = shallowRef<RunRow[]>([]);
  /** By run, for the status bar; the open session has its own, exact state. */
  const progress = shallowReactive(new Map<string, RunProgress>());

  const active = computed(() => runs.value.find((run) => ACTIVE.includes(run.status)));
  const queued = computed(() => runs.value.filter((run) => run.status === 'queued').length);

  async function refresh(): Promise<void> {
    rows.value = await ask('sessions');
    loaded.value = true;
  }

  async function rename(id: string, name: string): Promise<void> {
    await ask('renameSession', { id, name });
    await refresh();
  }

  async function describe(id: string, said: { tags: string[]; notes: string }): Promise<void> {
    await ask('describeSession', { id, ...said });
    await refresh();
  }

  async function remove(id: string): Promise<void> {
    await ask('deleteSession', id);
    await refresh();
  }

  async function restore(id: string): Promise<void> {
    await ask('undeleteSession', id);
    await refresh();
  }

  listen('runs', (value) => {
    runs.value = value;
  });
  listen('sessions-changed', () => void refresh());
  listen('run-events', ({ id, events }) => {
    let next = progress.get(id);
    for (const { event } of events) {
      if (event.type === 'run-started') next = { done: 0, total: event.plan.work, what: '' };
      if (event.type === 'progress') next = { total: next?.total ?? 0, done: event.done, what: event.what };
    }
    if (next && next !== progress.get(id)) progress.set(id, next);
  });

  return { rows, loaded, runs, progress, active, queued, refresh, rename, describe, remove, restore };
});
