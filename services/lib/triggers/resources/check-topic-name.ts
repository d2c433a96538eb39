/** In characters, of which each is one byte. */
export const MAX_TOPIC_LENGTH = 249

/**
 * A name that Kafka takes for a topic, as it is.
 *
 * @throws SyntaxError that says what Kafka asks of one.
 */
export function checkTopicName(name: string): string {
  const isName = /^[A-Za-z0-9._-]+$/.test(name) && !/^\.\.?$/.test(name)
  if (isName && name.length <= MAX_TOPIC_LENGTH) return name
  const found = name.length > MAX_TOPIC_LENGTH ? `; it has ${name.length}` : ''
  throw new SyntaxError(
    `must be the name of a topic: letters, digits, ".", "_" and "-", at most ${MAX_TOPIC_LENGTH}${found}`,
  )
}
