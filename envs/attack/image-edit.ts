/**
 * ImageEdit: brighten or darken blocks of an image until a classifier takes it for something else, asking the classifier
 * as seldom as possible. It needs a classifier, so it is no environment one could select: an attack makes it and hands it
 * a function that answers. Many images are edited in step, so that they are asked about together.
 *
 * ## Action space
 * Blocks of 2 × 2, 4 × 4, … 2^levels × 2^levels cells tile the image; action 2b moves all pixels of block b to ε above
 * their clean values, action 2b + 1 to ε below (and into [0, 1]). An edit that would leave the image as it is, or that was
 * refused and nothing kept since, is not open. With no action open the episode is over.
 *
 * ## Observation space
 * Float32 values: the scores relative to the label's and in units of the clean margin, the label one-hot, each of the
 * finest cells' mean clean value, each one's edit (−1, 0 or 1), whether each action is open, the margin as a share of the
 * clean one, and the share of the queries that is left.
 *
 * ## Reward
 * The drop of the margin as a share of the clean margin (down to 0, where the classifier is turned), less `price` for the
 * query. An edit that does not lower the margin is refused: it is taken back and pays −price.
 *
 * ## Starting state
 * The clean image, asked about once.
 *
 * ## Episode end
 * Termination: the classifier is turned (margin below 0), the queries are spent, or no action is open.
 */
import type { Step } from '../../src-main/contract/environment';

/** Scores of images, rows.length × classes; `rows` says which input each image was made of. */
export type Query = (images: Float32Array, rows: number[]) => Promise<Float32Array>;

export interface ImageEditState {
  /** Number of the input, by which is asked about it. */
  input: number;
  clean: Float32Array;
  /** Of each of the finest cells: mean clean value, and whether some pixel can go up, or down. */
  cells: { mean: Float32Array; up: Uint8Array; down: Uint8Array };
  /** The class to leave (untargeted) or to reach. */
  label: number;
  /** Edit of each of the finest cells, row by row: −1, 0 or 1. */
  edits: Int8Array;
  /** 1 for each action that was refused since the last edit that was kept. */
  refused: Uint8Array;
  /** Scores and margin of the image as edited, and the margin of the clean one. */
  scores: Float32Array;
  margin: number;
  cleanMargin: number;
  /** Queries spent. */
  asked: number;
}

export interface ImageEditOptions {
  shape: [height: number, width: number, channels: number];
  classes: number;
  goal: 'untargeted' | 'targeted';
  epsilon: number;
  /** The finest cells are 2^levels × 2^levels. */
  levels: number;
  /** Most queries of an episode. */
  queries: number;
  /** What a query costs, as a share of the clean margin. */
  price: number;
}

export interface ImageEdit {
  observationSize: number;
  actionSpace: { n: number; names: string[] };
  /** Starts one episode for each row of `images`. */
  initial(images: Float32Array, labels: ArrayLike<number>, query: Query): Promise<ImageEditState[]>;
  /** One action in each state. Throws RangeError for an action that is not open. */
  step(states: ImageEditState[], actions: ArrayLike<number>, query: Query): Promise<Step<ImageEditState>[]>;
  observe(state: ImageEditState): Float32Array;
  /** 1 for each action that may be taken. */
  open(state: ImageEditState): Uint8Array;
  /** The same, read from an observation. */
  openIn(observation: Float32Array): Float32Array;
  ended(state: ImageEditState): boolean;
  /** The image as edited. */
  image(state: ImageEditState): Float32Array;
}

/** Relative scores beyond this tell nothing more. */
const FAR = 5;
/** A clean margin counts as at least this, so that it can divide. */
const SMALLEST_MARGIN = 1e-6;

/** @throws RangeError for images that have fewer pixels than cells across */
export function imageEdit(options: ImageEditOptions): ImageEdit {
  const { shape, classes, goal, epsilon, levels, queries, price } = options;
  const [height, width, channels] = shape;
  const size = height * width * channels;
  const across = 2 ** levels;
  if (across > Math.min(height, width)) {
    throw new RangeError(
      `${across} cells do not fit across images of [${shape}]: expected at most one a pixel`,
    );
  }
  const cells = across ** 2;
  /** The finest cell each value of an image belongs to. */
  const cellOf = Uint16Array.from({ length: size }, (_, i) => {
    const pixel = Math.floor(i / channels);
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    return Math.floor((y * across) / height) * across + Math.floor((x * across) / width);
  });
  const blocks = blocksOf(levels);
  const actions = blocks.flatMap(({ name }) => [`${name} up`, `${name} down`]);
  const editOf = (action: number): number => (action % 2 === 0 ? 1 : -1);
  const observationSize = 2 * classes + 2 * cells + actions.length + 2;
  const openAt = 2 * classes + 2 * cells;

  const marginOf = (scores: Float32Array, label: number): number => {
    const rival = scores.reduce((most, score, k) => (k === label ? most : Math.max(most, score)), -Infinity);
    const margin = scores[label]! - rival;
    return goal === 'untargeted' ? margin : -margin;
  };
  const image = ({ clean, edits }: ImageEditState): Float32Array =>
    clean.map((value, i) => Math.min(1, Math.max(0, value + epsilon * edits[cellOf[i]!]!)));
  const ask = async (states: ImageEditState[], query: Query): Promise<ImageEditState[]> => {
    const images = new Float32Array(states.length * size);
    states.forEach((state, i) => images.set(image(state), i * size));
    const answers = await query(
      images,
      states.map(({ input }) => input),
    );
    return states.map((state, i) => {
      const scores = answers.slice(i * classes, (i + 1) * classes);
      return { ...state, scores, margin: marginOf(scores, state.label), asked: state.asked + 1 };
    });
  };

  const counts = new Uint32Array(cells);
  for (const cell of cellOf) counts[cell]!++;
  const summary = (clean: Float32Array): ImageEditState['cells'] => {
    const [mean, up, down] = [new Float32Array(cells), new Uint8Array(cells), new Uint8Array(cells)];
    clean.forEach((value, i) => {
      const cell = cellOf[i]!;
      mean[cell]! += value / counts[cell]!;
      if (value < 1) up[cell] = 1;
      if (value > 0) down[cell] = 1;
    });
    return { mean, up, down };
  };
  const open = ({ cells: { up, down }, edits, refused }: ImageEditState): Uint8Array => {
    const seen = (cell: number, edit: number): number => (edit > 0 ? up[cell]! : edit < 0 ? -down[cell]! : 0);
    return refused.map((was, action) => {
      if (was) return 0;
      const changes = blocks[action >> 1]!.cells.some(
        (cell) => seen(cell, editOf(action)) !== seen(cell, edits[cell]!),
      );
      return changes ? 1 : 0;
    });
  };
  const ended = (state: ImageEditState): boolean =>
    state.margin < 0 || state.asked >= queries || !open(state).includes(1);

  return {
    observationSize,
    actionSpace: { n: actions.length, names: actions },
    async initial(images, labels, query) {
      const states = await ask(
        Array.from(labels, (label, i) => ({
          input: i,
          clean: images.slice(i * size, (i + 1) * size),
          cells: summary(images.subarray(i * size, (i + 1) * size)),
          label,
          edits: new Int8Array(cells),
          refused: new Uint8Array(actions.length),
          scores: new Float32Array(classes),
          margin: 0,
          cleanMargin: 0,
          asked: 0,
        })),
        query,
      );
      return states.map((state) => ({ ...state, cleanMargin: Math.max(SMALLEST_MARGIN, state.margin) }));
    },
    async step(states, chosen, query) {
      const tried = states.map((state, i) => {
        const action = chosen[i]!;
        if (!open(state)[action]) throw new RangeError(`ImageEdit: action ${action} is not open`);
        const edits = state.edits.slice();
        for (const cell of blocks[action >> 1]!.cells) edits[cell] = editOf(action);
        return { ...state, edits };
      });
      const answered = await ask(tried, query);
      return answered.map((after, i) => {
        const before = states[i]!;
        const kept = after.margin < before.margin;
        const refused = kept ? new Uint8Array(actions.length) : before.refused.slice();
        if (!kept) refused[chosen[i]!] = 1;
        const state = kept ? { ...after, refused } : { ...before, refused, asked: after.asked };
        const drop = before.margin - Math.max(0, state.margin);
        return { state, reward: drop / before.cleanMargin - price, terminated: ended(state) };
      });
    },
    observe(state) {
      const { label, edits, scores, margin, cleanMargin, asked } = state;
      const values = new Float32Array(observationSize);
      for (let k = 0; k < classes; k++) {
        const relative = (scores[k]! - scores[label]!) / cleanMargin;
        values[k] = Math.min(FAR, Math.max(-FAR, relative));
      }
      values[classes + label] = 1;
      values.set(state.cells.mean, 2 * classes);
      values.set(edits, 2 * classes + cells);
      values.set(open(state), openAt);
      values[observationSize - 2] = margin / cleanMargin;
      values[observationSize - 1] = 1 - asked / queries;
      return values;
    },
    open,
    openIn: (observation) => observation.subarray(openAt, openAt + actions.length),
    ended,
    image,
  };
}

/** Blocks of all levels, coarse to fine, each with the finest cells it covers. */
function blocksOf(levels: number): { name: string; cells: number[] }[] {
  const across = 2 ** levels;
  return Array.from({ length: levels }, (_, i) => 2 ** (i + 1)).flatMap((side) =>
    Array.from({ length: side ** 2 }, (_, block) => {
      const [row, column] = [Math.floor(block / side), block % side];
      const within = across / side;
      return {
        name: `block ${row + 1}, ${column + 1} of ${side} × ${side}`,
        cells: Array.from(
          { length: within ** 2 },
          (_, i) => (row * within + Math.floor(i / within)) * across + column * within + (i % within),
        ),
      };
    }),
  );
}
