/** A classifier that only answers: an ONNX file, an HTTP endpoint. Opened by `src-main/targets/`, asked by the engine. */
export interface RemoteModel {
  /** What it is called in messages: the file's name, the address. */
  name: string;
  /** SHA-256 of its file, where it is one; of weights in files beside it nothing is known. */
  hash?: string;
  inputShape: [height: number, width: number, channels: number];
  classes: number;
  gives: 'scores' | 'labels';
  /** Most images it takes at once. */
  atOnce: number;
  /**
   * Answers n ≤ atOnce images (n × height × width × channels, float32 in [0, 1]): n × classes logits or
   * log-probabilities, or n labels. Throws LabError, naming what was tried, when no sound answer can be had; the signal's
   * reason when stopped.
   */
  ask(images: Float32Array, n: number, signal: AbortSignal): Promise<Float32Array>;
  close(): Promise<void>;
}
