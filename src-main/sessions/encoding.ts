/**
 * Events as JSON with typed arrays beside it, bit-exact both ways.
 *
 * Where JSON has no word for something, an object with one key beginning with “$” stands for it:
 * `{"$array": n}` is the event's n-th artefact, `{"$number": "NaN"}` a number JSON cannot write.
 */
import type { RunEvent } from '../contract/events';

/** Element types of artefacts; the name is what the file holds. Bytes are little-endian, as on every supported machine. */
const ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  uint8clamped: Uint8ClampedArray,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
  bigint64: BigInt64Array,
  biguint64: BigUint64Array,
} as const;
export type Dtype = keyof typeof ARRAYS;
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

export interface Artefact {
  dtype: Dtype;
  length: number;
  data: Uint8Array;
}

const DTYPES = Object.entries(ARRAYS) as [Dtype, (typeof ARRAYS)[Dtype]][];

export function dtypeOf(value: unknown): Dtype | undefined {
  return ArrayBuffer.isView(value) ? DTYPES.find(([, type]) => value instanceof type)?.[0] : undefined;
}

/** The bytes of a typed array, not copied. */
export const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

export function artefactOf(array: TypedArray): Artefact {
  return { dtype: dtypeOf(array)!, length: array.length, data: bytesOf(array) };
}

/** A typed array of its own memory. Throws RangeError when the bytes do not fit the length. */
export function arrayFrom({ dtype, length, data }: Artefact): TypedArray {
  const type = ARRAYS[dtype];
  if (!type || data.byteLength !== length * type.BYTES_PER_ELEMENT) {
    throw new RangeError(`${data.byteLength} bytes for ${length} elements of ${dtype}`);
  }
  return new type(data.slice().buffer as ArrayBuffer);
}

/** Throws TypeError, naming the path, for what neither JSON nor an artefact can hold. */
export function encode(event: RunEvent): { body: string; artefacts: Artefact[] } {
  const artefacts: Artefact[] = [];
  const plain = (value: unknown, path: string): unknown => {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number') {
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? '-0' : String(value) };
    }
    if (dtypeOf(value)) {
      artefacts.push(artefactOf(value as TypedArray));
      return { $array: artefacts.length - 1 };
    }
    if (Array.isArray(value)) return value.map((item, i) => plain(item, `${path}.${i}`));
    if (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
      return Object.fromEntries(
        Object.entries(value).flatMap(([key, item]) => {
          if (key.startsWith('$'))
            throw new TypeError(`${path}.${key}: a key of an event may not begin with “$”`);
          return item === undefined ? [] : [[key, plain(item, `${path}.${key}`)]];
        }),
      );
    }
    throw new TypeError(
      `${path}: a session cannot hold ${typeof value === 'object' ? value.constructor.name : typeof value}`,
    );
  };
  return { body: JSON.stringify(plain(event, event.type)), artefacts };
}

/** `artefact` gives the n-th typed array of the event. */
export function decode(body: string, artefact: (number: number) => TypedArray): RunEvent {
  const rich = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(rich);
    const entries = Object.entries(value);
    const [key, item] = entries[0] ?? [];
    if (key === '$array') return artefact(item as number);
    if (key === '$number') return Number(item);
    return Object.fromEntries(entries.map(([name, inner]) => [name, rich(inner)]));
  };
  return rich(JSON.parse(body)) as RunEvent;
}

/** Whether an event carries what a run is taken up from; only the latest such state is kept. */
export const holdsState = (
  event: RunEvent,
): event is Extract<RunEvent, { type: 'checkpoint' | 'attack-interrupted' }> =>
  event.type === 'checkpoint' || event.type === 'attack-interrupted';

/** The event without the large arrays that no view shows: trained weights and the state of a checkpoint. */
export function withoutWeights(event: RunEvent): RunEvent {
  if (event.type === 'trained') return { ...event, weights: {} };
  if (holdsState(event)) return { ...event, state: {} };
  return event;
}
