/** Plays steps by the clock: a position between 0 and `last` that moves on while it plays. */
import { nextTick, onBeforeUnmount, ref, watch, type Ref } from 'vue';
import { useExhibits } from '../../stores/exhibits';

const STEPS_A_SECOND = 20;

export interface Playback {
  step: Ref<number>;
  playing: Ref<boolean>;
  speed: Ref<number>;
  toggle: () => void;
}

/** `still`: motion is not wanted; it starts paused then. */
export function usePlayback(last: Ref<number>, still: boolean): Playback {
  const step = ref(0);
  const playing = ref(!still);
  const speed = ref(1);
  let frame = 0;
  let before = 0;
  let exact = 0;

  function tick(now: number): void {
    // A frame may bear a time before that of the press that asked for it.
    exact += (Math.max(0, now - before) / 1000) * STEPS_A_SECOND * speed.value;
    before = now;
    // It rests on the last step for a second, then begins anew.
    if (exact > last.value + STEPS_A_SECOND * speed.value) exact = 0;
    step.value = Math.min(last.value, Math.floor(exact));
    frame = requestAnimationFrame(tick);
  }
  watch(
    playing,
    (on) => {
      cancelAnimationFrame(frame);
      if (!on) return;
      before = performance.now();
      exact = step.value >= last.value ? 0 : step.value;
      frame = requestAnimationFrame(tick);
    },
    { immediate: true },
  );
  // Scrubbing while it plays goes on from there.
  watch(step, (value) => {
    if (value !== Math.min(last.value, Math.floor(exact))) exact = value;
  });
  watch(last, (value) => {
    if (step.value > value) {
      step.value = 0;
      exact = 0;
    }
  });
  onBeforeUnmount(() => cancelAnimationFrame(frame));
  return { step, playing, speed, toggle: () => (playing.value = !playing.value) };
}

/** Goes to the step that a mark of the session leads to, and rests there. */
export function useCue(step: Ref<number>, playing: Ref<boolean>): void {
  const exhibits = useExhibits();
  watch(
    () => exhibits.cue,
    async (cue) => {
      if (cue === undefined) return;
      exhibits.cue = undefined;
      // What the mark stands for is chosen together with it; it is there when the panel has followed.
      await nextTick();
      playing.value = false;
      step.value = cue;
    },
    { immediate: true },
  );
}
