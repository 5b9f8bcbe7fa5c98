/** Formulas of definitions are written in a line: `f_θ(x)`, `max_{‖δ‖ ≤ ε}`, `γ^t`. Here they get their indices back. */
export interface FormulaPart {
  text: string;
  place: 'line' | 'sub' | 'sup';
}

/** What follows `_` or `^`: a group in braces, or letters and figures. */
const INDEX = /([_^])(?:\{([^{}]*)\}|([\p{L}\p{N}*′]+))/gu;

export function formulaParts(formula: string): FormulaPart[] {
  const parts: FormulaPart[] = [];
  let end = 0;
  for (const found of formula.matchAll(INDEX)) {
    parts.push({ text: formula.slice(end, found.index), place: 'line' });
    parts.push({ text: found[2] ?? found[3]!, place: found[1] === '_' ? 'sub' : 'sup' });
    end = found.index + found[0].length;
  }
  return [...parts, { text: formula.slice(end), place: 'line' as const }].filter(({ text }) => text);
}
