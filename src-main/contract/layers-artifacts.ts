/** A TensorFlow.js layers model as data: what `targets/kinds/layers-model.ts` reads and the engine rebuilds. */
export interface LayersArtifacts {
  /** `modelTopology` of model.json. */
  topology: unknown;
  weightSpecs: { name: string; shape: number[]; dtype: 'float32' }[];
  weights: Float32Array;
}
