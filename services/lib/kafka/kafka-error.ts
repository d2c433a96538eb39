/** What a Kafka broker answered, or why it did not. */
export class KafkaError extends Error {
  /** Kafka's own name for it, such as `NOT_LEADER_OR_FOLLOWER`; `CONNECTION` when there was no answer. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'KafkaError'
    this.code = code
  }
}
