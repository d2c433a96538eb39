import { stringAttribute } from '#events/string-attribute.ts'
import type { AttributeValues, Filter } from './filter.ts'

/**
 * Passes an event that has every named attribute with a value that begins with the given text:
 * case-sensitive, on the attribute's canonical string (CloudEvents Subscriptions 1.0, `prefix`
 * dialect). An event without the attribute does not pass.
 */
export function prefix(values: AttributeValues): Filter {
  const wanted = Object.entries(values)
  return (event) => {
    for (const [name, text] of wanted) {
      const value = stringAttribute(event, name)
      if (value === undefined || !value.startsWith(text)) return false
    }
    return true
  }
}
