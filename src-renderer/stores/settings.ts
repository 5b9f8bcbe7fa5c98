import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import type { About, Settings } from '../../src-main/contract/lab-api';
import { ask, listen } from '../lab';

export const useSettings = defineStore('settings', () => {
  const theme = ref<Settings['theme']>('system');
  const dark = ref(false);
  const about = shallowRef<About | null>(null);
  const grants = shallowRef<string[]>([]);

  function apply(settings: Settings): void {
    // The class first: whoever watches `dark` reads the colours of the new theme.
    document.documentElement.classList.toggle('dark', settings.dark);
    theme.value = settings.theme;
    dark.value = settings.dark;
  }

  async function load(): Promise<void> {
    apply(await ask('settings'));
    about.value = await ask('about');
  }

  async function setTheme(value: Settings['theme']): Promise<void> {
    apply(await ask('setTheme', value));
  }

  async function loadGrants(): Promise<void> {
    grants.value = await ask('grants');
  }

  async function withdraw(path: string): Promise<void> {
    await ask('withdrawGrant', path);
    await loadGrants();
  }

  listen('settings', apply);

  return { theme, dark, about, grants, load, setTheme, loadGrants, withdraw };
});
