/** The README's pictures: bouts of a size worth showing, run only when the pictures are made (SPARRING_PICTURES=1). */
import { expect, test } from './lab';

const MINUTES = 60_000;

test.describe('pictures', () => {
  test.setTimeout(15 * MINUTES);

  const images = (name: string, defenses: string) => `
name: ${name}
task: classification
seeds: [1, 2, 3]
dataset: {id: mnist, train: 2000, test: 1000}
model: {id: small-cnn}
training: {epochs: 6, batchSize: 64, learningRate: 0.002}
defenses:
${defenses}
attacks:
  - {id: random-noise, epsilon: [0.1, 0.2]}
  - {id: fgsm, epsilon: [0.1, 0.2]}
  - {id: pgd, epsilon: [0.1, 0.2], steps: 10}
evaluation: {samples: 200}
`;

  test('the article put to the test, and compared', async ({ lab }) => {
    const { page } = lab;
    await lab.start(
      images(
        'the article put to the test',
        `  - {id: noise-augmentation, epsilon: 0.3}
  - {id: adversarial-training, epochs: 12, attack: {id: pgd, epsilon: 0.2, steps: 5, stepSize: 0.06}}`,
      ),
    );
    await expect(lab.status()).toHaveText('Done', { timeout: 12 * MINUTES });
    await lab.choose('Examples', 'Outcome', 'Fooled');
    await lab.photograph('article', 'Light');

    await lab.start(images('TRADES', '  - {id: trades, epochs: 12, epsilon: 0.2, steps: 5, stepSize: 0.06}'));
    await expect(lab.status()).toHaveText('Done', { timeout: 12 * MINUTES });
    await lab.go('Sessions');
    for (const name of ['the article put to the test', 'TRADES'])
      await page
        .getByRole('row', { name: new RegExp(name) })
        .locator('.el-checkbox')
        .click();
    await page.getByRole('button', { name: 'Compare 2' }).click();
    await expect(page.getByRole('region', { name: 'Arms and attacks' })).toContainText('TRADES: ');
    await lab.photograph('comparison', 'Light');
  });

  test('CartPole under fire', async ({ lab }) => {
    await lab.start(`
name: CartPole under fire
task: reinforcement-learning
seeds: [1, 2]
environment: {id: CartPole-v1}
agent: {id: dqn, steps: 20000}
defenses:
  - {id: training-under-attack, attack: {id: random-observation, epsilon: 0.1}}
attacks:
  - {id: random-observation, epsilon: [0.05, 0.1, 0.2]}
  - {id: fgsm-observation, epsilon: [0.05, 0.1, 0.2]}
evaluation: {episodes: 20}
`);
    await expect(lab.status()).toHaveText('Done', { timeout: 12 * MINUTES });
    await lab.choose('Episode', 'Attack', /FGSM.*0\.2$/);
    // Not yet fallen.
    await lab.page.getByRole('button', { name: 'Pause the episode' }).click();
    const step = lab.page.getByRole('slider', { name: /Step of the episode/ });
    await step.press('Home');
    for (let i = 0; i < 8; i++) await step.press('ArrowRight');
    await lab.photograph('cartpole', 'Dark');
  });
});
