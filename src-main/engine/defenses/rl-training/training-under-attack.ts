import { attack, number } from '../../../contract/params';
import { defineRlTrainingDefense } from '../../definitions';

/** Training under attack: the agent learns from perturbed observations, the budget growing from zero. */
export default defineRlTrainingDefense({
  id: 'training-under-attack',
  title: 'Training under attack',
  summary:
    'The agent learns while an attack perturbs what it sees, at first weakly, then in full. It gets used to that attack; a stronger one may still find its way.',
  limits:
    'Holds against the attack trained with, not against all within the same budget. Costs clean return at large budgets.',
  formula: 'a = π(o′), o′ = the attack’s observation, while the return that is learnt from is the true one',
  reference: {
    authors: 'A. Pattanaik, Z. Tang, S. Liu, G. Bommannan, G. Chowdhary',
    title: 'Robust deep reinforcement learning with adversarial attacks',
    year: 2018,
    where: 'AAMAS, arXiv:1712.03632',
  },
  params: {
    attack: attack({
      surface: 'observation',
      default: { id: 'random-observation', params: { epsilon: 0.1, cells: 1 } },
      help: 'Attack on what the learner sees.',
    }),
    ramp: number({
      default: 0.5,
      min: 0,
      max: 1,
      unit: 'share of training',
      help: 'Over this share of the training the budget grows from 0 to its value.',
    }),
  },
  observationAttack({ attack: applied, ramp }, progress) {
    const scale = ramp > 0 ? Math.min(1, progress / ramp) : 1;
    const scaled = ['epsilon', 'stepSize', 'probability'].filter((name) => name in applied.params);
    const { cells } = applied.params;
    return {
      id: applied.id,
      params: {
        ...applied.params,
        ...Object.fromEntries(scaled.map((name) => [name, scale * (applied.params[name] as number)])),
        ...(typeof cells === 'number' && { cells: Math.round(scale * cells) }),
      },
    };
  },
});
