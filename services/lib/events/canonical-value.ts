import type { AttributeValue } from './event.ts'

/** The canonical string of an attribute value (CloudEvents 1.0.2, Type System). */
export function canonicalValue(value: AttributeValue): string {
  return typeof value === 'string' ? value : String(value)
}
