/** How numbers, units, durations and definitions are written, everywhere in the window. */
import { ABSTAINED, REJECTED } from '../src-main/contract/events';
import { MEASURES, type Measure } from '../src-main/contract/metrics';
import type { SessionStatus } from '../src-main/contract/session';

const SYMBOLS: Record<string, string> = { epsilon: 'ε', kappa: 'κ', probability: 'p' };
const ACRONYMS = /\b(fgsm|pgd|auc|dqn)\b/gi;

/** `stepSize` → `Step size`, `within-budget` → `Within budget`. */
export function words(name: string): string {
  const spaced = name
    .replace(/[-_]/g, ' ')
    .replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
  return (spaced.charAt(0).toUpperCase() + spaced.slice(1)).replace(ACRONYMS, (acronym) =>
    acronym.toUpperCase(),
  );
}

export const symbol = (parameter: string): string => SYMBOLS[parameter] ?? parameter;

/** Five significant digits at most, no trailing zeros, a true minus. */
export function plain(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : value < 0 ? '−∞' : 'not a number';
  return String(Number(value.toPrecision(5))).replace('-', '−');
}

export const grouped = (value: number): string => value.toLocaleString('en-US').replaceAll(',', '\u2009');

const NORM_SYMBOLS = { linf: 'L∞', l2: 'L2', l1: 'L1', l0: 'L0' } as const;
export const isNorm = (value: unknown): value is keyof typeof NORM_SYMBOLS =>
  typeof value === 'string' && value in NORM_SYMBOLS;
export const normSymbol = (norm: keyof typeof NORM_SYMBOLS): string => NORM_SYMBOLS[norm];

/** A predicted class by its name, or why there is none. */
export function predictionName(classes: readonly string[], label: number): string {
  if (label === ABSTAINED) return 'abstains';
  return label === REJECTED ? 'rejected' : (classes[label] ?? String(label));
}

const UNIT_TEXT: Record<Measure['unit'], string> = {
  share: '%',
  return: 'reward',
  'pixel range': 'pixel range',
  pixels: 'pixels',
  count: '',
  seconds: 's',
  milliseconds: 'ms',
  nats: 'nats',
  probability: '',
  epsilon: '',
  steps: 'steps',
  cells: 'cells',
  'observation range': 'observation range',
};

export const unitText = (unit: Measure['unit']): string => UNIT_TEXT[unit];

/** Value as it is drawn on an axis: shares in per cent. */
export const scaled = (value: number, unit: Measure['unit']): number =>
  unit === 'share' ? value * 100 : value;

const DECIMALS: Partial<Record<Measure['unit'], number>> = { share: 1, count: 1, seconds: 1, steps: 1 };

/** Returns run from below 1 to hundreds, so their precision follows the largest shown beside them. */
export const decimalsOf = (unit: Measure['unit'], largest: number): number =>
  unit === 'return' ? (largest < 10 ? 3 : 1) : (DECIMALS[unit] ?? 3);

/** Fixed decimals, so that numbers in a column stand under each other. */
export function fixed(
  value: number,
  unit: Measure['unit'],
  decimals = decimalsOf(unit, Math.abs(value)),
): string {
  return scaled(value, unit).toFixed(decimals).replace('-', '−');
}

export const measureOf = (metric: string): Measure =>
  MEASURES[metric] ?? { title: words(metric), unit: 'count', better: 'neither', help: '' };

export function withUnit(title: string, unit: Measure['unit']): string {
  const text = unitText(unit);
  return text ? `${title} (${text})` : title;
}

export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** An estimate is not told to the second. */
export function timeLeft(seconds: number): string {
  if (seconds < 10) return 'a few seconds left';
  if (seconds < 55) return `about ${Math.ceil(seconds / 10) * 10} s left`;
  if (seconds < 3600) return `about ${Math.ceil(seconds / 60)} min left`;
  return `about ${(seconds / 3600).toFixed(1)} h left`;
}

export function bytes(value: number): string {
  if (value < 1e6) return `${Math.max(1, Math.round(value / 1e3))} kB`;
  return value < 1e9 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e9).toFixed(2)} GB`;
}

export function when(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

export const STATUS: Record<
  SessionStatus,
  { label: string; tag: 'primary' | 'success' | 'warning' | 'danger' | 'info' }
> = {
  queued: { label: 'Queued', tag: 'info' },
  running: { label: 'Running', tag: 'primary' },
  paused: { label: 'Paused', tag: 'warning' },
  done: { label: 'Done', tag: 'success' },
  stopped: { label: 'Stopped', tag: 'warning' },
  failed: { label: 'Failed', tag: 'danger' },
  interrupted: { label: 'Interrupted', tag: 'danger' },
};

export const RESUMABLE: readonly SessionStatus[] = ['stopped', 'failed', 'interrupted'];

export const firstSentence = (text: string): string => /^.*?\.(?=\s|$)/s.exec(text.trim())?.[0] ?? text;

/** How long a bout takes, as its description tells it: “About 6 minutes”. */
export function timeTaken(description: string): string {
  const found = /\babout [^.;,]*?\b(?:seconds?|minutes?|hours?)\b/i.exec(description)?.[0];
  return found ? found.charAt(0).toUpperCase() + found.slice(1) : '';
}
