/** The light inks, whatever the theme: figures that are exported, and reports, go on paper. */
import { paletteFrom, type Palette } from './inks';
import tokens from './tokens.css?raw';

/** The first block of the tokens is the light one. */
const light = tokens.slice(0, tokens.indexOf('html.dark'));
const values = new Map(
  [...light.matchAll(/--s-([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [
    name!,
    value!.replace(/\s+/g, ' ').trim(),
  ]),
);

export const PAPER: Palette = paletteFrom((name) => {
  const value = values.get(name);
  if (value === undefined) throw new Error(`tokens.css has no --s-${name}`);
  return value;
});
