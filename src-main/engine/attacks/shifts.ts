/** Images moved by whole pixels. */

/** An image [height, width, channels] moved down and across, black coming in. */
export function shifted(
  image: Float32Array,
  [height, width, channels]: [number, number, number],
  down: number,
  across: number,
): Float32Array {
  const result = new Float32Array(image.length);
  for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
    for (let x = Math.max(0, across); x < Math.min(width, width + across); x++) {
      const from = ((y - down) * width + x - across) * channels;
      result.set(image.subarray(from, from + channels), (y * width + x) * channels);
    }
  }
  return result;
}
