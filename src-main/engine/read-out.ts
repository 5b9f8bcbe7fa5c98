import * as tf from '@tensorflow/tfjs';

/**
 * The values of the tensor that `ask` makes; what was made on the way is disposed. To be used in place of tf.tidy around dataSync:
 * tidy looks for tensors in all that its function gives back, number by number, which takes longer than most of what the numbers cost.
 */
export function readOut<D extends 'float32' | 'int32' | 'bool' = 'float32'>(
  ask: () => tf.Tensor,
): tf.DataTypeMap[D] {
  const tensor = tf.tidy(ask);
  const values = tensor.dataSync<D>();
  tensor.dispose();
  return values;
}
