export { librarySeed, stream } from '../contract/random';
