/** The tables of `cursors.db`, one migration to a version. Append only. */
export const CURSOR_MIGRATIONS = [
  `CREATE TABLE partitions (
     broker TEXT, partition INTEGER, offset INTEGER NOT NULL, mark TEXT NOT NULL,
     PRIMARY KEY (broker, partition)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE triggers (
     broker TEXT, partition INTEGER, trigger TEXT,
     next INTEGER, vanished_at INTEGER, specs TEXT NOT NULL, open BLOB NOT NULL,
     PRIMARY KEY (broker, partition, trigger)
   ) STRICT;
   CREATE TABLE failures (
     broker TEXT, partition INTEGER, trigger TEXT, offset INTEGER, failure TEXT NOT NULL,
     PRIMARY KEY (broker, partition, trigger, offset)
   ) STRICT, WITHOUT ROWID;`,
  // An embedded log has always had one partition.
  'ALTER TABLE partitions ADD COLUMN partitions INTEGER NOT NULL DEFAULT 1',
] as const
