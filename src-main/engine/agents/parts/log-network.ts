/** The network of agents that learn from a log: two hidden layers, a unit an action. */
import type { Capability } from '../../../contract/catalog';
import type { Environment } from '../../../contract/environment';
import { stream, type Random } from '../../../contract/random';
import type { TrainedAgent } from '../../definitions';
import { dense, Network } from '../../network';
import { encodingFor, networkPolicy } from './network-policy';

/** A network of random weights; `hidden` is the width of its hidden layers. */
export const logNetwork = (environment: Environment, hidden: number, random: Random): Network =>
  new Network(
    [encodingFor(environment).inputSize],
    [dense(hidden), dense(hidden), dense(environment.actionSpace.n, 'linear')],
    random,
  );

/** The agent whose network has the recorded weights. */
export function restoredAgent(
  environment: Environment,
  hidden: number,
  weights: Record<string, Float32Array>,
  capabilities: readonly Capability[],
): TrainedAgent {
  const network = logNetwork(environment, hidden, stream(1, 'overwritten by the recorded weights'));
  network.restore(weights);
  return {
    policy: networkPolicy(network, encodingFor(environment), environment.actionSpace.n, [...capabilities]),
    weights,
    dispose: () => network.dispose(),
  };
}
