/** Grid worlds as a map: where each state is drawn, and what a learner thinks of it. */
import type { Environment } from '../../contract/environment';
import type { RunEvent } from '../../contract/events';
import { livingStates } from './exact';

/** Null where states are no cells of a drawing, each in a place of its own. */
export function gridOf(environment: Environment): Extract<RunEvent, { type: 'grid' }> | null {
  const { observationSpace, stateFromObservation, scene, actionSpace } = environment;
  if (observationSpace.kind !== 'discrete' || !stateFromObservation || !environment.transitions) return null;
  const states = Array.from({ length: observationSpace.n }, (_, state) =>
    stateFromObservation(Float32Array.of(state)),
  );
  const places = states.map((state) => {
    const agent = scene(state).shapes.find(({ ink }) => ink === 'agent');
    return agent?.shape === 'circle' ? { x: agent.x, y: agent.y } : null;
  });
  const distinct = new Set(places.map((place) => place && `${place.x} ${place.y}`));
  if (distinct.has(null) || distinct.size < states.length) return null;
  const { width, height, backdrop } = scene(states[0]);
  const living = livingStates(environment);
  return {
    type: 'grid',
    scene: { width, height, backdrop },
    places: Float32Array.from(places.flatMap((place) => [place!.x, place!.y])),
    living: Uint8Array.from(states, (_, cell) => (living.includes(cell) ? 1 : 0)),
    actionNames: actionSpace.names,
  };
}
