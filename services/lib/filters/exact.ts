import { stringAttribute } from '#events/string-attribute.ts'
import type { AttributeValues, Filter } from './filter.ts'

/**
 * Passes an event that has every named attribute with exactly the given value: case-sensitive, the
 * attribute's canonical string compared (CloudEvents Subscriptions 1.0, `exact` dialect).
 */
export function exact(values: AttributeValues): Filter {
  const wanted = Object.entries(values)
  const [first] = wanted
  if (first !== undefined && wanted.length === 1) {
    const [name, value] = first
    return (event) => stringAttribute(event, name) === value
  }
  return (event) => {
    for (const [name, value] of wanted) {
      if (stringAttribute(event, name) !== value) return false
    }
    return true
  }
}
