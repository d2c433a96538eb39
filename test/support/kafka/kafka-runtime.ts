import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from './run-command.ts'
import { withLock } from './with-lock.ts'

/** Java and Apache Kafka's jars on this machine. */
export interface KafkaRuntime {
  /** Of Kafka, for example `4.3.1`. */
  readonly version: string
  /** The java program. */
  readonly java: string
  /** The first arguments of java: light on memory, Kafka's classes, and their archive where there is one. */
  readonly jvm: () => readonly string[]
  /** Where the archive of class data is, which makes Java start faster, or is to be. */
  readonly archive: string
}

const OLDEST_JAVA = 17
const DOWNLOAD_DEADLINE_MS = 300_000
const POM = fileURLToPath(new URL('pom.xml', import.meta.url))
const NODE_MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url))
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'

const LIGHT_JVM = [
  ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', '-Xss512k'],
  ...['-XX:MaxDirectMemorySize=256m', '-Xshare:auto', '-Xlog:cds=off', '-Xlog:cds+dynamic=off'],
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
]

let found: Promise<KafkaRuntime | string> | undefined

/**
 * What is needed to run Kafka: Java 17 or newer (`JAVA_HOME`, else the `PATH`) and the jars of
 * Kafka `KAFKA_VERSION` (4.3.1), which Maven fetches once into `node_modules/.cache/kafka`.
 * @returns one line that says what is missing where there is no Kafka to be had
 */
export function findKafkaRuntime(): Promise<KafkaRuntime | string> {
  found ??= find()
  return found
}

async function find(): Promise<KafkaRuntime | string> {
  const version = process.env['KAFKA_VERSION'] ?? '4.3.1'
  const java = javaProgram()
  const javaVersion = await javaVersionOf(java)
  if (javaVersion < OLDEST_JAVA) {
    return `No Kafka: set KAFKA_BROKERS, or have Java ${OLDEST_JAVA} or newer in JAVA_HOME or the PATH`
  }
  const cache = join(NODE_MODULES, '.cache', 'kafka')
  const jars = join(cache, `${version}-${await digestOf(POM)}`)
  const problem = await fetchJars(jars, version)
  if (problem !== undefined) return problem
  const names = (await readdir(jars)).filter((name) => name.endsWith('.jar')).toSorted()
  const classPath = names.map((name) => join(jars, name)).join(':')
  const archive = join(jars, `classes-java${javaVersion}.jsa`)
  const jvm = () => {
    const shared = existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []
    return [...LIGHT_JVM, ...shared, '-cp', classPath]
  }
  return { version, java, jvm, archive }
}

function javaProgram(): string {
  const home = process.env['JAVA_HOME']
  return home === undefined || home === '' ? 'java' : join(home, 'bin', 'java')
}

/** The first number of Java's version; 0 where there is none. */
async function javaVersionOf(java: string): Promise<number> {
  try {
    const { stderr } = await runCommand(java, ['-version'])
    return Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Another pom brings other jars. */
async function digestOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 8)
}

/** Two test files may need the jars at once: one fetches them, and they appear all together. */
async function fetchJars(jars: string, version: string): Promise<string | undefined> {
  if (existsSync(jars)) return undefined
  await mkdir(dirname(jars), { recursive: true })
  return await withLock(`${jars}.lock`, DOWNLOAD_DEADLINE_MS, async () => {
    if (existsSync(jars)) return undefined
    const unfinished = `${jars}.${process.pid}`
    const problem = await copyDependencies(version, unfinished)
    if (problem === undefined && !existsSync(jars)) await rename(unfinished, jars)
    await rm(unfinished, { recursive: true, force: true })
    return problem
  })
}

async function copyDependencies(version: string, folder: string): Promise<string | undefined> {
  const args = ['-q', '-B', '-ntp', '-f', POM, `-Dkafka.version=${version}`]
  args.push(COPY_DEPENDENCIES, '-DincludeScope=runtime', `-DoutputDirectory=${folder}`)
  try {
    const { code, stdout, stderr } = await runCommand('mvn', args, {
      deadlineMs: DOWNLOAD_DEADLINE_MS,
    })
    if (code === 0) return undefined
    const [why = ''] = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('ERROR'))
    return `No Kafka: Maven could not fetch Kafka ${version}: ${why}`
  } catch {
    return `No Kafka: set KAFKA_BROKERS, or have Maven in the PATH, which fetches Kafka ${version}`
  }
}
