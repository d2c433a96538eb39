import { randomBytes } from 'node:crypto'
import type { KafkaHeader, KafkaRecord } from '#kafka/records/kafka-record.ts'

/** Who wrote a record: one owner's life with a partition, from a load on. */
export interface Life {
  /** Random: no two lives have the same. */
  readonly writer: string
  /** Where the cursor partition ended when it was loaded: this life knew what stands below. */
  readonly epoch: number
}

const NAME = 'sluice-life'
const VERSION = '1'

export function beginLife(epoch: number): Life {
  return { writer: randomBytes(9).toString('base64url'), epoch }
}

export function lifeHeader({ writer, epoch }: Life, save: number): KafkaHeader {
  return [NAME, `${VERSION} ${epoch} ${writer} ${save}`]
}

/**
 * Who wrote a record of the cursor topic, and with the how manieth save: batches may come late.
 * @throws Error when it was not written by this version of Sluice or one before.
 */
export function lifeOf({ headers, offset }: KafkaRecord): Life & { readonly save: number } {
  const text = headers.find(([name]) => name === NAME)?.[1]?.toString('latin1') ?? ''
  const [version, epoch, writer, save] = text.split(' ')
  if (version === VERSION && writer) return { writer, epoch: Number(epoch), save: Number(save) }
  throw new Error(
    `The record at offset ${offset} is not understood: ${text === '' ? 'Sluice did not write it' : 'a newer Sluice wrote it'}`,
  )
}
