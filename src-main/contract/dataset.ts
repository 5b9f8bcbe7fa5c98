/** Labelled images in memory, as the engine is handed them. Sources are in `src-main/datasets/`, one a file. */
import type { Definition } from './catalog';
import type { ParamsOf, ParamSpecs } from './params';

export interface Split {
  /** n × height × width × channels, float32 in [0, 1]. */
  images: Float32Array;
  /** n class indices. */
  labels: Uint8Array;
}

export interface ImageDataset {
  name: string;
  shape: [height: number, width: number, channels: number];
  classes: string[];
  train: Split;
  /** Never trained on, never reported on: for early stopping and the curves while training. */
  validation: Split;
  test: Split;
  /** Content hash over all parts, so that a reproduction on other data is noticed. */
  hash: string;
}

/** Tells which of the user's files and folders may be read, and which addresses may be asked. */
export interface Grants {
  allows(pathOrAddress: string): boolean;
}

export interface DatasetDefinition<P extends ParamSpecs = ParamSpecs> extends Definition<P> {
  kind: 'dataset';
  /** Throws LabError naming file and remedy for anything missing, truncated or inconsistent. */
  load(params: ParamsOf<P>, grants: Grants): Promise<Omit<ImageDataset, 'hash'>>;
}

/** Types a dataset's parameters from its specs. */
export const defineDataset = <const P extends ParamSpecs>(
  definition: Omit<DatasetDefinition<P>, 'kind'>,
): DatasetDefinition<P> => ({ kind: 'dataset', ...definition });

export const sizeOf = (split: Split): number => split.labels.length;
