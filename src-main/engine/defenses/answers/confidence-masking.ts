import { choice, integer, number } from '../../../contract/params';
import { defineAnswerDefense } from '../../definitions';

/** Probabilities below this are answered as this, so that they have a logarithm. */
const LEAST = 1e-30;

/** Confidence masking: the model says less, or something else, about how sure it is. */
export default defineAnswerDefense({
  id: 'confidence-masking',
  title: 'Confidence masking',
  summary:
    'Tells the largest probabilities only, or rounded ones, or bends them by a reverse sigmoid that misleads whoever learns from them. Cheap, and honest users lose little; attacks that need nothing but the predicted class do not notice it.',
  limits:
    'Hides numbers, not what the model knows: an attacker with the weights, or with labels alone, is not hindered.',
  reference: {
    authors: 'T. Lee, B. Edwards, I. Molloy, D. Su',
    title: 'Defending against neural network model stealing attacks using deceptive perturbations',
    year: 2019,
    where: 'IEEE S&P workshops, arXiv:1806.00054',
  },
  params: {
    method: choice({
      options: ['top-k', 'rounding', 'reverse-sigmoid'],
      default: 'reverse-sigmoid',
      help: 'What is done to the probabilities.',
    }),
    k: integer({
      default: 1,
      min: 1,
      max: 255,
      unit: 'classes',
      help: 'Of top-k: probabilities that are told; the other classes share what is left evenly.',
    }),
    decimals: integer({ default: 1, min: 0, max: 9, unit: 'digits', help: 'Of rounding: decimals kept.' }),
    beta: number({ default: 1, min: 0, max: 2, help: 'Of the reverse sigmoid: how far it bends (β).' }),
    gamma: number({
      default: 0.2,
      min: 0,
      exclusiveMin: true,
      max: 10,
      help: 'Of the reverse sigmoid: how soon (γ).',
    }),
  },
  begin(params, classes) {
    const masked = maskOf(params);
    return {
      answer(_images, logs) {
        const answers = new Float32Array(logs.length);
        for (let start = 0; start < logs.length; start += classes) {
          const row = Float64Array.from(logs.subarray(start, start + classes), Math.exp);
          answers.set(
            masked(row).map((p) => Math.log(Math.max(p, LEAST))),
            start,
          );
        }
        return answers;
      },
    };
  },
});

interface Params {
  method: 'top-k' | 'rounding' | 'reverse-sigmoid';
  k: number;
  decimals: number;
  beta: number;
  gamma: number;
}

/** Probabilities of one image → those that are told, of sum 1 but for rounding. */
export function maskOf({ method, k, decimals, beta, gamma }: Params): (row: Float64Array) => Float64Array {
  if (method === 'top-k') {
    return (row) => {
      const order = [...row.keys()].sort((a, b) => row[b]! - row[a]! || a - b);
      const rest = order.slice(k);
      const share = rest.reduce((sum, i) => sum + row[i]!, 0) / rest.length;
      return row.map((p, i) => (rest.includes(i) ? share : p));
    };
  }
  if (method === 'rounding') return (row) => row.map((p) => Number(p.toFixed(decimals)));
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  return (row) => {
    const bent = row.map((p) => {
      const inside = Math.min(Math.max(p, 1e-9), 1 - 1e-9);
      const logit = Math.log(inside / (1 - inside));
      return Math.min(1, Math.max(0, p - beta * (sigmoid(gamma * logit) - 0.5)));
    });
    const sum = bent.reduce((a, b) => a + b, 0);
    // All may be bent to nothing: then there is nothing to tell.
    return sum > 0 ? bent.map((p) => p / sum) : bent.fill(1 / bent.length);
  };
}
