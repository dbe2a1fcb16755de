//! Tables. `entries` is the ledger; everything else is derived from it, except `credentials` and
//! `sealed`, which hold secrets and are never exported.

use super::StoreError;
use rusqlite::Connection;

/// Number of the schema below.
pub const SCHEMA: i64 = 10;

const TABLES: &str = "
CREATE TABLE entries (
  seq INTEGER PRIMARY KEY,
  stream TEXT NOT NULL,
  version INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  decision TEXT,
  rules TEXT NOT NULL,
  salt BLOB NOT NULL,
  commitment BLOB NOT NULL,
  leaf BLOB NOT NULL,
  payload BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX entries_stream ON entries (stream, version);
CREATE TABLE head (
  id INTEGER PRIMARY KEY CHECK (id = 0),
  size INTEGER NOT NULL,
  frontier BLOB NOT NULL,
  time_ms INTEGER NOT NULL
) STRICT;
INSERT INTO head VALUES (0, 0, x'', 0);
CREATE TABLE credentials (
  kind INTEGER NOT NULL,
  id TEXT NOT NULL,
  subject TEXT NOT NULL,
  secret TEXT NOT NULL,
  expires_ms INTEGER,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX credentials_subject ON credentials (kind, subject);
CREATE TABLE sealed (
  action TEXT NOT NULL,
  revision INTEGER NOT NULL,
  arguments BLOB NOT NULL,
  PRIMARY KEY (action, revision)
) STRICT, WITHOUT ROWID;
";

/// Tables that [`super::rebuild`] can make anew.
pub const DERIVED: &str = "
CREATE TABLE documents (
  stream TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  json BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE actions (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  status INTEGER NOT NULL,
  workflow TEXT NOT NULL,
  agent TEXT NOT NULL,
  system TEXT NOT NULL,
  tool TEXT NOT NULL,
  effect TEXT,
  level INTEGER,
  record_system TEXT,
  record_type TEXT,
  record_id TEXT,
  title TEXT NOT NULL,
  gist TEXT NOT NULL,
  confidence REAL,
  amount_cents INTEGER,
  revision INTEGER NOT NULL,
  content_hash TEXT,
  expires_ms INTEGER,
  reviewer TEXT,
  idempotency_key TEXT,
  twin_hash TEXT,
  responsibility TEXT,
  approvals_needed INTEGER NOT NULL,
  endorsed_by TEXT NOT NULL,
  reminded INTEGER NOT NULL,
  escalated_to TEXT,
  took_ms INTEGER,
  edited INTEGER NOT NULL,
  undoes TEXT,
  mismatched INTEGER NOT NULL,
  planted TEXT,
  currency TEXT,
  areas INTEGER NOT NULL,
  fields TEXT,
  unknown INTEGER NOT NULL,
  amount_expected INTEGER NOT NULL
) STRICT;
CREATE INDEX actions_workflow ON actions (workflow, seq);
CREATE INDEX actions_status ON actions (status, seq);
CREATE INDEX actions_level ON actions (level, seq);
CREATE INDEX actions_acts ON actions (workflow, created_ms) WHERE effect <> 'read';
CREATE INDEX actions_agent ON actions (agent, seq);
CREATE INDEX actions_record ON actions (record_id, seq) WHERE record_id IS NOT NULL;
CREATE INDEX actions_created ON actions (created_ms);
CREATE INDEX actions_due ON actions (expires_ms) WHERE expires_ms IS NOT NULL;
CREATE INDEX actions_took ON actions (seq) WHERE took_ms IS NOT NULL;
CREATE INDEX actions_decided ON actions (workflow, seq) WHERE reviewer IS NOT NULL AND planted IS NULL;
CREATE INDEX actions_planted ON actions (workflow, seq) WHERE planted IS NOT NULL;
CREATE INDEX actions_shown ON actions (planted) WHERE planted IS NOT NULL;
CREATE INDEX actions_undoes ON actions (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX actions_reviewer ON actions (reviewer, seq) WHERE reviewer IS NOT NULL;
CREATE INDEX actions_twin ON actions (twin_hash) WHERE status = 3;
CREATE INDEX actions_repeat ON actions (twin_hash) WHERE effect <> 'read';
CREATE VIRTUAL TABLE words USING fts5 (text, content='', detail=none, columnsize=0, tokenize=\"unicode61 remove_diacritics 2 categories 'L* M* N* Co'\");
CREATE TABLE keys (
  agent TEXT NOT NULL,
  key TEXT NOT NULL,
  action TEXT NOT NULL,
  PRIMARY KEY (agent, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE counts (
  workflow TEXT NOT NULL,
  status INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (workflow, status)
) STRICT, WITHOUT ROWID;
CREATE TABLE hours (
  workflow TEXT NOT NULL,
  hour INTEGER NOT NULL,
  status INTEGER NOT NULL,
  decided INTEGER NOT NULL,
  edited INTEGER NOT NULL,
  nature INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (workflow, hour, status, decided, edited, nature)
) STRICT, WITHOUT ROWID;
CREATE TABLE reviewed (
  workflow TEXT NOT NULL,
  hour INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  planted INTEGER NOT NULL,
  count INTEGER NOT NULL,
  looks INTEGER NOT NULL,
  PRIMARY KEY (workflow, hour, outcome, planted)
) STRICT, WITHOUT ROWID;
CREATE TABLE reviews (
  id TEXT PRIMARY KEY,
  shows TEXT NOT NULL,
  workflow TEXT NOT NULL,
  tool TEXT NOT NULL,
  agent TEXT NOT NULL,
  responsibility TEXT NOT NULL,
  because TEXT NOT NULL,
  lot INTEGER,
  drawn_ms INTEGER NOT NULL,
  due_ms INTEGER NOT NULL,
  open INTEGER NOT NULL,
  outcome TEXT,
  critical INTEGER NOT NULL,
  judged_ms INTEGER,
  reviewers TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reviews_open ON reviews (workflow, responsibility, due_ms) WHERE open = 1;
CREATE INDEX reviews_queue ON reviews (due_ms, id) WHERE open = 1;
CREATE INDEX reviews_lot ON reviews (workflow, responsibility, lot) WHERE lot IS NOT NULL;
CREATE INDEX reviews_judged ON reviews (judged_ms) WHERE judged_ms IS NOT NULL;
CREATE INDEX reviews_area ON reviews (workflow, responsibility, judged_ms) WHERE judged_ms IS NOT NULL AND because <> 'planted';
CREATE INDEX reviews_planted ON reviews (workflow, responsibility, drawn_ms) WHERE because = 'planted';
CREATE INDEX reviews_wrong ON reviews (workflow, responsibility, judged_ms) WHERE outcome = 'wrong' AND because <> 'planted';
CREATE INDEX reviews_tool ON reviews (workflow, tool, judged_ms) WHERE judged_ms IS NOT NULL;
CREATE TABLE looks (
  review TEXT NOT NULL,
  person TEXT NOT NULL,
  workflow TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  took_ms INTEGER,
  verdict TEXT NOT NULL,
  planted INTEGER NOT NULL,
  PRIMARY KEY (review, at_ms, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX looks_person ON looks (person, at_ms);
CREATE INDEX looks_timed ON looks (workflow, at_ms, took_ms) WHERE took_ms IS NOT NULL;
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY
) STRICT;
";

/// What [`DERIVED`] makes, in an order that can be dropped.
pub const DERIVED_TABLES: [&str; 10] = [
    "documents",
    "actions",
    "words",
    "keys",
    "counts",
    "hours",
    "reviewed",
    "reviews",
    "looks",
    "outbox",
];

/// Sets the connection up and brings an empty file to the present schema.
pub fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
         PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;",
    )?;
    match version(connection)? {
        0 => {
            let transaction = connection.transaction()?;
            transaction.execute_batch(TABLES)?;
            transaction.execute_batch(DERIVED)?;
            transaction.pragma_update(None, "user_version", SCHEMA)?;
            transaction.commit()?;
            Ok(())
        }
        SCHEMA => Ok(()),
        // Nothing but what is derived differs.
        1..SCHEMA => {
            super::rebuild::rebuild(connection)?;
            connection.pragma_update(None, "user_version", SCHEMA)?;
            Ok(())
        }
        found => Err(StoreError::Newer {
            found,
            known: SCHEMA,
        }),
    }
}

/// The schema a file has; 0 when it is empty.
pub fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
