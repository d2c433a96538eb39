/** Where the fields of a record batch stand (Kafka's message format, version 2), in bytes from its start. */
export const BATCH = {
  baseOffset: 0,
  /** Bytes after this field. */
  length: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  /** From here to the end is what the checksum covers. */
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const

/** Bits of a batch's attributes. */
export const ATTRIBUTE = {
  codec: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
} as const
