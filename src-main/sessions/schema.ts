/** The tables of a session file, as described in `docs/session-format.md`. */
import { SESSION_APPLICATION_ID, SESSION_FORMAT } from '../contract/session';

export const CREATE = `
  PRAGMA session.auto_vacuum = FULL; -- replaced checkpoints give their space back
  PRAGMA session.application_id = ${SESSION_APPLICATION_ID};
  PRAGMA session.user_version = ${SESSION_FORMAT};
  CREATE TABLE session.header (
    field TEXT PRIMARY KEY,
    value TEXT NOT NULL -- JSON
  ) STRICT;
  CREATE TABLE session.event (
    sequence INTEGER PRIMARY KEY, -- 1, 2, 3 … without gaps
    at INTEGER NOT NULL, -- milliseconds since the epoch
    type TEXT NOT NULL,
    body TEXT NOT NULL -- JSON
  ) STRICT;
  CREATE INDEX session.event_type ON event (type, sequence);
  CREATE TABLE session.artefact (
    sequence INTEGER NOT NULL REFERENCES event,
    number INTEGER NOT NULL, -- 0, 1, 2 … within the event
    dtype TEXT NOT NULL,
    length INTEGER NOT NULL, -- elements
    data BLOB NOT NULL, -- little-endian
    UNIQUE (sequence, number)
  ) STRICT;
  CREATE TABLE session.checkpoint ( -- of the latest checkpoint event only
    name TEXT PRIMARY KEY,
    dtype TEXT NOT NULL,
    length INTEGER NOT NULL,
    data BLOB NOT NULL
  ) STRICT;
`;
