import { integer } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { defineObservationAttack } from '../../definitions';
import { greedyActions } from '../../rl/greedy';
import { displacementParams, onGrid } from '../observation-budget';

/**
 * Policy induction on grids (after Behzadan and Munir 2017): wherever it can, the attack makes the agent take one given
 * action, by the nearest cell within k steps in which it would.
 */
export default defineObservationAttack({
  id: 'target-action',
  title: 'Targeted at an action',
  summary:
    'Displaces the believed cell so that the agent takes one given action wherever it can be made to. Shows how far an agent can be steered, which may or may not cost it much.',
  limits: 'On grids only.',
  reference: {
    authors: 'V. Behzadan, A. Munir',
    title: 'Vulnerability of deep reinforcement learning to policy induction attacks',
    year: 2017,
    where: 'MLDM, arXiv:1701.04143',
  },
  knowledge: 'decision',
  requires: ['finite-states'],
  params: {
    action: integer({ default: 0, min: 0, max: 1000, help: 'The action to be taken, by its number.' }),
    ...displacementParams,
  },
  ...onGrid,
  displace(reach, policy, { action }) {
    if (action >= policy.actions) {
      throw new LabError(
        'attacks.target-action.action',
        `found ${action}; expected a whole number from 0 to ${policy.actions - 1}`,
        'Correct the value in the experiment.',
      );
    }
    return reach.map(({ state, cells }) => {
      const choices = greedyActions(policy.scores(Float32Array.from(cells)), policy.actions);
      const nearest = choices.indexOf(action);
      return [{ state: nearest < 0 ? state : cells[nearest]!, probability: 1 }];
    });
  },
});
