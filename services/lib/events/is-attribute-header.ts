/** Whether an HTTP header belongs to an event in binary content mode: `ce-` in any case. */
export function isAttributeHeader(header: string): boolean {
  return (
    header.charCodeAt(2) === 0x2d &&
    (header.charCodeAt(0) | 0x20) === 0x63 &&
    (header.charCodeAt(1) | 0x20) === 0x65
  )
}
