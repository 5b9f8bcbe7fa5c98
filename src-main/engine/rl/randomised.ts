/** A world whose dynamics are drawn anew for every episode. */
import type { Environment } from '../../contract/environment';
import type { Random } from '../../contract/random';
import { dynamicsOf, placesOf, valueAt } from './dynamics';

/** A state, and the world it is in. */
interface Placed {
  world: Environment;
  state: unknown;
}

/**
 * @param reach share of each quantity's range that its values are drawn from, evenly on the quantity's scale
 * @param nominalShare probability that an episode is played in the world as it is
 * @param random of the draws; episodes' own streams say where they start and how they run
 * @throws LabError when nothing of the environment can be altered
 */
export function randomised(
  environment: Environment,
  reach: number,
  nominalShare: number,
  random: Random,
): Environment {
  const { quantities, altered } = dynamicsOf(
    environment,
    'domain-randomisation',
    'defenses.domain-randomisation',
  );
  const drawnWorld = (): Environment => {
    if (random.uniform() < nominalShare) return environment;
    const values = quantities.map((quantity) => {
      const [first, last] = placesOf(quantity, reach, 2) as [number, number];
      return [quantity.name, valueAt(quantity, first + (last - first) * random.uniform())];
    });
    return altered(Object.fromEntries(values) as Record<string, number>);
  };
  const { observationSpace, actionSpace, maxEpisodeSteps, rewardThreshold, lowestReward } = environment;
  const { stateFromObservation, expert } = environment;
  const nominal = (state: unknown): Placed => ({ world: environment, state });
  const drawn: Environment<Placed> = {
    observationSpace,
    actionSpace,
    maxEpisodeSteps,
    rewardThreshold,
    ...(lowestReward !== undefined && { lowestReward }),
    initial(lots) {
      const world = drawnWorld();
      return { world, state: world.initial(lots) };
    },
    step({ world, state }, action, lots) {
      const { state: next, reward, terminated } = world.step(state, action, lots);
      return { state: { world, state: next }, reward, terminated };
    },
    observe: ({ world, state }) => world.observe(state),
    scene: ({ world, state }) => world.scene(state),
    toArray: ({ world, state }) => world.toArray(state),
    fromArray: (values) => nominal(environment.fromArray(values)),
    ...(expert && { expert }),
    ...(stateFromObservation && {
      stateFromObservation: (observation) => nominal(stateFromObservation(observation)),
    }),
  };
  return drawn as Environment;
}
