import { choice, number, path } from '../../contract/params';
import { defineModel } from '../definitions';

/** A trained ONNX file, run by ONNX Runtime: it answers, but nothing of it can be differentiated. */
export default defineModel({
  id: 'onnx',
  title: 'ONNX file',
  summary:
    'A trained classifier from PyTorch, TensorFlow, scikit-learn or elsewhere, as a black box: attacks see its scores. Nothing is trained: one arm, test data only.',
  limits:
    'One float32 image input of fixed height, width and channels; one float32 output [n, classes]. Runs on the processor; needs the optional package onnxruntime-node.',
  reference: {
    authors: 'ONNX project contributors',
    title: 'Open Neural Network Exchange: intermediate representation specification',
    year: 2017,
    where: 'onnx.ai, github.com/onnx/onnx',
  },
  capabilities: ['scores', 'decisions'],
  requires: [],
  params: {
    path: path({ what: 'file', help: 'The .onnx file; external weight files lie beside it.' }),
    layout: choice({
      options: ['auto', 'nhwc', 'nchw'],
      default: 'auto',
      help: 'Order of the input: channels last or first. “auto” looks which side of its shape has 1 to 4 channels.',
      advanced: true,
    }),
    outputs: choice({
      options: ['auto', 'logits', 'probabilities'],
      default: 'auto',
      help: 'What the scores are; attacks get the logarithm of probabilities. “auto” looks whether they add up to 1.',
      advanced: true,
    }),
    inputLow: number({ default: 0, help: 'Value the model expects for a black pixel.', advanced: true }),
    inputHigh: number({ default: 1, help: 'Value the model expects for a white pixel.', advanced: true }),
  },
});
