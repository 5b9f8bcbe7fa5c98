/**
 * A session of a million events: a recorded one whose trainings are drawn out by made-up points of curves and progress.
 * Everything else (plan, images, evaluations, checks) is what was recorded.
 */
import { copyFileSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';

const SERIES = ['loss', 'accuracy', 'gradientNorm', 'learningRate'];

/** Copies the session `from` to `to` and draws it out to `events` events. */
export function makeLongSession(from, to, events) {
  copyFileSync(from, to);
  const source = new DatabaseSync(from, { readOnly: true });
  const recorded = source.prepare('SELECT sequence, at, type, body FROM event ORDER BY sequence').all();
  source.close();
  const arms = recorded.filter(({ type }) => type === 'trained').length;
  const added = events - recorded.length;

  const database = new DatabaseSync(to);
  database.exec('PRAGMA foreign_keys = OFF; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN');
  // From the last one on, so that no number is taken twice; artefacts move with their events.
  const move = database.prepare('UPDATE event SET sequence = ?, at = ? WHERE sequence = ?');
  const moveArtefacts = database.prepare('UPDATE artefact SET sequence = ? WHERE sequence = ?');
  const insert = database.prepare('INSERT INTO event VALUES (?, ?, ?, ?)');
  const shares = Array.from({ length: arms }, (_, arm) =>
    arm < arms - 1 ? Math.floor(added / arms) : added - (arms - 1) * Math.floor(added / arms),
  );
  let passed = arms;
  let shift = added;
  const gaps = [];
  for (const { sequence, at, type } of [...recorded].reverse()) {
    if (shift === 0) break;
    move.run(sequence + shift, at + shift, sequence);
    moveArtefacts.run(sequence + shift, sequence);
    if (type !== 'trained') continue;
    passed -= 1;
    shift -= shares[passed];
    gaps.push({ arm: passed, from: sequence + shift, count: shares[passed], at: at + shift });
  }
  for (const { arm, from, count, at } of gaps) {
    for (let i = 0; i < count; i++) {
      const x = (6 * i) / count;
      const body =
        i % 10 === 9
          ? { type: 'progress', done: i, what: `training, epoch ${1 + Math.floor(x)} of 6` }
          : {
              type: 'point',
              arm,
              series: SERIES[i % SERIES.length],
              x,
              value: Math.exp(-x) + 0.2 * Math.sin(i * 0.7) * Math.exp(-x / 3) + (i % 5021 === 0 ? 1 : 0),
            };
      insert.run(from + i, at + i, body.type, JSON.stringify(body));
    }
  }
  database.exec('COMMIT');
  const [{ count, last }] = database
    .prepare('SELECT count(*) AS count, max(sequence) AS last FROM event')
    .all();
  database.close();
  if (count !== events || last !== events)
    throw new Error(`${count} events, the last ${last}; expected ${events}`);
}
