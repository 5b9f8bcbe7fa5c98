/** How the last layer of a value network becomes values of actions. */

export interface Heads {
  /** Units of the last layer. */
  units: number;
  /** Outputs n × units → values n × actions. */
  values(outputs: Float32Array): Float32Array;
  /** Gradient in the values → gradient in the outputs. */
  gradient(ofValues: Float32Array): Float32Array;
  /** Kernel or bias of the last layer, rows × units → those of a plain last layer with the same values. */
  fold(rows: Float32Array): Float32Array;
}

export const plainHeads = (actions: number): Heads => ({
  units: actions,
  values: (outputs) => outputs,
  gradient: (ofValues) => ofValues,
  fold: (rows) => rows,
});

/**
 * Dueling heads (Wang et al. 2016): what the state is worth and each action's advantage, Q = V + A − mean A. Linear, so
 * that a trained network folds into a plain one. Both heads stand on the same hidden layers.
 */
export function duelingHeads(actions: number): Heads {
  const units = actions + 1;
  const values = (outputs: Float32Array): Float32Array => {
    const of = new Float32Array((outputs.length / units) * actions);
    for (let i = 0; i < outputs.length / units; i++) {
      let mean = 0;
      for (let a = 1; a < units; a++) mean += outputs[i * units + a]! / actions;
      for (let a = 0; a < actions; a++)
        of[i * actions + a] = outputs[i * units]! + outputs[i * units + 1 + a]! - mean;
    }
    return of;
  };
  return {
    units,
    values,
    gradient(ofValues) {
      const of = new Float32Array((ofValues.length / actions) * units);
      for (let i = 0; i < ofValues.length / actions; i++) {
        let sum = 0;
        for (let a = 0; a < actions; a++) sum += ofValues[i * actions + a]!;
        of[i * units] = sum;
        for (let a = 0; a < actions; a++) of[i * units + 1 + a] = ofValues[i * actions + a]! - sum / actions;
      }
      return of;
    },
    // Rows of weights are mapped as rows of outputs are.
    fold: values,
  };
}
