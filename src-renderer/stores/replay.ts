/** Plays a session by the clock it was recorded by, faster or slower. */
import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import { usePlayer } from './player';

export const REPLAY_SPEEDS = [0.25, 1, 4, 10, 25, 60, 150, 400, 1000];

/** A session is played in about so many seconds unless another speed is chosen. */
const COMFORTABLE = 30;

/** Where nothing happened for longer than this, in real milliseconds, the clock goes on to the next event. */
const PATIENCE = 800;

export const useReplay = defineStore('replay', () => {
  const player = usePlayer();
  const playing = ref(false);
  const chosen = ref<number | null>(null);

  const suited = computed(() => {
    const seconds = (player.timeOf(player.last) - player.timeOf(1)) / 1000;
    return REPLAY_SPEEDS.find((speed) => seconds / speed <= COMFORTABLE) ?? REPLAY_SPEEDS.at(-1)!;
  });
  const speed = computed({
    get: () => chosen.value ?? suited.value,
    set: (value) => (chosen.value = value),
  });

  let frame = 0;
  let before = 0;
  /** The recorded time that is reached, and for how long no event was met. */
  let clock = 0;
  let idle = 0;

  /** The last event up to a recorded time. */
  function reached(time: number): number {
    let low = player.position;
    let high = player.last;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (player.timeOf(middle) <= time) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  function tick(now: number): void {
    const passed = Math.max(0, now - before);
    before = now;
    clock += passed * speed.value;
    const next = reached(clock);
    if (next > player.position) {
      player.seek(next);
      idle = 0;
    } else if ((idle += passed) > PATIENCE) {
      clock = player.timeOf(player.position + 1);
    }
    if (player.position >= player.last) playing.value = false;
    else frame = requestAnimationFrame(tick);
  }

  watch(playing, (on) => {
    cancelAnimationFrame(frame);
    if (!on) return;
    if (player.position >= player.last) player.seek(1);
    before = performance.now();
    clock = player.timeOf(player.position);
    idle = 0;
    frame = requestAnimationFrame(tick);
  });
  watch(
    () => player.id,
    () => {
      playing.value = false;
      chosen.value = null;
    },
  );

  /** Winds to an event; what plays goes on from there. */
  function wind(sequence: number): void {
    player.seek(sequence);
    clock = player.timeOf(player.position);
  }

  return { playing, speed, wind, toggle: () => (playing.value = !playing.value) };
});
