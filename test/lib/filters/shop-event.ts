import type { AttributeValue, CloudEvent } from '#events/event.ts'

/** An event whose attributes are Strings, Integers and Booleans; no `subject`, no data. */
export const shopEvent: CloudEvent = {
  attributes: new Map<string, AttributeValue>([
    ['specversion', '1.0'],
    ['id', '42'],
    ['source', '/shop/berlin'],
    ['type', 'com.example.order.created'],
    ['time', '2025-01-01T10:00:00.500+01:00'],
    ['count', 7],
    ['negative', -1],
    ['sampled', true],
    ['blank', ''],
    ['constructor', 'mine'],
  ]),
  data: undefined,
}
