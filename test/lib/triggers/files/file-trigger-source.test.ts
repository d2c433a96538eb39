import { rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '#time/system-clock.ts'
import {
  type FileTriggerSource,
  openFileTriggerSource,
} from '#triggers/files/file-trigger-source.ts'
import type { Snapshot, Trigger } from '#triggers/trigger.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { brokerYaml, triggerYaml } from '../../../support/trigger-yaml.ts'
import { open, SETTLED, type Tree } from './harness.ts'

const SERVICE = '{ref: {apiVersion: v1, kind: Service, name: billing}}'

function keys({ brokers, triggers }: Snapshot): string[] {
  return [...brokers.map(({ key }) => `Broker ${key}`), ...triggers.map(({ key }) => key)]
}

function filterOf(source: FileTriggerSource, key = 'default/orders'): unknown {
  return find(source, key)?.filters
}

function find(source: FileTriggerSource, key: string): Trigger | undefined {
  return source.snapshot().triggers.find((trigger) => trigger.key === key)
}

function typed(type: string): string {
  return triggerYaml({ spec: `  filters: [{exact: {type: ${type}}}]` })
}

t.test(
  'without a kustomization every *.yaml and *.yml of the folder counts, by name',
  async (t) => {
    const { source } = await open(t, {
      'eventing/b.yaml': triggerYaml({ name: 'b' }),
      'eventing/a.yml': brokerYaml(),
      'eventing/c.yaml': `${triggerYaml({ name: 'c1' })}---\n${triggerYaml({ name: 'c2' })}`,
      'eventing/notes.txt': 'a: b: c',
      'eventing/.hidden.yaml': 'a: b: c',
      'eventing/sub/d.yaml': triggerYaml({ name: 'd' }),
    })

    t.strictSame(keys(source.snapshot()), [
      'Broker default/default',
      'default/b',
      'default/c1',
      'default/c2',
    ])
  },
)

t.test(
  'a kustomization: resources, folders, namespace and annotations, the outermost wins',
  async (t) => {
    const { source } = await open(
      t,
      {
        'eventing/top/kustomization.yml':
          'namespace: top\nresources: [../base, extra.yaml]\ncommonAnnotations: {sluice.dev/max-in-flight: "7"}\ncommonLabels: {a: b}\n',
        'eventing/top/extra.yaml': triggerYaml({ name: 'extra\n  namespace: elsewhere' }),
        'eventing/top/unlisted.yaml': triggerYaml({ name: 'unlisted' }),
        'eventing/base/Kustomization':
          'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: base\nresources:\n- broker.yaml\n- more\ncommonAnnotations: {sluice.dev/max-in-flight: "9", sluice.dev/paused: "true"}\n',
        'eventing/base/broker.yaml': brokerYaml(),
        'eventing/base/more/kustomization.yaml': 'resources: [orders.yaml]\n',
        'eventing/base/more/orders.yaml': triggerYaml({ name: 'orders' }),
      },
      { eventingDir: 'eventing/top' },
    )

    t.strictSame(keys(source.snapshot()), ['Broker top/default', 'top/orders', 'top/extra'])
    t.match(find(source, 'top/orders'), {
      maxInFlight: 7,
      paused: true,
      readiness: { ready: true },
    })
    t.match(find(source, 'top/extra'), { maxInFlight: 7, paused: false })
  },
)

const REFUSED: Record<string, readonly [tree: Tree, message: RegExp]> = {
  patches: [
    { 'eventing/kustomization.yaml': 'resources: []\npatches: [{path: p.yaml}]\n' },
    /eventing\/kustomization\.yaml:2: patches is not followed here: write the resources out/,
  ],
  generators: [
    { 'eventing/kustomization.yaml': 'configMapGenerator: []\n' },
    /:1: configMapGenerator is not followed/,
  ],
  components: [
    { 'eventing/kustomization.yaml': 'components: [x]\n' },
    /:1: components is not followed/,
  ],
  'an unknown field': [
    { 'eventing/kustomization.yaml': 'resource: [x]\n' },
    /:1: resource is not followed/,
  ],
  'a component': [
    { 'eventing/kustomization.yaml': 'kind: Component\n' },
    /kind must be Kustomization/,
  ],
  'something remote': [
    { 'eventing/kustomization.yaml': 'resources: [https://example.com/x.yaml]\n' },
    /resources\[0\] must be a file or folder: nothing is fetched/,
  ],
  'an absolute path': [
    { 'eventing/kustomization.yaml': 'resources: [/etc/x.yaml]\n' },
    /must be a path relative to this folder/,
  ],
  'a missing file': [
    { 'eventing/kustomization.yaml': 'resources: [nope.yaml]\n' },
    /eventing\/nope\.yaml: does not exist/,
  ],
  'a folder without a kustomization': [
    { 'eventing/kustomization.yaml': 'resources: [sub]\n', 'eventing/sub/a.yaml': brokerYaml() },
    /eventing\/sub: has no kustomization\.yaml/,
  ],
  'two kustomizations': [
    { 'eventing/kustomization.yaml': '', 'eventing/kustomization.yml': '' },
    /has kustomization\.yaml and kustomization\.yml, exactly one/,
  ],
  'a circle': [
    {
      'eventing/kustomization.yaml': 'resources: [sub]\n',
      'eventing/sub/kustomization.yaml': 'resources: [../]\n',
    },
    /its kustomizations go in a circle/,
  ],
  'a file that is no YAML': [
    { 'eventing/a.yaml': 'a: 1\nb: c: d\n', 'eventing/b.yaml': '{' },
    /eventing\/a\.yaml:2: Nested mappings.*\n.*eventing\/b\.yaml:1: /,
  ],
  'a file that is too large': [
    { 'eventing/a.yaml': `# ${'x'.repeat(1024 * 1024)}` },
    /eventing\/a\.yaml: is larger than 1 MiB/,
  ],
  'a service that is no name': [
    { 'services.yaml': 'a: http://x\n"a b": http://x\n' },
    /services\.yaml:2: .*"a b" is no name of a Service/,
  ],
  'a service without a URL': [
    { 'services.yaml': 'a: localhost:80\n' },
    /services\.yaml:1: a "localhost:80" must begin with http/,
  ],
  'a service with a number': [
    { 'services.yaml': 'a: 80\n' },
    /services\.yaml:1: a must be a string/,
  ],
  'services as a list': [
    { 'services.yaml': '- a\n' },
    /services\.yaml:1: must be an object, not a list/,
  ],
}

t.test('what cannot be read at the start is refused, with file, line and reason', async (t) => {
  for (const [name, [tree, message]] of Object.entries(REFUSED)) {
    await t.test(name, async (t) => {
      await t.rejects(open(t, tree), { name: 'FileFault', message })
    })
  }
  await t.rejects(open(t, {}, { eventingDir: 'nowhere' }), { message: /nowhere: does not exist/ })
})

t.test('bytes that are no UTF-8 are refused', async (t) => {
  const { write, path, look, log } = await open(t, { 'eventing/a.yaml': brokerYaml() })

  await writeFile(path('eventing/a.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xff]))
  await look(SETTLED)
  await write('unrelated', '')

  t.match(log.join('\n'), /a\.yaml: is not UTF-8 text/)
})

t.test('SERVICES_FILE resolves references, in YAML or JSON, and is watched', async (t) => {
  const { source, write, look } = await open(t, {
    'eventing/a.yaml': `${brokerYaml()}---\n${triggerYaml({ subscriber: SERVICE })}`,
  })
  t.match(find(source, 'default/orders')?.readiness, { reason: 'SubscriberNotResolved' })

  await write('services.yaml', '{"default/billing": "http://127.0.0.1:5"}')
  await look(SETTLED)

  t.match(find(source, 'default/orders'), {
    subscriber: 'http://127.0.0.1:5',
    readiness: { ready: true },
  })

  await write('services.yaml', 'billing: http://127.0.0.1:66\n')
  await look(SETTLED)
  t.match(find(source, 'default/orders'), { subscriber: 'http://127.0.0.1:66' })

  await write('services.yaml', 'billing: nonsense\n')
  await look(SETTLED)
  t.match(
    find(source, 'default/orders'),
    { subscriber: 'http://127.0.0.1:66' },
    'keeps the last good',
  )
})

t.test('a change is taken over once, when two looks in a row agree', async (t) => {
  const { source, snapshots, write, look } = await open(t, {
    'eventing/a.yaml': brokerYaml(),
    'eventing/b.yaml': typed('one'),
  })
  await look(SETTLED)
  t.equal(snapshots.length, 0, 'nothing has changed')

  await write('eventing/b.yaml', typed('second'))
  await look(1)
  t.strictSame(filterOf(source), [{ exact: { type: 'one' } }], 'not settled')

  await look(1)
  t.strictSame(filterOf(source), [{ exact: { type: 'second' } }])
  await look(SETTLED)
  t.equal(snapshots.length, 1)
  t.equal(snapshots[0], source.snapshot())
})

t.test('a file that is still being written is not judged', async (t) => {
  const { source, snapshots, write, look } = await open(t, {
    'eventing/a.yaml': `${brokerYaml()}---\n${typed('one')}`,
  })
  await look(SETTLED)

  const text = `${brokerYaml()}---\n${typed('second')}`
  for (let end = 10; end < text.length; end += 40) {
    await write('eventing/a.yaml', text.slice(0, end))
    await look(1)
  }
  t.strictSame(snapshots, [])

  await write('eventing/a.yaml', text)
  await look(2)
  t.equal(snapshots.length, 1)
  t.strictSame(filterOf(source), [{ exact: { type: 'second' } }])
})

t.test(
  'a new file that a kustomization names is not judged while it is being written',
  async (t) => {
    const { source, snapshots, write, look } = await open(t, {
      'eventing/kustomization.yaml': 'resources: [a.yaml]\n',
      'eventing/a.yaml': brokerYaml(),
    })
    await look(SETTLED)

    await write('eventing/kustomization.yaml', 'resources: [a.yaml, b.yaml]\n')
    await write('eventing/b.yaml', triggerYaml({ name: 'half' }))
    await look(1)
    await look(1)
    await write(
      'eventing/b.yaml',
      `${triggerYaml({ name: 'half' })}---\n${triggerYaml({ name: 'whole' })}`,
    )
    await look(1)
    t.strictSame(snapshots, [])

    await look(SETTLED)
    t.equal(snapshots.length, 1)
    t.strictSame(keys(source.snapshot()), [
      'Broker default/default',
      'default/half',
      'default/whole',
    ])
  },
)

t.test('content that stays the same makes no new snapshot', async (t) => {
  const { snapshots, write, look } = await open(t, { 'eventing/a.yaml': brokerYaml() })

  await write('eventing/a.yaml', brokerYaml())
  await look(SETTLED)
  await write('eventing/a.yaml', `${brokerYaml()}# a comment\n`)
  await look(SETTLED)
  await write('eventing/notes.txt', 'x')
  await look(SETTLED)

  t.strictSame(snapshots, [])
})

t.test(
  'a file that becomes unreadable keeps what it said, and the reason is told once',
  async (t) => {
    const { source, log, write, look } = await open(t, {
      'eventing/a.yaml': brokerYaml(),
      'eventing/b.yaml': typed('one'),
      'eventing/c.yaml': triggerYaml({ name: 'other' }),
    })

    await write('eventing/b.yaml', 'kind: Trigger\nbroken: ]\n')
    await write('eventing/c.yaml', triggerYaml({ name: 'another' }))
    await look(SETTLED)
    await write('eventing/a.yaml', brokerYaml({ annotations: 'sluice.dev/schemas: warn' }))
    await look(SETTLED)

    t.strictSame(keys(source.snapshot()), [
      'Broker default/default',
      'default/orders',
      'default/another',
    ])
    t.strictSame(filterOf(source), [{ exact: { type: 'one' } }])
    t.equal(source.snapshot().brokers[0]?.schemas, 'warn')
    const told = log.filter((line) => line.includes('b.yaml'))
    t.equal(told.length, 1)
    t.match(told[0], /b\.yaml:2: /)

    await write('eventing/b.yaml', typed('three'))
    await look(SETTLED)
    t.strictSame(filterOf(source), [{ exact: { type: 'three' } }])
  },
)

t.test('a kustomization that is refused keeps what it said', async (t) => {
  const { source, log, write, look } = await open(t, {
    'eventing/kustomization.yaml': 'resources: [a.yaml]\n',
    'eventing/a.yaml': brokerYaml(),
  })

  await write('eventing/kustomization.yaml', 'resources: []\npatches: []\n')
  await look(SETTLED)

  t.strictSame(keys(source.snapshot()), ['Broker default/default'])
  t.match(log.at(-1), /kustomization\.yaml:2: patches is not followed/)
})

t.test(
  'a deleted file takes its resources with it; a deleted folder changes nothing',
  async (t) => {
    const { source, log, path, look } = await open(t, {
      'eventing/a.yaml': brokerYaml(),
      'eventing/b.yaml': typed('one'),
    })

    await unlink(path('eventing/b.yaml'))
    await look(SETTLED)
    t.strictSame(keys(source.snapshot()), ['Broker default/default'])

    await rm(path('eventing'), { recursive: true })
    await look(SETTLED)
    t.strictSame(keys(source.snapshot()), ['Broker default/default'])
    t.match(log.at(-1), /eventing: does not exist/)
  },
)

t.test('a folder that comes back is read again', async (t) => {
  const { source, path, write, look } = await open(t, { 'eventing/a.yaml': brokerYaml() })
  await rm(path('eventing'), { recursive: true })
  await look(SETTLED)

  await write('eventing/a.yaml', brokerYaml({ name: 'second' }))
  await look(SETTLED)

  t.strictSame(keys(source.snapshot()), ['Broker default/second'])
})

t.test('an editor that saves by renaming changes the Trigger, and never removes it', async (t) => {
  const { source, snapshots, write, path, look } = await open(t, {
    'eventing/a.yaml': brokerYaml(),
    'eventing/b.yaml': typed('one'),
  })
  await look(SETTLED)

  await write('eventing/.b.yaml.swp', typed('two'))
  await rename(path('eventing/b.yaml'), path('eventing/b.yaml~'))
  await look(1)
  await rename(path('eventing/.b.yaml.swp'), path('eventing/b.yaml'))
  await look(SETTLED)

  t.equal(snapshots.length, 1)
  t.strictSame(filterOf(source), [{ exact: { type: 'two' } }])
})

t.test('a folder that is exchanged by a symbolic link is taken over whole', async (t) => {
  const { source, snapshots, path, look } = await open(t, {
    'one/a.yaml': brokerYaml(),
    'one/b.yaml': typed('one'),
    'two/a.yaml': brokerYaml({ name: 'second' }),
    'two/b.yaml': typed('two'),
    'eventing/kustomization.yaml': 'resources: [a.yaml]\n',
    'eventing/a.yaml': brokerYaml({ name: 'start' }),
  })
  await rm(path('eventing'), { recursive: true })
  await symlink(path('one'), path('eventing'))
  await look(SETTLED)
  t.strictSame(keys(source.snapshot()), ['Broker default/default', 'default/orders'])

  await symlink(path('two'), path('next'))
  await rename(path('next'), path('eventing'))
  await look(SETTLED)

  t.strictSame(keys(source.snapshot()), ['Broker default/second', 'default/orders'])
  t.equal(snapshots.length, 2)
})

t.test('what is ignored or faulty is told once, and again when it comes back', async (t) => {
  const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: x}\n'
  const { log, write, look } = await open(t, {
    'eventing/a.yaml': brokerYaml(),
    'eventing/b.yaml': service,
    'eventing/c.yaml': triggerYaml({ spec: '  filters: [{any: []}]' }),
  })
  const count = (part: string) => log.filter((line) => line.includes(part)).length
  t.equal(count('Service of v1, "x", is not used here'), 1)
  t.equal(count('A Trigger is not Ready | default/orders | Invalid'), 1)

  await write('eventing/b.yaml', `# moved\n${service}`)
  await look(SETTLED)
  t.equal(count('Service of v1'), 1)
  t.equal(count('A Trigger is not Ready'), 1)

  await write('eventing/c.yaml', triggerYaml())
  await look(SETTLED)
  await write('eventing/c.yaml', triggerYaml({ spec: '  filters: [{any: []}]' }))
  await look(SETTLED)
  t.equal(count('A Trigger is not Ready'), 2)
})

t.test('one name in two files is not Ready, and both files are named', async (t) => {
  const { source, write, look } = await open(t, {
    'eventing/a.yaml': brokerYaml(),
    'eventing/b.yaml': triggerYaml(),
  })

  await write('eventing/c.yaml', triggerYaml())
  await look(SETTLED)

  t.match(source.snapshot().triggers, [
    { readiness: { reason: 'DuplicateName', message: /b\.yaml:1, .*c\.yaml:1/ } },
  ])
})

t.test('a file may be read as two things', async (t) => {
  const folder = t.testdir({
    'kustomization.yaml': 'resources: [kustomization.yaml]\n',
  })
  const file = join(folder, 'kustomization.yaml')

  const source = await openFileTriggerSource({
    eventingDir: folder,
    servicesFile: join(folder, 'none'),
    clock: new FakeClock(),
  })
  await source.close()

  t.strictSame(source.snapshot(), { brokers: [], triggers: [] }, file)
})

t.test('a listener that is taken away hears nothing more; close() stops the looking', async (t) => {
  const folder = t.testdir({ 'a.yaml': brokerYaml() })
  const clock = new FakeClock()
  const source = await openFileTriggerSource({
    eventingDir: folder,
    servicesFile: join(folder, 'none'),
    clock,
  })
  t.equal(clock.pending, 1)
  const heard: Snapshot[] = []
  const stop = source.onChange((snapshot) => heard.push(snapshot))

  stop()
  await source.close()

  t.equal(clock.pending, 0)
  t.strictSame(heard, [])
})

t.test('with the clock on the wall, a change is taken over within a second', async (t) => {
  const folder = t.testdir({ 'a.yaml': brokerYaml(), 'b.yaml': typed('one') })
  const source = await openFileTriggerSource({
    eventingDir: folder,
    servicesFile: join(folder, 'none'),
    clock: systemClock,
  })
  t.teardown(() => source.close())
  const changed = new Promise<Snapshot>((resolve) => source.onChange(resolve))

  const start = performance.now()
  await writeFile(join(folder, 'c.yaml'), triggerYaml({ name: 'new' }))
  const snapshot = await changed

  t.ok(performance.now() - start < 1000, `${performance.now() - start} ms`)
  t.strictSame(keys(snapshot), ['Broker default/default', 'default/orders', 'default/new'])
})
