import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { KafkaRuntime } from './kafka-runtime.ts'
import { runCommand } from './run-command.ts'

const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg'
const CHECKPOINT = 'bootstrap.checkpoint'

export interface DataToFormat {
  /** Of the node. */
  readonly id: number
  /** The data folder. */
  readonly folder: string
  /** The node's server.properties. */
  readonly properties: string
  /** More arguments for Kafka's StorageTool. */
  readonly args: readonly string[]
}

/**
 * Makes a data folder that a node can start with; one that has data is left as it is. A folder
 * without arguments of its own differs from the next one in ids only: Kafka's tool, half a second
 * of Java, writes the first, and the others are copies.
 */
export async function formatData(runtime: KafkaRuntime, data: DataToFormat): Promise<void> {
  const { id, folder, args } = data
  if (existsSync(join(folder, 'meta.properties'))) return
  const known = join(dirname(runtime.archive), CHECKPOINT)
  if (args.length > 0 || !existsSync(known)) {
    await runStorageTool(runtime, data)
    if (args.length === 0) await publish(join(folder, CHECKPOINT), known)
    return
  }
  await mkdir(folder, { recursive: true })
  await copyFile(known, join(folder, CHECKPOINT))
  const directory = randomBytes(16).toString('base64url')
  const lines = [`node.id=${id}`, `directory.id=${directory}`, 'version=1']
  await writeFile(
    join(folder, 'meta.properties'),
    [...lines, `cluster.id=${CLUSTER_ID}`].join('\n'),
  )
}

async function runStorageTool(
  { java, jvm }: KafkaRuntime,
  { properties, args }: DataToFormat,
): Promise<void> {
  const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties]
  const { code, stdout, stderr } = await runCommand(java, [...jvm(), ...format, ...args])
  if (code !== 0) throw new Error(`Kafka's StorageTool failed: ${stdout}${stderr}`)
}

/** Others see all of it or nothing. */
async function publish(from: string, to: string): Promise<void> {
  const unfinished = `${to}.${process.pid}`
  await copyFile(from, unfinished)
  await rename(unfinished, to)
}
