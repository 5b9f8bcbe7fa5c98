import { defineModel } from '../definitions';
import { endpoint } from './parts/endpoint';

/** A classifier behind an HTTP address of which only the predicted labels are seen. */
export default defineModel({
  id: 'http-labels',
  title: 'HTTP endpoint, labels only',
  summary:
    'A classifier behind an address of which attacks see the predicted label and nothing else; of an endpoint that gives scores only the largest is looked at. Images are sent there only after you allow it.',
  limits:
    'Only decision-based attacks apply. A run is reproduced only as far as the endpoint gives the same answers; when it stops answering the run fails with what was found kept, and can be resumed.',
  reference: {
    authors: 'W. Brendel, J. Rauber, M. Bethge',
    title: 'Decision-based adversarial attacks: reliable attacks against black-box machine learning models',
    year: 2018,
    where: 'ICLR, arXiv:1712.04248',
  },
  capabilities: ['decisions'],
  requires: [],
  params: endpoint,
});
