import { missingFunctions } from '#filters/cesql/missing-functions.ts'
import { parseExpression } from '#filters/cesql/parse-expression.ts'
import { describeRefusal } from '#filters/cesql/refusal.ts'
import type { AttributeValues, FilterSpec } from '#filters/filter.ts'
import {
  elementsOf,
  entriesOf,
  fail,
  fieldsOf,
  inside,
  isEmptyObject,
  type Place,
  stringAt,
  textAt,
} from './place.ts'

const DIALECTS = ['exact', 'prefix', 'suffix', 'all', 'any', 'not', 'cesql']

/** What Knative's webhook takes for an attribute's name in a filter. */
const ATTRIBUTE_NAME = /^[a-z][a-z0-9]*$/

/** `{}` as a filter, which passes everything. */
const EVERYTHING: FilterSpec = { attributes: {} }

/**
 * The filters of a Trigger: `filters` if it has at least one element, else `filter.attributes`
 * (Knative Eventing control plane, Trigger). Both are checked, also the one that does not count.
 */
export function readFilters(
  filters: Place | undefined,
  filter: Place | undefined,
): readonly FilterSpec[] {
  const older = readAttributes(fieldsOf(filter, ['attributes']).get('attributes'))
  const newer = elementsOf(filters).map(readFilter)
  if (newer.length > 0) return newer
  return Object.keys(older).length > 0 ? [{ attributes: older }] : []
}

function readFilter(place: Place): FilterSpec {
  const fields = fieldsOf(place, DIALECTS)
  if (fields.size > 1) {
    fail(place, `must have one dialect, not ${fields.size}: nest them in "all"`)
  }
  for (const [dialect, each] of fields) {
    if (dialect === 'exact') return { exact: readValues(each) }
    if (dialect === 'prefix') return { prefix: readValues(each) }
    if (dialect === 'suffix') return { suffix: readValues(each) }
    if (dialect === 'all') return { all: readNested(each) }
    if (dialect === 'any') return { any: readNested(each) }
    if (dialect === 'not') return { not: readNegated(each) }
    if (dialect === 'cesql') return readExpression(each)
  }
  return EVERYTHING
}

/** A call of a function that is not there is a fault at once, rather than an error of each event. */
function readExpression(place: Place): FilterSpec {
  const text = textAt(place)
  if (text === undefined) return EVERYTHING
  const parsed = parseExpression(text)
  if (parsed.kind === 'refused') {
    fail(place, `is no CESQL expression: ${describeRefusal(parsed.refusal)}`)
  } else {
    for (const missing of missingFunctions(parsed.root)) {
      fail(place, `calls a function that does not exist: ${missing}`)
    }
  }
  return { cesql: text }
}

function readNested(place: Place): readonly FilterSpec[] {
  const elements = elementsOf(place)
  if (Array.isArray(place.value) && elements.length === 0) {
    fail(place, 'must have at least one filter')
  }
  return elements.map(readFilter)
}

function readNegated(place: Place): FilterSpec {
  if (isEmptyObject(place)) fail(place, 'must have a filter to negate')
  return readFilter(place)
}

/** For `exact`, `prefix` and `suffix`: at least one attribute, and no empty value. */
function readValues(place: Place): AttributeValues {
  const values = readAttributes(place)
  if (isEmptyObject(place)) fail(place, 'must name at least one attribute')
  for (const [name, value] of Object.entries(values)) {
    if (value === '') fail(inside(place, name, value), 'must not be empty')
  }
  return values
}

function readAttributes(place: Place | undefined): AttributeValues {
  const values: [string, string][] = []
  for (const [name, each] of entriesOf(place)) {
    if (!ATTRIBUTE_NAME.test(name)) {
      fail(each, 'is no attribute name: lower case letters and digits, beginning with a letter')
    }
    const value = stringAt(each)
    if (value !== undefined) values.push([name, value])
  }
  return Object.fromEntries(values)
}
