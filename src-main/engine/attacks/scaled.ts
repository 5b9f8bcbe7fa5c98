import type { Applied } from '../../contract/params';

/** The attack with epsilon and step size scaled alike, so that it keeps its shape: 0 leaves every input as it is. */
export function scaledAttack({ id, params }: Applied, scale: number): Applied {
  const lengths = ['epsilon', 'stepSize'].filter((name) => typeof params[name] === 'number');
  return {
    id,
    params: {
      ...params,
      ...Object.fromEntries(lengths.map((name) => [name, (params[name] as number) * scale])),
    },
  };
}
