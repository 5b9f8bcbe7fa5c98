/** A recorded session that is run again: how far it has come, and what came of it. */
import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import type { Problem } from '../../src-main/contract/events';
import type { ReproductionState } from '../../src-main/contract/reproduction';
import { ask, listen } from '../lab';

export const useReproduction = defineStore('reproduction', () => {
  const state = shallowRef<ReproductionState | null>(null);
  /** The session's name, as it was known when it was begun. */
  const name = ref('');
  const shown = ref(false);

  /** @returns what keeps it from being run; empty when it is on its way */
  async function start(id: string, called: string): Promise<Problem[]> {
    const answer = await ask('reproduceSession', id);
    if (!answer.ok) return answer.problems;
    name.value = called;
    shown.value = true;
    return [];
  }

  async function stop(): Promise<void> {
    await ask('stopReproduction');
    state.value = null;
    shown.value = false;
  }

  listen('reproduction', (told) => (state.value = told));

  return { state, name, shown, start, stop };
});
