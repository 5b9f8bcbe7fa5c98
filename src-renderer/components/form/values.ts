/** Between what is typed into a field and what stands in the file. */
import type { ParamSpec } from '../../../src-main/contract/params';

export function toInput(value: unknown, spec: ParamSpec): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(String).join(spec.kind === 'lines' ? '\n' : ', ');
  return String(value);
}

/** What cannot be read as a number is kept as it was typed, so that the problem can be shown beside it. */
function number(text: string): number | string {
  const trimmed = text.trim();
  const value = Number(trimmed.replace('−', '-'));
  return trimmed !== '' && Number.isFinite(value) ? value : trimmed;
}

/** Undefined takes the parameter away, so that its default holds. */
export function fromInput(text: string, spec: ParamSpec, lists: boolean): unknown {
  if (text.trim() === '') return undefined;
  if (spec.kind === 'lines') return text.replace(/\n+$/, '').split('\n');
  if (spec.kind === 'path') return spec.what === 'address' ? text.trim() : text;
  if (lists && text.includes(',')) {
    // A comma at the end is a list being typed.
    const parts = text.split(',').filter((part) => part.trim() !== '');
    return parts.map(number);
  }
  return number(text);
}
