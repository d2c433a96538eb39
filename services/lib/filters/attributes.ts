import { stringAttribute } from '#events/string-attribute.ts'
import type { AttributeValues, Filter } from './filter.ts'

/**
 * Passes an event that has every named attribute with exactly the given value, case-sensitive; an
 * empty value asks only that the attribute is there, with any value (Knative Eventing control
 * plane, Trigger `filter.attributes`).
 */
export function attributes(values: AttributeValues): Filter {
  const wanted = Object.entries(values)
  return (event) => {
    for (const [name, value] of wanted) {
      if (value === '') {
        if (!event.attributes.has(name)) return false
      } else if (stringAttribute(event, name) !== value) {
        return false
      }
    }
    return true
  }
}
