/** Shadow models: trained as the target was, on images of which the attacker knows who was in. */
import type { Split } from '../../contract/dataset';
import { integer } from '../../contract/params';
import { LabError } from '../../contract/problem';
import type { PrivacyContext, PrivacyKnowledge, Shares, Target } from '../definitions';
import { concatenated, selected, sizeOf } from '../splits';

export const shadowParams = {
  shadows: integer({
    default: 16,
    min: 2,
    max: 1024,
    unit: 'models',
    help: 'Shadow models, each trained as the target was. Most of the time goes here.',
  }),
  shadowImages: integer({
    default: 0,
    min: 0,
    max: 1e6,
    unit: 'images',
    help: 'Images each of them is trained on; 0: as many as the target, which is best where the attacker has them.',
    advanced: true,
  }),
};
type ShadowParams = { shadows: number; shadowImages: number };

/** Passes of training them and asking each about the whole pool. */
export const shadowCost = (
  { shadows, shadowImages }: ShadowParams,
  { trainedOn, training, candidates }: { trainedOn: number; training: number; candidates: number },
): number => shadows * ((shadowImages || trainedOn) * training + candidates);

/** Throws LabError where a part would be more than half of the pool: most images would then be in most of the models. */
export function refuseLargeShadows(
  { members, nonMembers, own, trainedOn }: Shares,
  { shadows, shadowImages }: ShadowParams,
): void {
  const [asked, size] = [sizeOf(members) + sizeOf(nonMembers), shadowImages || trainedOn];
  const images = asked + sizeOf(own);
  if (2 * size <= images) return;
  throw new LabError(
    'attacks.shadowImages',
    `${shadows} shadow models of ${size} images each need ${2 * size} to be drawn from, and the attacker has ${images} (${asked} asked about, ${sizeOf(own)} of its own)`,
    `Set shadowImages to at most ${Math.floor(images / 2)}, raise dataset.validation, whose images are the attacker’s own, or train the target on fewer.`,
  );
}

/** Of so many shadow models the fewest that an image is outside of: images are dealt evenly. */
export function fewestOutside(
  { members, nonMembers, own, trainedOn }: Shares,
  { shadows, shadowImages }: ShadowParams,
): number {
  const images = sizeOf(members) + sizeOf(nonMembers) + sizeOf(own);
  return shadows - Math.ceil((shadows * (shadowImages || trainedOn)) / images);
}

/**
 * Trains shadow models on random parts of the candidates and of the attacker's own images, every image in as many of them as
 * any other (or in one more), and hands over each with what it was trained on (a byte an image of the pool, the candidates first).
 */
export async function withShadows(
  candidates: Split,
  { own, trainedOn, trainAlike }: PrivacyKnowledge,
  { shadows, shadowImages }: ShadowParams,
  context: PrivacyContext,
  use: (model: Target, pool: Split, isIn: Uint8Array, shadow: number) => Promise<void>,
): Promise<void> {
  const pool = concatenated(candidates, own);
  const [images, size] = [sizeOf(pool), shadowImages || trainedOn];
  const uses = new Uint16Array(images);
  for (let shadow = 0; shadow < shadows; shadow++) {
    const order = context.random('shadow', shadow).shuffle(Uint32Array.from({ length: images }, (_, i) => i));
    // Those used least so far, equals in random order.
    const drawn = Uint32Array.from([...order].sort((a, b) => uses[a]! - uses[b]!)).subarray(0, size);
    const isIn = new Uint8Array(images);
    for (const i of drawn) {
      isIn[i] = 1;
      uses[i]!++;
    }
    const model = await trainAlike(selected(pool, drawn), 'shadow', shadow);
    try {
      await use(model.target, pool, isIn, shadow);
    } finally {
      model.dispose();
    }
    context.progress((shadow + 1) / shadows);
  }
}
