import { KafkaError } from '../kafka-error.ts'

/** The records of a batch would grow beyond `maxBytes`, in words that follow "it cannot be read:". */
export function tooLarge(maxBytes: number): KafkaError {
  const mebibytes = maxBytes / 1024 / 1024
  return new KafkaError(
    'MESSAGE_TOO_LARGE',
    `its records have more than ${mebibytes} MiB when decompressed`,
  )
}
