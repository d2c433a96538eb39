/** A schema's URI for comparing: without the empty fragment that draft-07 likes to write. */
export function schemaId(uri: string): string {
  return uri.endsWith('#') ? uri.slice(0, -1) : uri
}
