import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { openDatabase } from '#sqlite/open-database.ts'
import { openReadOnly } from '#sqlite/open-read-only.ts'
import { schemaVersion } from '#sqlite/schema-version.ts'
import { storageError } from '#sqlite/storage-error.ts'

const ONE = 'CREATE TABLE a (x INTEGER) STRICT'
const TWO = 'ALTER TABLE a ADD COLUMN y TEXT'

function open(t: Test, file: string, migrations: readonly string[]): DatabaseSync {
  const database = openDatabase(file, { holds: 'the things', synchronous: 'FULL', migrations })
  t.teardown(() => database.isOpen && database.close())
  return database
}

t.test('openDatabase() creates the file in WAL mode with every migration', async (t) => {
  const database = open(t, join(t.testdir(), 'x.db'), [ONE, TWO])

  t.equal(schemaVersion(database, 2), 2)
  t.equal(database.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal')
  t.equal(database.prepare('PRAGMA synchronous').get()?.['synchronous'], 2)
  database.exec("INSERT INTO a (x, y) VALUES (1, 'one')")
})

t.test('openDatabase() runs only the migrations that the file has not seen', async (t) => {
  const file = join(t.testdir(), 'x.db')
  const old = open(t, file, [ONE])
  old.exec('INSERT INTO a (x) VALUES (1)')
  old.close()

  const database = open(t, file, [ONE, TWO])

  t.same(database.prepare('SELECT x, y FROM a').all(), [{ x: 1, y: null }])
})

t.test('openDatabase() takes over all migrations or none', async (t) => {
  const file = join(t.testdir(), 'x.db')
  open(t, file, [ONE]).close()

  t.throws(() => open(t, file, [ONE, TWO, 'NO SQL']), /Cannot open the things in .*x\.db: /)

  t.equal(schemaVersion(open(t, file, [ONE, TWO]), 2), 2)
})

t.test('openDatabase() refuses the file of a newer Sluice', async (t) => {
  const file = join(t.testdir(), 'x.db')
  open(t, file, [ONE, TWO]).close()

  t.throws(() => open(t, file, [ONE]), {
    message:
      `Cannot open the things in ${file}: its schema version is 2 and this Sluice knows none ` +
      'above 1; start the newer Sluice that wrote it, or move the file away',
  })
})

t.test('openDatabase() names the file and the remedy when it is no database', async (t) => {
  const file = join(t.testdir(), 'x.db')
  writeFileSync(file, 'This is no database. '.repeat(100))

  t.throws(() => open(t, file, [ONE]), {
    message: `Cannot open the things in ${file}: file is not a database (move the file away; a new one is created at the next start)`,
  })
})

t.test('openDatabase() names the file and the remedy when its folder is missing', async (t) => {
  const file = join(t.testdir(), 'missing', 'x.db')

  t.throws(() => open(t, file, [ONE]), /missing\/x\.db: .*\(check that the folder exists/)
})

t.test('openReadOnly() opens nothing until the newest schema is there', async (t) => {
  const file = join(t.testdir(), 'x.db')
  const options = { holds: 'the things', migrations: [ONE, TWO] }
  t.equal(openReadOnly(file, options), undefined, 'no file')
  open(t, file, [])
  t.equal(openReadOnly(file, options), undefined, 'no schema')
  open(t, file, [ONE])
  t.equal(openReadOnly(file, options), undefined, 'an older schema')
  const writer = open(t, file, [ONE, TWO])

  const reader = openReadOnly(file, options)

  t.teardown(() => reader?.close())
  writer.exec('INSERT INTO a (x) VALUES (1)')
  t.same(reader?.prepare('SELECT x, y FROM a').all(), [{ x: 1, y: null }])
  t.throws(() => reader?.exec('INSERT INTO a (x) VALUES (2)'), /readonly/)
})

t.test('openReadOnly() refuses the file of a newer Sluice', async (t) => {
  const file = join(t.testdir(), 'x.db')
  open(t, file, [ONE, TWO])

  t.throws(() => openReadOnly(file, { holds: 'the things', migrations: [ONE] }), {
    message: /^Cannot open the things in .*x\.db: its schema version is 2 and/,
  })
})

t.test('storageError() knows the extended result codes', async (t) => {
  const full = Object.assign(new Error('disk I/O error'), { errcode: 10 + 256 * 3 })

  const error = storageError('save', 'the things', '/data/x.db', full)

  t.equal(
    error.message,
    'Cannot save the things in /data/x.db: disk I/O error (check the disk and its mount)',
  )
  t.equal(error.cause, full)
  t.equal(
    storageError('save', 'the things', '/data/x.db', 'odd').message,
    'Cannot save the things in /data/x.db: odd',
  )
})
