/** Named arrays within one checkpoint: several owners, each under its prefix. */
type Named = Record<string, Float32Array>;

export const prefixed = (prefix: string, values: Named): Named =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]));

export const unprefixed = (prefix: string, values: Named): Named =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name.startsWith(`${prefix}/`))
      .map(([name, value]) => [name.slice(prefix.length + 1), value]),
  );
