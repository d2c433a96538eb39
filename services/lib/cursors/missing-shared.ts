/** The error for a partition's first save without the shared cursor that all the others refer to. */
export function missingShared(broker: string, partition: number): TypeError {
  return new TypeError(
    `Cannot save the cursors of ${broker} partition ${partition}: the first save must carry "shared"`,
  )
}
