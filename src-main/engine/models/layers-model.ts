import { boolean, number, path } from '../../contract/params';
import { defineModel } from '../definitions';

/** A trained TensorFlow.js layers model from outside: attacked as it is, not trained. */
export default defineModel({
  id: 'layers-model',
  title: 'TensorFlow.js layers model',
  summary:
    'A trained model.json with its weights. Nothing is trained: one arm, test data only. A final softmax is found and removed, so that attacks work on logits.',
  limits:
    'Without a final softmax and without logits, log-probabilities are used and the model is flagged: saturated probabilities hide gradients.',
  reference: {
    authors: 'D. Smilkov and others',
    title: 'TensorFlow.js: machine learning for the web and beyond',
    year: 2019,
    where: 'SysML, arXiv:1901.05350',
  },
  capabilities: ['gradients', 'scores', 'decisions'],
  requires: [],
  params: {
    path: path({ what: 'file', help: 'The model.json; its weight files lie beside it.' }),
    inputLow: number({ default: 0, help: 'Value the model expects for a black pixel.', advanced: true }),
    inputHigh: number({ default: 1, help: 'Value the model expects for a white pixel.', advanced: true }),
    logits: boolean({
      default: false,
      help: 'The outputs are logits already (no softmax to remove).',
      advanced: true,
    }),
  },
});
