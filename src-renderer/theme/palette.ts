/** The theme's inks as the window has them at the moment: canvases cannot read CSS custom properties themselves. */
import { computed, type ComputedRef } from 'vue';
import { useSettings } from '../stores/settings';
import { paletteFrom, type Palette } from './inks';

export * from './inks';

export function readPalette(element: Element = document.documentElement): Palette {
  const style = getComputedStyle(element);
  return paletteFrom((name) => style.getPropertyValue(`--s-${name}`).trim());
}

export function usePalette(): ComputedRef<Palette> {
  const settings = useSettings();
  return computed(() => {
    void settings.dark;
    return readPalette();
  });
}
