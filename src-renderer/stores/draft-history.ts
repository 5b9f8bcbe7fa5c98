/** The draft's text with all it was before: every edit can be undone, wherever it was made; kept over restarts. */
import { computed, ref, shallowRef, watch } from 'vue';
import { keep, kept } from './kept';

interface Draft {
  text: string;
  /** What the user knows the text by. */
  source: string;
  /** The built-in bout it is, unchanged or not. */
  bout: string | null;
}

/** Edits that follow each other faster than this, in milliseconds, are one: a word is undone, not a letter. */
const PAUSE = 700;
const MOST = 200;

const isDraft = (value: unknown): value is Draft =>
  typeof value === 'object' &&
  value !== null &&
  'text' in value &&
  typeof value.text === 'string' &&
  'source' in value &&
  typeof value.source === 'string' &&
  'bout' in value &&
  (value.bout === null || typeof value.bout === 'string');

export function useHistory() {
  const text = ref('');
  const source = ref('experiment.yaml');
  const bout = ref<string | null>(null);
  const past = shallowRef<readonly Draft[]>([]);
  const future = shallowRef<readonly Draft[]>([]);
  let editedAt = -Infinity;
  let travelling = false;

  const now = (): Draft => ({ text: text.value, source: source.value, bout: bout.value });
  let before = now();
  watch(
    [text, source, bout],
    () => {
      const came = before;
      before = now();
      if (travelling) return;
      const time = performance.now();
      if (time - editedAt > PAUSE && came.text !== '') past.value = [...past.value, came].slice(-MOST);
      editedAt = time;
      future.value = [];
    },
    { flush: 'sync' },
  );
  watch([text, source, bout], () => keep('draft', now()));

  /** What comes next is an edit of its own. */
  function settle(): void {
    editedAt = -Infinity;
  }

  function travel(from: typeof past, to: typeof past): void {
    const target = from.value.at(-1);
    if (!target) return;
    to.value = [...to.value, now()];
    from.value = from.value.slice(0, -1);
    travelling = true;
    ({ text: text.value, source: source.value, bout: bout.value } = target);
    travelling = false;
    settle();
  }

  /** Takes up the draft of the last time; answers whether there was one. */
  function restore(): boolean {
    const draft = kept('draft', isDraft);
    if (!draft?.text) return false;
    ({ text: text.value, source: source.value, bout: bout.value } = draft);
    settle();
    return true;
  }

  return {
    text,
    source,
    bout,
    settle,
    restore,
    undo: () => travel(past, future),
    redo: () => travel(future, past),
    canUndo: computed(() => past.value.length > 0),
    canRedo: computed(() => future.value.length > 0),
  };
}
