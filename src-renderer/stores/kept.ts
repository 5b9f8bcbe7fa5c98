/** What the window remembers over restarts: small values by name, in the page's own storage. */

const key = (name: string): string => `sparring.${name}`;

export function keep(name: string, value: unknown): void {
  try {
    localStorage.setItem(key(name), JSON.stringify(value));
  } catch {
    // Full or switched off: nothing but this comfort is lost.
  }
}

/** What was kept, where it still has the form that is expected; else null. */
export function kept<T>(name: string, isSound: (value: unknown) => value is T): T | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key(name)) ?? 'null');
    return isSound(value) ? value : null;
  } catch {
    return null;
  }
}
