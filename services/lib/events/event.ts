/**
 * A context attribute's value. Binary content mode knows only strings; structured mode keeps
 * Boolean and Integer apart, so that what came in as `true` leaves as `true`
 * (CloudEvents 1.0.2, Type System).
 */
export type AttributeValue = string | number | boolean

/** Attribute names and values in the order they arrived. A Map, because `constructor` is a legal name. */
export type Attributes = ReadonlyMap<string, AttributeValue>

/**
 * An event as it travels through Sluice: its context attributes, and its data as the very bytes
 * that will be delivered.
 *
 * `data` is `undefined` where the event has none; a JSON `null` is the four bytes `null`. For an
 * event of JSON format without `datacontenttype`, the attribute is set to the implied
 * `application/json` when the event is read (JSON format 1.0.2, section 3.1).
 */
export interface CloudEvent {
  readonly attributes: Attributes
  readonly data: Uint8Array | undefined
}
