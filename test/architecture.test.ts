import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'

/**
 * Who may import whom, besides itself. `lib/<idea>` is a folder of services/lib, every other name a
 * service. At run time a folder imports only what stands above it; a type may come from below.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'lib/problems': [],
  'lib/time': [],
  'lib/sqlite': ['lib/problems'],
  'lib/events': ['lib/problems'],
  'lib/filters': ['lib/events'],
  'lib/kafka': ['lib/telemetry', 'lib/events', 'lib/time', 'lib/problems'],
  'lib/triggers': ['lib/filters', 'lib/kafka', 'lib/events', 'lib/time', 'lib/problems'],
  'lib/telemetry': ['lib/events'],
  'lib/delivery': ['lib/triggers', 'lib/cursors', 'lib/events', 'lib/time', 'lib/problems'],
  'lib/schemas': ['lib/triggers', 'lib/events', 'lib/problems'],
  'lib/log': [
    ...['lib/kafka', 'lib/sqlite', 'lib/telemetry', 'lib/events', 'lib/time', 'lib/problems'],
  ],
  'lib/cursors': [
    ...['lib/delivery', 'lib/filters', 'lib/sqlite', 'lib/kafka', 'lib/log', 'lib/telemetry'],
    'lib/problems',
  ],
  'lib/dead-letters': [
    ...['lib/delivery', 'lib/sqlite', 'lib/kafka', 'lib/telemetry', 'lib/events', 'lib/problems'],
  ],
  'lib/http': ['lib/telemetry', 'lib/time', 'lib/problems'],
  'lib/config': ['lib/http', 'lib/triggers'],
  'lib/administration': [
    ...['lib/http', 'lib/dead-letters', 'lib/telemetry', 'lib/triggers', 'lib/events'],
    ...['lib/time', 'lib/problems'],
  ],
  'lib/startup': [
    ...['lib/config', 'lib/cursors', 'lib/dead-letters', 'lib/http', 'lib/kafka', 'lib/log'],
    ...['lib/schemas', 'lib/telemetry', 'lib/triggers', 'lib/time'],
  ],
  gateway: [
    ...['lib/startup', 'lib/administration', 'lib/config', 'lib/http', 'lib/log', 'lib/schemas'],
    ...['lib/telemetry', 'lib/triggers'],
    ...['lib/events', 'lib/time', 'lib/problems'],
  ],
  dispatcher: [
    ...['lib/startup', 'lib/administration', 'lib/config', 'lib/http'],
    ...['lib/cursors', 'lib/dead-letters', 'lib/delivery', 'lib/filters', 'lib/log', 'lib/schemas'],
    ...['lib/telemetry', 'lib/triggers', 'lib/events', 'lib/time', 'lib/problems'],
  ],
  samples: [],
  standalone: [
    ...['gateway', 'dispatcher', 'samples', 'lib/startup', 'lib/administration'],
    ...['lib/config', 'lib/cursors', 'lib/dead-letters', 'lib/delivery', 'lib/http', 'lib/log'],
    ...['lib/schemas', 'lib/sqlite', 'lib/telemetry', 'lib/triggers', 'lib/time', 'lib/problems'],
  ],
}

/** What stands outside the program, and the only places that may talk to it. Types talk to nothing. */
const DRIVERS: Readonly<Record<string, RegExp>> = {
  'node:sqlite': /^lib\/(?:sqlite|[^/]+\/sqlite)\//,
  undici: /^samples\//,
  fastify: /^(?:lib\/http|lib\/administration|gateway|samples)\//,
  yaml: /^lib\/(?:triggers\/files|schemas)\//,
  ajv: /^lib\/(?:schemas|config)\//,
  'ajv-formats': /^lib\/schemas\//,
  pino: /^(?:lib\/telemetry|samples)\//,
  'prom-client': /^(?:lib\/telemetry|gateway|dispatcher|standalone)\//,
  '@opentelemetry/': /^lib\/telemetry\/open-telemetry\//,
  cloudevents: /^samples\//,
  typebox: /^(?:lib\/config|samples)\/|\/config\.ts$/,
  'close-with-grace': /^(?:lib\/startup|samples)\//,
  'node:worker_threads': /^(?:lib\/log\/sqlite|lib\/schemas|standalone)\//,
}

/** Technologies behind a port. Only who puts a program together names one. */
const ADAPTERS = /^lib\/[^/]+\/(?:sqlite|memory|files|http|kafka|kafkajs|open-telemetry)\//
const ASSEMBLERS = /^(?:standalone|lib\/startup)\/|\/run-(?:gateway|dispatcher)\.ts$/

interface Import {
  readonly specifier: string
  readonly isType: boolean
}

interface Module {
  /** Relative to services/, or, for a test, to test/. */
  readonly path: string
  readonly folder: string
  readonly text: string
  readonly imports: readonly Import[]
}

const IMPORT =
  /(?:^|\n)(?:import|export)\s+(type\s)?[^'"\n;]*?(?:\{[^}]*\}\s*)?(?:from\s+)?'([^']+)'/g
const DYNAMIC_IMPORT = /\bimport\('([^']+)'\)/g
/** Code that is started rather than imported: threads and processes are named by their file. */
const NAMED_FILE = /'([^'\n]+\.ts)'/g

function readModules(root: string): Module[] {
  return globSync('**/*.ts', { cwd: root }).map((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    const imports = [...text.matchAll(IMPORT)].map((match) => ({
      specifier: match[2] ?? '',
      isType: match[1] !== undefined,
    }))
    for (const match of text.matchAll(DYNAMIC_IMPORT)) {
      imports.push({ specifier: match[1] ?? '', isType: false })
    }
    return { path, folder: folderOf(path), text, imports }
  })
}

function folderOf(path: string): string {
  const [first = '', second = ''] = path.split('/')
  return first === 'lib' ? `lib/${second}` : first
}

/** The file that a specifier means, relative to services/; undefined for a package. */
function target(module: Module, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return `lib/${specifier.slice(1)}`
  return specifier.startsWith('.') ? join(dirname(module.path), specifier) : undefined
}

const modules = readModules('services')
const tests = readModules('test')
const reachedByFolder = new Map<string, ReadonlySet<string>>()
const byPath = new Map(modules.map((module) => [module.path, module]))

function violations(check: (module: Module, imported: Import) => boolean): string[] {
  return modules.flatMap((module) =>
    module.imports
      .filter((imported) => !check(module, imported))
      .map(({ specifier }) => `services/${module.path} must not import ${specifier}`),
  )
}

t.test('the table names the folders that there are', (t) => {
  const folders = new Set(modules.map(({ folder }) => folder))

  t.same([...folders].toSorted(), Object.keys(ALLOWED).toSorted())
  t.end()
})

t.test('imports go where the table allows', (t) => {
  const found = violations((module, { specifier }) => {
    const file = target(module, specifier)
    if (file === undefined) return true
    const folder = folderOf(file)
    return folder === module.folder || (ALLOWED[module.folder] ?? []).includes(folder)
  })

  t.same(found, [])
  t.end()
})

t.test('at run time a folder imports only what stands above it in the table', (t) => {
  const order = Object.keys(ALLOWED)
  const found = violations((module, { specifier, isType }) => {
    const file = target(module, specifier)
    if (isType || file === undefined) return true
    return order.indexOf(folderOf(file)) <= order.indexOf(module.folder)
  })

  t.same(found, [])
  t.end()
})

t.test('every import names a file that is there', (t) => {
  const found = violations((module, { specifier }) => {
    const file = target(module, specifier)
    return file === undefined || byPath.has(file)
  })

  t.same(found, [])
  t.end()
})

t.test('only who puts a program together names an adapter, or the adapter itself', (t) => {
  const found = violations((module, { specifier }) => {
    const adapter = ADAPTERS.exec(target(module, specifier) ?? '')?.[0]
    if (adapter === undefined || ASSEMBLERS.test(module.path)) return true
    return module.path.startsWith(adapter)
  })

  t.same(found, [])
  t.end()
})

for (const [driver, places] of Object.entries(DRIVERS)) {
  t.test(`${driver} is imported only in ${places.source.replaceAll('\\', '')}`, (t) => {
    const found = violations((module, { specifier, isType }) => {
      const isDriver =
        specifier === driver || specifier.startsWith(driver.endsWith('/') ? driver : `${driver}/`)
      return !isDriver || isType || places.test(module.path)
    })

    t.same(found, [])
    t.end()
  })
}

t.test('kafkajs is named only in lib/kafka/kafkajs, also where it is required', (t) => {
  const named = modules.filter(({ text }) => /'kafkajs['/]/.test(text)).map(({ path }) => path)

  t.ok(named.length > 0)
  t.same(
    named.filter((path) => !path.startsWith('lib/kafka/kafkajs/')),
    [],
  )
  t.end()
})

t.test('there are no barrels, and nothing is named after what it is not', (t) => {
  const vague = /(?:^|\/)(?:index|utils?|helpers?|common|managers?|misc)(?:\/|\.ts$)/

  t.same(
    modules.filter(({ path }) => vague.test(path)).map(({ path }) => path),
    [],
  )
  t.same(
    modules.filter(({ text }) => /^export \* from/m.test(text)).map(({ path }) => path),
    [],
  )
  t.end()
})

/** Modules that no test of their own folder reaches, and why that is enough. */
const ALONE = 'starts one sample alone; the tests start them all in one process'
const UNTESTED: Readonly<Record<string, string>> = {
  'lib/time/system-clock.ts': 'two lines; every test of the whole system runs on it',
  'lib/http/health.ts': 'tested with the servers of the gateway and the administration',
  'samples/run-sample.ts': ALONE,
  'samples/always-fails/main.ts': ALONE,
  'samples/chat-analytics/main.ts': ALONE,
  'samples/system-metrics/main.ts': ALONE,
  'samples/task-analytics/main.ts': ALONE,
  'samples/todo/main.ts': ALONE,
  'samples/user-behavior/main.ts': ALONE,
}

t.test('every module is reached by a test of its own folder', (t) => {
  const untested = modules
    .filter((module) => hasCode(module) && !isReached(module))
    .map(({ path }) => path)

  t.same(
    untested.filter((path) => UNTESTED[path] === undefined),
    [],
  )
  t.same(
    Object.keys(UNTESTED).filter((path) => !untested.includes(path)),
    [],
    'no exception is left over',
  )
  t.end()
})

/** Types alone have nothing to test. */
function hasCode({ text }: Module): boolean {
  return !/^export/m.test(text) || /^export (?!type|interface)/m.test(text)
}

function isReached(module: Module): boolean {
  return reachedIn(module.folder).has(module.path)
}

/**
 * The modules of a folder that its tests import or start, and those which these import inside the
 * folder. The tests of a service are also those of the whole system.
 */
function reachedIn(folder: string): ReadonlySet<string> {
  const known = reachedByFolder.get(folder)
  if (known !== undefined) return known
  const isService = !folder.startsWith('lib/')
  const own = tests.filter(
    (test) => test.folder === folder || (isService && ['e2e', 'support'].includes(test.folder)),
  )
  const reached = new Set<string>()
  const queue = own.flatMap((test) => namedFiles(test, join('..', 'test', test.path)))
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const module = byPath.get(path)
    if (module === undefined || module.folder !== folder || reached.has(path)) continue
    reached.add(path)
    queue.push(...namedFiles(module, module.path))
  }
  reachedByFolder.set(folder, reached)
  return reached
}

/** Files that a module imports or names as text, relative to services/. */
function namedFiles({ text }: Module, path: string): string[] {
  return [...text.matchAll(NAMED_FILE)].map(([, name = '']) => {
    if (name.startsWith('#')) return `lib/${name.slice(1)}`
    if (name.startsWith('services/')) return name.slice('services/'.length)
    return join(dirname(path), name).replace(/^(?:\.\.\/)+services\//, '')
  })
}
