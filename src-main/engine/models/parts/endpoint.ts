/** What the models behind an address have in common: where it is, and how patiently and how often it is asked. */
import { integer, number, path } from '../../../contract/params';

export const endpoint = {
  address: path({
    what: 'address',
    help: 'Where it is asked, as docs/http-target.md says: GET describes the model, POST classifies images.',
  }),
  batchSize: integer({
    default: 128,
    min: 1,
    max: 8192,
    unit: 'images',
    help: 'Images in one request, at most.',
    advanced: true,
  }),
  requestsPerSecond: number({
    default: 50,
    min: 0,
    exclusiveMin: true,
    max: 10_000,
    unit: 'requests/second',
    help: 'Requests are sent no faster than this, repeated ones included.',
    advanced: true,
  }),
  timeout: number({
    default: 30,
    min: 0,
    exclusiveMin: true,
    max: 600,
    unit: 'seconds',
    help: 'How long one answer may take before the request is given up.',
    advanced: true,
  }),
  retries: integer({
    default: 5,
    min: 0,
    max: 20,
    unit: 'tries',
    help: 'How often a request without an answer is repeated, after 0.5, 1, 2, 4 … seconds or what the server asks for.',
    advanced: true,
  }),
};
