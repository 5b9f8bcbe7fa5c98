import { lines, number } from '../../../contract/params';
import { defineRewardAttack } from '../../definitions';
import { confusionFrom, levelsFrom, levelIndex, symmetricConfusion } from '../../rl/confusion';

/** A level of reward is taken for another one, with the probabilities of a confusion matrix. */
export default defineRewardAttack({
  id: 'reward-confusion',
  title: 'Reward confusion matrix',
  summary:
    'Takes one level of reward for another: where the environment pays one of a few amounts, the learner is paid another of them with the given probability. Unlike a sign flip it can pay for nothing, and an agent paid for staying alive never goes anywhere.',
  limits: 'A reward that is none of the levels is paid as it is.',
  reference: {
    authors: 'J. Wang, Y. Liu, B. Li',
    title: 'Reinforcement learning with perturbed rewards',
    year: 2020,
    where: 'AAAI, arXiv:1810.01032',
  },
  knowledge: 'none',
  requires: [],
  params: {
    probability: number({
      default: 0.2,
      min: 0,
      max: 1,
      unit: 'probability',
      help: 'How often a level is taken for another one, each of them as likely.',
    }),
    levels: lines({
      help: 'The amounts, a line each. Unless given: all that the environment can pay; −1 and 1 where they cannot be listed.',
      advanced: true,
    }),
    matrix: lines({
      help: 'An own confusion matrix instead of the probability, a line a level: how often it is paid as each, as in “0.9 0.1”.',
      advanced: true,
    }),
  },
  plan({ probability, levels: given, matrix }, { environment, random }) {
    const levels = levelsFrom(given, environment);
    const confusion = matrix
      ? confusionFrom(matrix, levels.length)
      : symmetricConfusion(probability, levels.length);
    return {
      confusion,
      pay({ reward }) {
        const index = levelIndex(levels, reward);
        if (index < 0) return reward;
        let draw = random.uniform();
        const row = confusion[index]!;
        const drawn = row.findIndex((share) => (draw -= share) < 0);
        // Rounding can leave the sum just below one.
        return drawn < 0 || drawn === index ? reward : levels[drawn]!;
      },
    };
  },
});
