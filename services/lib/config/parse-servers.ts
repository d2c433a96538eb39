/** `KAFKA_BROKERS` as a list of `host:port`; `undefined` where it is not set. */
export function parseServers(text: string | undefined): readonly string[] | undefined {
  return text?.split(',').map((server) => server.trim())
}
