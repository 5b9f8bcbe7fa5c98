/** Classifiers to be trained, or that come trained. */
import type { Capability, Definition } from '../../contract/catalog';
import type { ParamsOf, ParamSpecs } from '../../contract/params';
import type { LayerSpec } from '../network';

export interface ModelDefinition<P extends ParamSpecs = ParamSpecs> extends Definition<P> {
  kind: 'model';
  capabilities: Capability[];
  requires: Capability[];
  /** Layers from images to logits; absent for models that come trained. */
  layers?(classes: number, params: ParamsOf<P>): LayerSpec[];
}

export const defineModel = <const P extends ParamSpecs>(
  d: Omit<ModelDefinition<P>, 'kind'>,
): ModelDefinition<P> => ({
  kind: 'model',
  ...d,
});
