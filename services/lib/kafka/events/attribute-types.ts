import type { Attributes, AttributeValue } from '#events/event.ts'

/** Attributes that are strings in every event (CloudEvents 1.0.2 and 0.3, Context Attributes). */
const STRINGS = ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype']
const STRINGS_10 = new Set([...STRINGS, 'dataschema'])
const STRINGS_03 = new Set([...STRINGS, 'schemaurl', 'datacontentencoding'])

const INTEGER = /^(?:0|-?[1-9]\d{0,9})$/

/**
 * Which attributes are no strings, as a header tells it, since the headers themselves are text:
 * `<name>=<integer|boolean>` with commas between them. Empty where all are strings.
 */
export function writeTypes(attributes: Attributes): string {
  let types = ''
  for (const [name, value] of attributes) {
    if (typeof value === 'string') continue
    const type = typeof value === 'number' ? 'integer' : 'boolean'
    types += types === '' ? `${name}=${type}` : `,${name}=${type}`
  }
  return types
}

/** Gives attributes that were read as text the types that {@link writeTypes} told, where they have their form. */
export function readTypes(types: string, attributes: Map<string, AttributeValue>): void {
  const strings = attributes.get('specversion') === '0.3' ? STRINGS_03 : STRINGS_10
  for (const pair of types.split(',')) {
    const [name = '', type] = pair.split('=', 2)
    const text = attributes.get(name)
    if (typeof text !== 'string' || strings.has(name)) continue
    const value = type === 'integer' ? readInteger(text) : readBoolean(text)
    if (value !== undefined) attributes.set(name, value)
  }
}

function readInteger(text: string): number | undefined {
  const value = INTEGER.test(text) ? Number(text) : undefined
  return value === undefined || value !== (value | 0) ? undefined : value
}

function readBoolean(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined
}
