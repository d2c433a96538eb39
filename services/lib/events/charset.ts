const CHARSET = /;\s*charset="?([^\s;"]*)/i

/** The `charset` parameter of a media type in lower case; `undefined` where it has none. */
export function charset(mediaType: string): string | undefined {
  return mediaType.includes(';') ? CHARSET.exec(mediaType)?.[1]?.toLowerCase() : undefined
}
