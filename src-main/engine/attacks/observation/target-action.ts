import { integer } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { defineObservationAttack, type Policy } from '../../definitions';
import { greedyActions } from '../../rl/greedy';
import { towards } from '../../rl/score-losses';
import { inBox, observationParams } from '../observation-budget';
import { ascended, deriveStepSize, stepParams } from '../score-ascent';

/** @throws LabError for an action that the agent does not have */
function checkAction(action: number, { actions }: Policy): void {
  if (action < actions) return;
  throw new LabError(
    'attacks.target-action.action',
    `found ${action}; expected a whole number from 0 to ${actions - 1}`,
    'Correct the value in the experiment.',
  );
}

/**
 * Policy induction (after Behzadan and Munir 2017): wherever it can, the attack makes the agent take one given action. In a
 * box by gradient steps on its log-probability, on a grid by the nearest cell within k steps in which it would.
 */
export default defineObservationAttack({
  id: 'target-action',
  title: 'Targeted at an action',
  summary:
    'Perturbs the observation, or displaces the believed cell, so that the agent takes one given action wherever it can be made to. Shows how far an agent can be steered, which may or may not cost it much.',
  limits: 'Success is how often the agent takes the action, which may do no harm.',
  reference: {
    authors: 'V. Behzadan, A. Munir',
    title: 'Vulnerability of deep reinforcement learning to policy induction attacks',
    year: 2017,
    where: 'MLDM, arXiv:1701.04143',
  },
  knowledge: 'white-box',
  requires: [],
  params: {
    action: integer({ default: 0, min: 0, max: 1000, help: 'The action to be taken, by its number.' }),
    ...observationParams,
    ...stepParams,
  },
  ...inBox,
  derive: deriveStepSize,
  perturb(observations, policy, { action, steps, stepSize }, context) {
    checkAction(action, policy);
    const wanted = new Int32Array(observations.length / policy.observationSize).fill(action);
    return ascended(
      observations,
      policy,
      () => towards(wanted, policy.actions),
      { steps, stepSize },
      context,
    );
  },
  displace(reach, policy, { action }) {
    checkAction(action, policy);
    return reach.map(({ state, cells }) => {
      const choices = greedyActions(policy.scores(Float32Array.from(cells)), policy.actions);
      const nearest = choices.indexOf(action);
      return [{ state: nearest < 0 ? state : cells[nearest]!, probability: 1 }];
    });
  },
});
