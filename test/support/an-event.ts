import type { CloudEvent } from '#events/event.ts'

/**
 * A valid event for a test to start from: `id` 1, `source` /test, `type` test.event.
 * `overrides` add or replace attributes; data without a `datacontenttype` gets `application/json`.
 */
export function anEvent(
  overrides: Partial<Record<string, string>> = {},
  data?: string | Uint8Array,
): CloudEvent {
  const attributes = new Map([
    ['specversion', '1.0'],
    ['id', '1'],
    ['source', '/test'],
    ['type', 'test.event'],
  ])
  if (data !== undefined) attributes.set('datacontenttype', 'application/json')
  for (const [name, value] of Object.entries(overrides)) {
    if (value === undefined) attributes.delete(name)
    else attributes.set(name, value)
  }
  return { attributes, data: typeof data === 'string' ? Buffer.from(data) : data }
}
