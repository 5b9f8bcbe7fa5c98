import { definePrivacyAttack, type PrivacyContext, type Target } from '../../definitions';
import softmaxRegression from '../../models/softmax-regression';
import { Network } from '../../network';
import { NetworkTarget } from '../../target-views';
import { logProbabilities } from '../answers';
import { compared, transferParam, transferred } from '../extraction';

/** Largest difference of a probability, over some images, that rounding explains; beyond, the target is no softmax regression. */
const ROUNDING = 1e-3;

/**
 * Equation solving: of softmax regression log p_k(x) − log p_0(x) = (w_k − w_0) · x + b_k − b_0, linear in what is not known.
 * Asking about the black image and about each pixel alone makes the system diagonal, so that d + 1 questions solve it, as
 * exactly as the answers are.
 */
export default definePrivacyAttack({
  id: 'equation-solving',
  title: 'Extraction: equation solving',
  summary:
    'Steals softmax regression whole: with as many questions as it has pixels, and one, its weights follow from the answers, but for a shift common to all classes that changes no prediction. On any other model it finds the linear one that agrees along single pixels, and says that it does not fit.',
  limits:
    'Needs probabilities; rounded or bent ones break it. The questions are single pixels, where the paper’s are random: the same equations, better conditioned.',
  reference: {
    authors: 'F. Tramèr, F. Zhang, A. Juels, M. K. Reiter, T. Ristenpart',
    title: 'Stealing machine learning models via prediction APIs',
    year: 2016,
    where: 'USENIX Security, arXiv:1609.02943',
  },
  knowledge: 'score',
  requires: ['scores'],
  params: transferParam,
  cost: ({ attack: { params } }, { test }) => 1000 + 2 * test + 3 * 200 * Number(params.steps ?? 1),
  async infer(target, knowledge, { attack }, context) {
    const copy = await solved(target, context);
    try {
      const { test } = knowledge;
      const [theirs, own] = [await knowledge.logsOf(test), await logProbabilities(copy, test, context)];
      const largestDifference = theirs.reduce(
        (most, log, i) => Math.max(most, Math.abs(Math.exp(log) - Math.exp(own[i]!))),
        0,
      );
      if (largestDifference > ROUNDING) {
        context.warn(
          'not-softmax-regression',
          `The target answers otherwise than the linear model that solves the equations, by up to ${largestDifference.toFixed(3)}: it is no softmax regression, or its answers are masked.`,
        );
      }
      return {
        metrics: {
          ...(await compared(copy, knowledge, context)),
          largestDifference,
          copyTransferRate: await transferred(copy, knowledge, attack, context),
        },
        curves: [],
      };
    } finally {
      copy.network.dispose();
    }
  },
});

/** The softmax regression that answers as the target does to the black image and to each pixel alone. */
async function solved(target: Target, context: PrivacyContext): Promise<NetworkTarget> {
  const { classes, inputShape } = target;
  const pixels = inputShape.reduce((a, b) => a * b);
  const images = new Float32Array((pixels + 1) * pixels);
  for (let pixel = 0; pixel < pixels; pixel++) images[(pixel + 1) * pixels + pixel] = 1;
  const labels = new Uint8Array(pixels + 1);
  const logs = await logProbabilities(target, { images, labels }, context);
  // Against the mean over classes instead of against one of them: the same equations, and no class is told worse than others.
  const centred = Float64Array.from(logs, (log, i) => {
    const row = i - (i % classes);
    let mean = 0;
    for (let k = 0; k < classes; k++) mean += logs[row + k]! / classes;
    return log - mean;
  });
  const bias = centred.slice(0, classes);
  const kernel = centred.slice(classes).map((log, i) => log - bias[i % classes]!);
  const network = new Network(
    inputShape,
    softmaxRegression.layers!(classes, {}),
    context.random('overwritten'),
  );
  network.restore({ '1/kernel': Float32Array.from(kernel), '1/bias': Float32Array.from(bias) });
  return new NetworkTarget(network, classes);
}
