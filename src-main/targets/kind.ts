/** What the files of `kinds/` fill: a kind of model that comes trained. */
import type { Grants } from '../contract/dataset';
import type { LayersArtifacts } from '../contract/layers-artifacts';
import type { RemoteModel } from '../contract/remote-model';

/** A model that comes trained, as the engine is handed it: rebuilt there, or only asked. */
export interface OpenedModel {
  importedModel?: LayersArtifacts;
  remoteModel?: RemoteModel;
}

export interface TargetKind<P = never> {
  /** Ids of the model and agent definitions it opens. */
  models: readonly string[];
  /**
   * @param params the definition's parameters, every one with its value; `id` is the definition's
   * @throws LabError for what cannot be had, is not granted or is no image classifier; the signal's reason when stopped
   */
  open(params: P & { id: string }, grants: Grants, signal: AbortSignal): Promise<OpenedModel>;
}

/** Types a kind's parameters. */
export const defineTarget = <P>(kind: TargetKind<P>): TargetKind<P> => kind;
