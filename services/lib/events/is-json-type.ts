/**
 * Whether data of this `datacontenttype` is JSON: the subtype is `json` or ends with `+json`, in
 * any case and with any parameters (JSON format 1.0.2, section 3.1).
 */
export function isJsonType(mediaType: string): boolean {
  if (mediaType === 'application/json') return true
  const semicolon = mediaType.indexOf(';')
  const type = (semicolon < 0 ? mediaType : mediaType.slice(0, semicolon)).trimEnd().toLowerCase()
  return type.endsWith('/json') || (type.endsWith('+json') && type.includes('/'))
}
