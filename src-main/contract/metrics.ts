/** The names, units and directions of metrics and curves: one list for views, tables, exports and documentation. */

export interface Measure {
  title: string;
  /** 'share' is shown in per cent. */
  unit:
    | 'share'
    | 'return'
    | 'pixel range'
    | 'pixels'
    | 'count'
    | 'seconds'
    | 'milliseconds'
    | 'nats'
    | 'probability'
    | 'epsilon'
    | 'steps'
    | 'cells'
    | 'observation range';
  better: 'higher' | 'lower' | 'neither';
  /** Of shares: a difference of two, which may be negative. */
  signed?: true;
  help: string;
}

export const MEASURES: Record<string, Measure> = {
  accuracy: {
    title: 'Accuracy',
    unit: 'share',
    better: 'higher',
    help: 'Inputs classified right, as perturbed; an attacked one that a detector rejects counts as right.',
  },
  robustAccuracy: {
    title: 'Robust accuracy',
    unit: 'share',
    better: 'higher',
    help: 'Inputs classified right both before and after the attack; one that a detector rejects after it counts as withstood.',
  },
  obliviousRobustAccuracy: {
    title: 'Robust accuracy, oblivious attacker',
    unit: 'share',
    better: 'higher',
    help: 'Against an attacker who does not know of the transformation in front of the model, or of the detector beside it. Flattering: the robust accuracy beside it is against one who does.',
  },
  certifiedAccuracy: {
    title: 'Certified accuracy',
    unit: 'share',
    better: 'higher',
    help: 'Inputs proven to be classified right whatever is done to them within the norm and budget of this attack. Never above the robust accuracy.',
  },
  certificateViolations: {
    title: 'Certificate violations',
    unit: 'count',
    better: 'lower',
    help: 'Inputs proven right within the distance the attack delivered that got a wrong class all the same. Abstention is no violation.',
  },
  abstention: {
    title: 'Abstention',
    unit: 'share',
    better: 'lower',
    help: 'Inputs for which no class is given: a vote of the smoothed model that is not clear enough.',
  },
  rejection: {
    title: 'Rejection',
    unit: 'share',
    better: 'neither',
    help: 'Inputs the detector rejects. Of clean inputs these are false alarms, which count as errors; an attacked input that is rejected counts as withstood.',
  },
  auc: {
    title: 'Area under the ROC',
    unit: 'share',
    better: 'neither',
    help: 'Chance that one of those sought scores higher than another; 50 % is guessing. Membership attacks seek training images among images the model never saw. Detectors seek successful adversarial inputs among clean ones, the attacker evading the detector as well as the model.',
  },
  tprAt1PercentFpr: {
    title: 'Members found at 1 % false accusations',
    unit: 'share',
    better: 'lower',
    help: 'Training images recognised at the threshold that 1 % of the images the model never saw exceed. Guessing finds 1 %.',
  },
  tprAtTenthPercentFpr: {
    title: 'Members found at 0.1 % false accusations',
    unit: 'share',
    better: 'lower',
    help: 'The same at 0.1 %; told only where there are 10,000 non-members or more.',
  },
  balancedAccuracy: {
    title: 'Balanced accuracy of the inference',
    unit: 'share',
    better: 'lower',
    help: 'Mean of the members and the non-members told right, at a threshold chosen on other candidates. 50 % is guessing, whatever the base rate.',
  },
  baseRate: {
    title: 'Base rate',
    unit: 'share',
    better: 'neither',
    help: 'Members among the candidates: the accuracy of saying “member” to all.',
  },
  membershipAdvantage: {
    title: 'Membership advantage',
    unit: 'share',
    better: 'lower',
    signed: true,
    help: 'Members found minus non-members accused, at a threshold chosen on other candidates. 0 is guessing.',
  },
  advantageLow: {
    title: 'Membership advantage, low end',
    unit: 'share',
    better: 'neither',
    signed: true,
    help: 'Of its 95 % interval over the candidates of one model.',
  },
  advantageHigh: {
    title: 'Membership advantage, high end',
    unit: 'share',
    better: 'neither',
    signed: true,
    help: 'Of its 95 % interval over the candidates of one model.',
  },
  copyAccuracy: {
    title: 'Accuracy of the copy',
    unit: 'share',
    better: 'lower',
    help: 'Test images that the stolen copy classifies right.',
  },
  largestDifference: {
    title: 'Largest difference of a probability',
    unit: 'probability',
    better: 'neither',
    help: 'Between the answers of the target and of the copy, over all test images and classes.',
  },
  copyTransferRate: {
    title: 'Success with the copy',
    unit: 'share',
    better: 'lower',
    help: 'Of the test images both have right, those that an attack on the copy turns for the target.',
  },
  reconstructionConfidence: {
    title: 'Confidence in the reconstruction',
    unit: 'share',
    better: 'neither',
    help: 'Probability the attacked model gives the class it was inverted for, mean over classes. Flattering: noise that no person can read reaches it too.',
  },
  independentReading: {
    title: 'Read by an independent classifier',
    unit: 'share',
    better: 'lower',
    help: 'Reconstructions taken for their class by a classifier that had no part in their making.',
  },
  nearestDistance: {
    title: 'Distance to the nearest training image',
    unit: 'pixel range',
    better: 'neither',
    help: 'L2, mean over classes: how near a reconstruction comes to an image of its class that was trained on.',
  },
  detectedAfter: {
    title: 'Queries until noticed',
    unit: 'count',
    better: 'lower',
    help: 'Queries after which their distribution no longer looks like one of natural images; absent where it was not noticed.',
  },
  privacySpent: {
    title: 'Privacy spent (ε)',
    unit: 'epsilon',
    better: 'lower',
    help: 'Differential privacy of the training, by the Rényi accountant, at the δ of the defence.',
  },
  tprAt5PercentFpr: {
    title: 'Detector: found at 5 % false alarms',
    unit: 'share',
    better: 'higher',
    help: 'Successful adversarial inputs found at the threshold that 5 % of clean inputs exceed; the attacker evades the detector as well.',
  },
  obliviousAuc: {
    title: 'Detector: area under the ROC, oblivious attacker',
    unit: 'share',
    better: 'higher',
    help: 'The same against an attacker who does not know of the detector. Flattering.',
  },
  obliviousTprAt5PercentFpr: {
    title: 'Detector: found at 5 % false alarms, oblivious attacker',
    unit: 'share',
    better: 'higher',
    help: 'The same against an attacker who does not know of the detector. Flattering.',
  },
  attackSuccessRate: {
    title: 'Attack success rate',
    unit: 'share',
    better: 'lower',
    help: 'Of the inputs first classified right, those the attack turned. Of a backdoor: of the test inputs of other classes, those that are given its class once they bear the trigger. Of a backdoored agent: of the states in which it would do something else, those in which the trigger makes it do what the backdoor wants.',
  },
  targetSuccess: {
    title: 'Target success',
    unit: 'share',
    better: 'lower',
    help: 'Whether the one test input that the training set was poisoned for gets the class the attacker wants; over seeds the share of them.',
  },
  targetConfidence: {
    title: 'Confidence in the wanted class',
    unit: 'share',
    better: 'lower',
    help: 'Probability the model gives the class the attacker wants, for the one test input that the training set was poisoned for.',
  },
  meanLinf: {
    title: 'Mean Linf',
    unit: 'pixel range',
    better: 'neither',
    help: 'Over successful inputs; of an agent over all steps, in units of its observation.',
  },
  meanL2: { title: 'Mean L2', unit: 'pixel range', better: 'neither', help: 'Over successful inputs.' },
  meanL0: {
    title: 'Mean L0',
    unit: 'pixels',
    better: 'neither',
    help: 'Changed values, over successful inputs.',
  },
  meanL1: { title: 'Mean L1', unit: 'pixel range', better: 'neither', help: 'Over successful inputs.' },
  medianLinf: {
    title: 'Median Linf',
    unit: 'pixel range',
    better: 'neither',
    help: 'Over all inputs first classified right, a failure counting as infinite (null when the median is).',
  },
  medianL2: {
    title: 'Median L2',
    unit: 'pixel range',
    better: 'neither',
    help: 'Over all inputs first classified right, a failure counting as infinite (null when the median is).',
  },
  medianL1: {
    title: 'Median L1',
    unit: 'pixel range',
    better: 'neither',
    help: 'Over all inputs first classified right, a failure counting as infinite (null when the median is).',
  },
  medianL0: {
    title: 'Median L0',
    unit: 'pixels',
    better: 'neither',
    help: 'Changed values, over all inputs first classified right, a failure counting as infinite (null when the median is).',
  },
  maxLinf: {
    title: 'Largest Linf',
    unit: 'pixel range',
    better: 'neither',
    help: 'As delivered, over all inputs; of an agent over all steps, in units of its observation.',
  },
  maxL2: {
    title: 'Largest L2',
    unit: 'pixel range',
    better: 'neither',
    help: 'As delivered, over all inputs.',
  },
  maxL1: {
    title: 'Largest L1',
    unit: 'pixel range',
    better: 'neither',
    help: 'As delivered, over all inputs.',
  },
  maxL0: {
    title: 'Largest L0',
    unit: 'pixels',
    better: 'neither',
    help: 'Changed values, as delivered, over all inputs.',
  },
  meanCells: {
    title: 'Mean displacement',
    unit: 'cells',
    better: 'neither',
    help: 'Steps between true and believed cell, over all steps of a grid world.',
  },
  maxCells: {
    title: 'Largest displacement',
    unit: 'cells',
    better: 'neither',
    help: 'As delivered, over all steps.',
  },
  queries: { title: 'Queries', unit: 'count', better: 'lower', help: 'Forward passes an input, on average.' },
  medianQueries: {
    title: 'Median queries to success',
    unit: 'count',
    better: 'lower',
    help: 'Queries of the first success, over all inputs first classified right, a failure counting as infinite (null when the median is).',
  },
  fittedSuccessRate: {
    title: 'Success where fitted',
    unit: 'share',
    better: 'lower',
    help: 'Success of a fitted attack on the inputs it was fitted to; the other rates are of inputs it has not seen.',
  },
  fitQueries: {
    title: 'Queries of the fitting',
    unit: 'count',
    better: 'lower',
    help: 'Forward passes spent before the first input was attacked, in all.',
  },
  fitGradients: {
    title: 'Gradients of the fitting',
    unit: 'count',
    better: 'lower',
    help: 'Gradient calls spent before the first input was attacked, in all.',
  },
  fittedReturn: {
    title: 'Return while fitted',
    unit: 'return',
    better: 'higher',
    help: 'True return the agent had in the last quarter of the training of an adversary, which still explored.',
  },
  fitLoss: {
    title: 'Loss of the fitting',
    unit: 'nats',
    better: 'neither',
    help: 'Mean temporal-difference loss of the values that an attack learnt of the agent.',
  },
  fidelity: {
    title: 'Fidelity',
    unit: 'share',
    better: 'lower',
    help: 'Share of unseen inputs to which a copy of the model gives the same class as the model.',
  },
  transferRate: {
    title: 'Transfer rate',
    unit: 'share',
    better: 'lower',
    help: 'Of the inputs both models first had right and the attack turned on its source, those that turn the other model too.',
  },
  gradients: {
    title: 'Gradients',
    unit: 'count',
    better: 'lower',
    help: 'Gradient calls an input, on average.',
  },
  loss: { title: 'Loss', unit: 'nats', better: 'lower', help: 'Mean cross-entropy.' },
  return: {
    title: 'Return',
    unit: 'return',
    better: 'higher',
    help: 'True, undiscounted reward of an episode, on average.',
  },
  perceivedReturn: {
    title: 'Perceived return',
    unit: 'return',
    better: 'neither',
    help: 'The return that the learner was paid, altered rewards included.',
  },
  exactReturn: {
    title: 'Exact return',
    unit: 'return',
    better: 'higher',
    help: 'Expected return of the greedy policy within the time limit, by dynamic programming.',
  },
  optimalReturn: {
    title: 'Optimal return',
    unit: 'return',
    better: 'neither',
    help: 'What no agent can exceed in expectation within the time limit, by dynamic programming.',
  },
  certifiedReturn: {
    title: 'Certified return',
    unit: 'return',
    better: 'higher',
    help: 'Below this no perturbation within the budget can push the return: on grids by dynamic programming, else by interval bounds up to the first step whose action is not certified.',
  },
  certifiedSteps: {
    title: 'Steps certified',
    unit: 'share',
    better: 'higher',
    help: 'Share of the clean episodes’ steps whose action no perturbation within the budget can change, by interval bounds.',
  },
  certifiedLength: {
    title: 'Certified length',
    unit: 'steps',
    better: 'higher',
    help: 'Steps of a clean episode until the first whose action is not certified, on average.',
  },
  shareOfOptimum: {
    title: 'Share of the optimal attack',
    unit: 'share',
    better: 'lower',
    help: 'Expected return the attack costs, of what the optimal attack of the same budget costs.',
  },
  finalReturn: {
    title: 'Return of the final network',
    unit: 'return',
    better: 'higher',
    help: 'The same evaluation of the network as training left it, before the best checkpoint is taken.',
  },
  episodes: { title: 'Episodes', unit: 'count', better: 'neither', help: 'Episodes evaluated.' },
  length: { title: 'Episode length', unit: 'steps', better: 'neither', help: 'Mean steps an episode.' },
  attackedSteps: {
    title: 'Steps attacked',
    unit: 'share',
    better: 'neither',
    help: 'Share of steps whose observation was altered.',
  },
  flippedActions: {
    title: 'Actions flipped',
    unit: 'share',
    better: 'neither',
    help: 'Share of steps at which the perturbation changed the chosen action.',
  },
  overriddenSteps: {
    title: 'Actions overridden',
    unit: 'share',
    better: 'neither',
    help: 'Share of steps at which another action was done than the agent chose.',
  },
  maxOverridden: {
    title: 'Most overridden in an episode',
    unit: 'steps',
    better: 'neither',
    help: 'As delivered, over all episodes.',
  },
  sweptReturn: {
    title: 'Mean return over the sweep',
    unit: 'return',
    better: 'higher',
    help: 'Mean over all worlds of a robustness surface, which lie evenly over the range swept.',
  },
  worldsTried: {
    title: 'Worlds tried',
    unit: 'count',
    better: 'neither',
    help: 'By the sweep and by the search for the worst point after it.',
  },
  targetActionRate: {
    title: 'Target action under the trigger',
    unit: 'share',
    better: 'lower',
    help: 'Share of the steps of episodes with the trigger shown throughout at which the agent does what the backdoor wants.',
  },
  cleanTargetActionRate: {
    title: 'Target action without the trigger',
    unit: 'share',
    better: 'neither',
    help: 'Share of the steps of clean episodes at which the agent does what the backdoor wants, without being asked to.',
  },
  poisonedSteps: {
    title: 'Steps poisoned',
    unit: 'share',
    better: 'neither',
    help: 'Share of the training steps in which the trigger of a backdoor was shown.',
  },
  suspiciousValues: {
    title: 'Suspicious values',
    unit: 'count',
    better: 'neither',
    help: 'Observed values over which a stamp was found that turns nearly every state to one action.',
  },
  strongestStamp: {
    title: 'Strongest stamp',
    unit: 'share',
    better: 'neither',
    help: 'Largest share of the states that one stamped value turned to one action.',
  },
  triggerFound: {
    title: 'Trigger found',
    unit: 'share',
    better: 'higher',
    help: 'Share of the values the trigger sets that were suspected.',
  },
  falseSuspects: {
    title: 'Suspected without cause',
    unit: 'count',
    better: 'lower',
    help: 'Suspected values that no trigger sets.',
  },
  truePositiveRate: {
    title: 'Poison removed',
    unit: 'share',
    better: 'higher',
    help: 'Of what was altered, the share that the filter removed; undefined where nothing was.',
  },
  falsePositiveRate: {
    title: 'Clean samples removed',
    unit: 'share',
    better: 'lower',
    help: 'Of what was not altered, the share that the filter removed all the same.',
  },
  removedSamples: {
    title: 'Samples removed',
    unit: 'share',
    better: 'neither',
    help: 'Share of the training samples, or recorded steps, that were left out of the training.',
  },
  alteredRewards: {
    title: 'Rewards altered',
    unit: 'share',
    better: 'neither',
    help: 'Share of training steps whose reward was altered.',
  },
  alteredSteps: {
    title: 'Steps altered',
    unit: 'steps',
    better: 'neither',
    help: 'Training steps whose reward was altered.',
  },
  rewardChange: {
    title: 'Sum of |δ|',
    unit: 'return',
    better: 'neither',
    help: 'What a poisoning changed rewards by over the training, as delivered.',
  },
  largestRewardChange: {
    title: 'Largest |δ|',
    unit: 'return',
    better: 'neither',
    help: 'Largest change of one reward, as delivered.',
  },
  targetAdopted: {
    title: 'Target adopted',
    unit: 'share',
    better: 'lower',
    help: 'Share of the target states in which the agent does what a targeted poisoning wants, all of them looked at; where states cannot be listed, of the steps of its episodes.',
  },
  safeDelta: {
    title: 'Safe bound of Δ',
    unit: 'return',
    better: 'neither',
    help: 'Changing no reward by more than this, no poisoning can teach the whole target: (1 − γ)·G/2, with G the largest gap in Q* between the best and the wanted action.',
  },
  feasibleDelta: {
    title: 'Feasible bound of Δ',
    unit: 'return',
    better: 'neither',
    help: 'With any larger change of a reward the target can be taught without even watching the learner: (1 + γ)·G/2.',
  },
  estimatedConfusion: {
    title: 'Estimated confusion',
    unit: 'share',
    better: 'neither',
    help: 'How often a level of reward is taken for another, mean over levels, as surrogate rewards estimated it.',
  },
  changedSamples: {
    title: 'Samples altered',
    unit: 'share',
    better: 'neither',
    help: 'Share of the training set a poisoning altered.',
  },
  cleanAccuracy: {
    title: 'Clean accuracy',
    unit: 'share',
    better: 'higher',
    help: 'Inputs classified right, without an attack.',
  },
  worstCase: {
    title: 'Worst case',
    unit: 'share',
    better: 'higher',
    help: 'Inputs right before and after every attack of the experiment that has an epsilon; where none has one, after all.',
  },
  cleanReturn: {
    title: 'Return left alone',
    unit: 'return',
    better: 'higher',
    help: 'True, undiscounted reward of an episode without an attack, on average.',
  },
  worstReturn: {
    title: 'Lowest return',
    unit: 'return',
    better: 'higher',
    help: 'Of each seed the lowest mean return under any attack of the experiment.',
  },
  unseenAccuracy: {
    title: 'Unseen attacks',
    unit: 'share',
    better: 'higher',
    help: 'Inputs right before and after every attack that the defence was not trained against.',
  },
  obliviousWorstCase: {
    title: 'Oblivious attacker',
    unit: 'share',
    better: 'higher',
    help: 'Lowest robust accuracy against attackers who do not know of the defence in front of the model. Flattering.',
  },
  corruptedAccuracy: {
    title: 'Natural corruptions',
    unit: 'share',
    better: 'higher',
    help: 'Accuracy on noisy, blurred, shifted, rotated and flattened inputs, mean over the kinds and five severities.',
  },
  trainingSeconds: {
    title: 'Training time',
    unit: 'seconds',
    better: 'lower',
    help: 'Wall-clock time of one training.',
  },
  trainingGradients: {
    title: 'Gradient calls of the training',
    unit: 'count',
    better: 'lower',
    help: 'Gradients in the weights and in the images, one an image, as the training is planned.',
  },
  inferenceMilliseconds: {
    title: 'Inference time',
    unit: 'milliseconds',
    better: 'lower',
    help: 'Wall-clock time of one input in a large batch, without an attack.',
  },
  seconds: {
    title: 'Seconds',
    unit: 'seconds',
    better: 'lower',
    help: 'Wall-clock time; not part of reproduction.',
  },
};

/** Curves of `point` events: series name → axis of x and how to show it. */
export interface SeriesInfo {
  title: string;
  x: 'epochs' | 'environment steps' | 'gradient steps' | 'episodes';
  unit: Measure['unit'];
}

export const SERIES: Record<string, SeriesInfo> = {
  loss: { title: 'Training loss', x: 'epochs', unit: 'nats' },
  accuracy: { title: 'Training accuracy', x: 'epochs', unit: 'share' },
  validationAccuracy: { title: 'Validation accuracy', x: 'epochs', unit: 'share' },
  robustValidationAccuracy: { title: 'Robust validation accuracy', x: 'epochs', unit: 'share' },
  oneStepAccuracy: { title: 'Accuracy under one step (training inputs)', x: 'epochs', unit: 'share' },
  manyStepAccuracy: { title: 'Accuracy under many steps (training inputs)', x: 'epochs', unit: 'share' },
  epsilon: { title: 'Training epsilon', x: 'epochs', unit: 'pixel range' },
  privacySpent: { title: 'Privacy spent', x: 'epochs', unit: 'epsilon' },
  worstCaseLoss: { title: 'Loss of the worst case within the bounds', x: 'epochs', unit: 'nats' },
  return: { title: 'Episode return (training)', x: 'environment steps', unit: 'return' },
  perceivedReturn: { title: 'Perceived return (training)', x: 'environment steps', unit: 'return' },
  greedyReturn: { title: 'Greedy return (separate episodes)', x: 'environment steps', unit: 'return' },
  attackedGreedyReturn: {
    title: 'Greedy return under the training attack',
    x: 'environment steps',
    unit: 'return',
  },
  exactReturn: { title: 'Exact greedy return', x: 'environment steps', unit: 'return' },
  targetAdopted: { title: 'Target adopted', x: 'environment steps', unit: 'share' },
  alteredRewards: { title: 'Rewards altered so far', x: 'environment steps', unit: 'share' },
  rewardChange: { title: 'Sum of |δ| so far', x: 'environment steps', unit: 'return' },
  temporalDifferenceLoss: { title: 'TD loss', x: 'environment steps', unit: 'nats' },
  promisedValue: { title: 'Promised value', x: 'gradient steps', unit: 'return' },
  policyLoss: { title: 'Policy loss', x: 'environment steps', unit: 'return' },
  valueLoss: { title: 'Value loss', x: 'environment steps', unit: 'return' },
  entropy: { title: 'Entropy of the policy', x: 'environment steps', unit: 'nats' },
  adversaryReturn: {
    title: 'Return under the learning adversary',
    x: 'environment steps',
    unit: 'return',
  },
  cloningLoss: { title: 'Cross-entropy of the recorded actions', x: 'environment steps', unit: 'nats' },
  exploration: { title: 'Exploration rate', x: 'environment steps', unit: 'share' },
};

/** Curves of `attack-curve` events: what is drawn against queries an input, and of detectors against false alarms. */
export const ATTACK_CURVES: Record<string, { title: string; x: string; unit: Measure['unit'] }> = {
  robustAccuracyByQueries: { title: 'Robust accuracy by queries', x: 'queries', unit: 'share' },
  medianDistanceByQueries: { title: 'Median distance by queries', x: 'queries', unit: 'pixel range' },
  obliviousRoc: { title: 'ROC, oblivious attacker', x: 'false alarms', unit: 'share' },
  membershipRoc: { title: 'ROC of membership', x: 'false accusations', unit: 'share' },
  fidelityByQueries: { title: 'Fidelity by queries', x: 'queries', unit: 'share' },
  copyAccuracyByQueries: { title: 'Accuracy of the copy by queries', x: 'queries', unit: 'share' },
  adaptiveRoc: { title: 'ROC, adaptive attacker', x: 'false alarms', unit: 'share' },
};

/** Natural corruptions: the names of `corruption` events. What each severity means stands in engine/corruptions.ts. */
export const CORRUPTIONS: Record<string, string> = {
  noise: 'Noise',
  blur: 'Blur',
  shift: 'Shift',
  rotation: 'Rotation',
  contrast: 'Contrast',
};
