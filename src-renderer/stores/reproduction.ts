/** A recorded session that is run again: how far it has come, and what came of it. */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import type { Problem } from '../../src-main/contract/events';
import type { ReproductionState } from '../../src-main/contract/reproduction';
import { ask, listen } from '../lab';

export const useReproduction = defineStore('reproduction', () => {
  const state = shallowRef<ReproductionState | null>(null);
  /** The session's name, as it was known when it was begun. */
  const name = ref('');
  const shown = ref(false);
  const ended = computed(() => Boolean(state.value?.outcome || state.value?.problem));
  const share = computed(() =>
    state.value?.of ? Math.min(100, (100 * state.value.compared) / state.value.of) : 0,
  );

  /** @returns what keeps it from being run; empty when it is on its way */
  async function start(id: string, called: string): Promise<Problem[]> {
    const answer = await ask('reproduceSession', id);
    if (!answer.ok) return answer.problems;
    // The first news of this one may be here already; an older one's are done with.
    if (state.value?.id !== id || ended.value) state.value = null;
    name.value = called;
    shown.value = true;
    return [];
  }

  /** What has ended and was read is done with. */
  function close(): void {
    shown.value = false;
    if (ended.value) state.value = null;
  }

  async function stop(): Promise<void> {
    await ask('stopReproduction');
    state.value = null;
    shown.value = false;
  }

  listen('reproduction', (told) => (state.value = told));

  return { state, name, shown, ended, share, start, stop, close };
});
