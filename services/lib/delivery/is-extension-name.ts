import { isAttributeName } from '#events/is-attribute-name.ts'

/** Names with a meaning of their own, in any version of CloudEvents. */
const RESERVED = new Set([
  'data',
  'datacontentencoding',
  'datacontenttype',
  'dataschema',
  'id',
  'schemaurl',
  'source',
  'specversion',
  'subject',
  'time',
  'type',
])

/** Whether an event may have an extension attribute of this name (CloudEvents 1.0.2, Attribute Naming Convention). */
export function isExtensionName(name: string): boolean {
  return isAttributeName(name) && !RESERVED.has(name)
}
