/** Where events are kept: in this process, or in Kafka. It decides what a Broker must say. */
export type Profile = 'embedded' | 'kafka'
