/**
 * The table of `dead-letters.db`, one migration to a version. Append only. The data comes last, so
 * that a list reads none of its pages.
 */
export const DEAD_LETTER_MIGRATIONS = [
  `CREATE TABLE letters (
     id TEXT NOT NULL UNIQUE,
     time INTEGER NOT NULL,
     broker TEXT NOT NULL,
     trigger TEXT NOT NULL,
     partition INTEGER NOT NULL,
     offset INTEGER NOT NULL,
     reason TEXT NOT NULL,
     destination TEXT NOT NULL,
     error TEXT NOT NULL,
     status INTEGER,
     attempts TEXT NOT NULL,
     attributes TEXT NOT NULL,
     data BLOB
   ) STRICT;
   CREATE INDEX letters_by_time ON letters (time, id);
   CREATE INDEX letters_by_trigger ON letters (trigger, time, id);`,
] as const
