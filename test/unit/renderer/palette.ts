import type { Palette } from '../../../src-renderer/theme/palette';

/** Inks that say what they are. */
export const palette: Palette = {
  font: 'sans-serif',
  ink: '#000',
  ink2: '#111',
  ink3: '#222',
  line: '#333',
  grid: '#444',
  surface: '#ffffff',
  raised: '#fff',
  fail: '#800',
  heat: '#0072b2',
  classes: '75% 33%',
  arms: Array.from({ length: 8 }, (_, i) => `arm-${i}`),
  true: 'true',
  perceived: 'perceived',
  pass: 'pass',
  inks: {} as Palette['inks'],
};
