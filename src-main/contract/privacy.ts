/** Attacks that ask what a model gives away: its training images, what its classes look like, the model itself. */
import type { Surface } from './params';

export const isPrivacy = ({ surface }: { surface: Surface }): boolean => surface === 'privacy';
export const isNotPrivacy = (attack: { surface: Surface }): boolean => !isPrivacy(attack);
