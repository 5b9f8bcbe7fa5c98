import { defineModel } from '../definitions';
import { endpoint } from './parts/endpoint';

/** A classifier behind an HTTP address that answers with scores. */
export default defineModel({
  id: 'http',
  title: 'HTTP endpoint',
  summary:
    'A classifier behind an address, as a black box: attacks see its scores. Images are sent there only after you allow it. Nothing is trained: one arm, test data only.',
  limits:
    'A run is reproduced only as far as the endpoint gives the same answers. When it stops answering the run fails with what was found kept, and can be resumed.',
  reference: {
    authors: 'N. Papernot, P. McDaniel, I. Goodfellow, S. Jha, Z. B. Celik, A. Swami',
    title: 'Practical black-box attacks against machine learning',
    year: 2017,
    where: 'ASIA CCS, arXiv:1602.02697',
  },
  capabilities: ['scores', 'decisions'],
  requires: [],
  params: endpoint,
});
