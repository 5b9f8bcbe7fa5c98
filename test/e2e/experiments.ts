/** Bouts made small: what matters is that they pass through every layer. */

export const image = (name: string, { epochs = 2, train = 600 } = {}): string => `
name: ${name}
task: classification
seeds: [1]
dataset: {id: mnist, train: ${train}, test: 200}
model: {id: small-cnn}
training: {epochs: ${epochs}, batchSize: 64}
defenses:
  - {id: noise-augmentation, epsilon: 0.3}
attacks:
  - {id: random-noise, epsilon: 0.2}
  - {id: fgsm, epsilon: [0.1, 0.2]}
  - {id: pgd, epsilon: [0.1, 0.2], steps: 5}
evaluation: {samples: 60}
`;

export const grid = `
name: lake
task: reinforcement-learning
seeds: [1, 2]
environment: {id: FrozenLake-v1}
agent: {id: q-learning, steps: 20000}
poisoning:
  - {id: reward-flip, probability: 0.4}
attacks:
  - {id: random-observation, cells: 1}
evaluation: {episodes: 10}
`;

export const pole = `
name: pole
task: reinforcement-learning
seeds: [1]
environment: {id: CartPole-v1}
agent: {id: dqn, steps: 4000, learningStarts: 500}
attacks:
  - {id: random-observation, epsilon: [0.1, 0.2]}
  - {id: fgsm-observation, epsilon: 0.1}
evaluation: {episodes: 5}
`;

export const whiteBoxSuite = `
name: white-box suite
task: classification
seeds: [1]
dataset: {id: mnist, train: 600, test: 200}
model: {id: small-cnn}
furtherModels:
  - {id: mlp, units: 32}
training: {epochs: 2, batchSize: 64}
attacks:
  - {id: fgsm, epsilon: [0.1, 0.2]}
  - {id: pgd, epsilon: 0.2, steps: 10}
  - {id: deepfool}
  - {id: carlini-wagner, searches: 2, steps: 40}
  - {id: jsma}
  - {id: worst-case, epsilon: 0.2, steps: 10, squareQueries: 100}
evaluation: {samples: 30, transfer: true}
`;

export const tradeOff = `
name: trade-off, small
task: classification
seeds: [1, 2]
dataset: {id: mnist, train: 600, test: 200}
model: {id: small-cnn}
training: {epochs: 2, batchSize: 64}
defenses:
  - {id: noise-augmentation, epsilon: 0.3}
  - {id: adversarial-training, attack: {id: pgd, epsilon: 0.1, steps: 3}}
attacks:
  - {id: random-noise, epsilon: 0.1}
  - {id: fgsm, epsilon: 0.1}
  - {id: pgd, epsilon: 0.1, steps: 5}
evaluation: {samples: 60, corruptions: true}
`;

export const onEndpoint = (address: string, attacks: string): string => `
name: endpoint
task: classification
seeds: [1]
dataset: {id: mnist, train: 200, test: 100}
model: {id: http, address: '${address}'}
attacks: ${attacks}
evaluation: {samples: 20}
`;

export const backdoor = `
name: backdoor
task: classification
seeds: [1]
dataset: {id: mnist, train: 1000, test: 200, validation: 0}
model: {id: mlp, units: 32}
training: {epochs: 8, batchSize: 64}
poisoning:
  - {id: badnets, rate: 0.05}
evaluation: {samples: 200}
`;

export const certified = `
name: certified, small
task: classification
seeds: [1]
dataset: {id: mnist, train: 1000, test: 300}
model: {id: small-cnn}
training: {epochs: 2, batchSize: 64}
defenses:
  - {id: interval-bound-training, epsilon: 0.05, epochs: 4}
  - {id: randomized-smoothing, sigma: 0.5, n: 100}
  - {id: mahalanobis}
attacks:
  - {id: fgsm, epsilon: 0.05}
  - {id: pgd, epsilon: [0.05, 0.1], steps: 5}
  - {id: pgd, norm: l2, epsilon: [0.5, 1], steps: 5}
evaluation: {samples: 40}
`;

export const lake = `
name: firm lake
task: reinforcement-learning
seeds: [1]
environment: {id: FrozenLake-v1, slippery: false}
agent: {id: q-learning, discount: 0.9, steps: 20000}
evaluation: {episodes: 5}
`;

export const cliff = `
name: cliff
task: reinforcement-learning
seeds: [1, 2]
environment: {id: CliffWalking-v1}
agent: {id: q-learning, steps: 30000, examinations: 4}
poisoning:
  - {id: trojdrl, share: 0.001, targetAction: 3}
defenses:
  - {id: domain-randomisation, reach: 0.4}
attacks:
  - {id: worst-action, probability: 0.1}
  - {id: worst-dynamics, reach: 0.4, points: 5, searches: 4}
evaluation: {episodes: 5}
`;

export const recorded = `
name: recorded pole
task: reinforcement-learning
seeds: [1]
environment: {id: CartPole-v1}
agent: {id: behaviour-cloning, logSteps: 1000}
poisoning:
  - {id: transition-poisoning, share: 0.3}
defenses:
  - {id: transition-anomaly}
evaluation: {episodes: 3}
`;
