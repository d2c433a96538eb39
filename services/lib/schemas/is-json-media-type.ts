/**
 * Whether a `datacontenttype` promises JSON: its subtype is `json` or ends in `+json`, whatever
 * its case and parameters (CloudEvents JSON format 1.0.2, section 3.1).
 */
export function isJsonMediaType(mediaType: string): boolean {
  if (mediaType === 'application/json') return true
  const semicolon = mediaType.indexOf(';')
  const essence = (semicolon < 0 ? mediaType : mediaType.slice(0, semicolon)).trim().toLowerCase()
  return essence.endsWith('/json') || (essence.endsWith('+json') && essence.includes('/'))
}
