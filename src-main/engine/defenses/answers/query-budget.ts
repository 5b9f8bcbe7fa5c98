import { integer } from '../../../contract/params';
import { defineAnswerDefense } from '../../definitions';

/** Query budget: a client is answered so often and no more. */
export default defineAnswerDefense({
  id: 'query-budget',
  title: 'Query budget',
  summary:
    'Answers each client so many images; afterwards every class is equally likely. Bounds what can be stolen by asking and nothing else: the fidelity that an attack reaches within the budget is the price of it. A client with two names has two budgets.',
  reference: {
    authors: 'F. Tramèr, F. Zhang, A. Juels, M. K. Reiter, T. Ristenpart',
    title: 'Stealing machine learning models via prediction APIs',
    year: 2016,
    where: 'USENIX Security, arXiv:1609.02943',
  },
  params: {
    queries: integer({ default: 1000, min: 1, max: 1e9, unit: 'queries', help: 'Images that are answered.' }),
  },
  begin({ queries }, classes, attacked) {
    let left = attacked ? queries : Infinity;
    return {
      answer: (_images, logs) =>
        Float32Array.from(logs, (log, i) => {
          if (i % classes === 0) left--;
          return left >= 0 ? log : -Math.log(classes);
        }),
    };
  },
});
