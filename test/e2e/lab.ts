/** The built application under test, with a home of its own and an eye on everything the page complains of. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { LabApi } from '../../src-main/contract/lab-api';
import { test as base, _electron, expect, type ElectronApplication, type Page } from '@playwright/test';

const REPOSITORY = resolve(__dirname, '../..');
export const PICTURES = join(REPOSITORY, 'docs', 'pictures');
export const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const;

const LOWER = { Light: 'light', Dark: 'dark' } as const;
const CLASS = { Light: /^((?!dark).)*$/, Dark: /dark/ };

declare global {
  interface Window {
    lab: LabApi;
  }
}

export class Lab {
  readonly complaints: string[] = [];

  private constructor(
    readonly app: ElectronApplication,
    readonly page: Page,
  ) {}

  static async launch(home: string): Promise<Lab> {
    const app = await _electron.launch({
      cwd: REPOSITORY,
      args: ['.', '--no-sandbox', '--disable-gpu'],
      env: { ...(process.env as Record<string, string>), SPARRING_HOME: home },
    });
    const page = await app.firstWindow();
    const lab = new Lab(app, page);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') lab.complaints.push(message.text());
    });
    page.on('pageerror', (error) => lab.complaints.push(String(error)));
    await page.exposeFunction('reportViolation', (what: string) => lab.complaints.push(what));
    await page.addInitScript(() => {
      document.addEventListener(
        'securitypolicyviolation',
        ({ violatedDirective, blockedURI, sourceFile }) => {
          const { reportViolation } = window as unknown as { reportViolation: (what: string) => void };
          reportViolation(`policy violated: ${violatedDirective} ${blockedURI} ${sourceFile}`);
        },
      );
    });
    // Loaded once more, so that nothing of the page's start goes unheard.
    await page.reload();
    await lab.resize(SIZES[0]);
    await expect(page.getByRole('navigation', { name: 'Views' })).toBeVisible();
    return lab;
  }

  async resize(size: { width: number; height: number }): Promise<void> {
    await this.page.setViewportSize(size);
  }

  async go(view: 'New' | 'Run' | 'Trade-off' | 'Compare' | 'Sessions' | 'Guide' | 'Settings'): Promise<void> {
    await this.page.getByRole('navigation').getByRole('link', { name: view }).click();
  }

  status() {
    return this.page.locator('.head .status');
  }

  /** Writes the experiment into the editor and starts it by the keyboard. */
  async start(experiment: string): Promise<void> {
    await this.go('New');
    await this.page.getByLabel('Experiment as YAML').fill(experiment);
    await expect(this.page.getByText('No problems: the experiment can be started.')).toBeVisible();
    await this.page.keyboard.press('Control+Enter');
    await expect(this.status()).toBeVisible();
  }

  /** Picks from a select of a panel. Its input lies beneath the value shown, hence the forced click. */
  async choose(panel: string, select: string, option: string | RegExp): Promise<void> {
    await this.page
      .getByRole('region', { name: panel })
      .getByLabel(select, { exact: true })
      .click({ force: true });
    await this.page.getByRole('option', { name: option }).click();
  }

  async enginePids(): Promise<number[]> {
    return this.app.evaluate(({ app }) =>
      app
        .getAppMetrics()
        .filter(
          ({ type, name, serviceName }) =>
            type === 'Utility' && `${name}${serviceName}`.includes('Sparring engine'),
        )
        .map(({ pid }) => pid),
    );
  }

  async setTheme(theme: 'Light' | 'Dark'): Promise<void> {
    await this.go('Settings');
    await this.page.getByRole('radiogroup', { name: 'Theme' }).getByText(theme).click();
    await expect(this.page.locator('html')).toHaveClass(CLASS[theme]);
  }

  /** The view as it is, in both themes and sizes. `picture`: kept for the README when asked for. */
  async photograph(name: string, picture?: 'Light' | 'Dark'): Promise<void> {
    await this.page.mouse.move(0, 0);
    for (const theme of ['Light', 'Dark'] as const) {
      // Not by the settings: the view keeps its filters and its place.
      await this.page.evaluate((wanted) => window.lab.call('setTheme', [wanted]), LOWER[theme]);
      await expect(this.page.locator('html')).toHaveClass(CLASS[theme]);
      for (const size of SIZES) {
        await this.resize(size);
        // Charts follow a new size after their throttle.
        await this.page.waitForTimeout(400);
        const path = join(
          REPOSITORY,
          'test-results',
          'pictures',
          `${name}-${size.width}-${LOWER[theme]}.png`,
        );
        await this.page.screenshot({ path });
        if (process.env['SPARRING_PICTURES'] === '1' && picture === theme && size === SIZES[0]) {
          await this.page.screenshot({ path: join(PICTURES, `${name}.png`) });
        }
      }
    }
    await this.resize(SIZES[0]);
  }

  /** Native dialogs cannot be clicked: the place is chosen as a user would. */
  async saveAs(path: string): Promise<void> {
    await this.app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = (() => Promise.resolve({ canceled: false, filePath })) as never;
    }, path);
  }

  async close(): Promise<void> {
    await this.app.close();
  }
}

/** `home`: a library of its own for each test; `lab`: the app in it, whose page must not have complained in the end. */
export const test = base.extend<{ home: string; lab: Lab }>({
  // Playwright wants the first argument destructured.
  // eslint-disable-next-line no-empty-pattern
  home: async ({}, use) => {
    const home = mkdtempSync(join(tmpdir(), 'sparring-e2e-'));
    await use(home);
    rmSync(home, { recursive: true, force: true });
  },
  lab: async ({ home }, use) => {
    const lab = await Lab.launch(home);
    await use(lab);
    await lab.close();
    expect(lab.complaints).toEqual([]);
  },
});

export { expect };
