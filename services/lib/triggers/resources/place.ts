/** Where in a document: field names and list indexes from its root. */
export type Path = readonly (string | number)[]

export type FaultReason =
  | 'Invalid'
  | 'NotSupported'
  | 'ConfigMapNotFound'
  | 'SecretNotFound'
  | 'SubscriberNotResolved'
  | 'DeadLetterSinkNotResolved'

/** One thing that is wrong with a resource, and where. */
export interface Fault {
  readonly path: Path
  /** What to show of it, where its last names may be a part of a Secret. */
  readonly shownPath?: Path
  readonly reason: FaultReason
  /** What is wrong, and what to write instead. */
  readonly message: string
}

/** A value in a document that is being read; what is wrong with it goes to `faults`. */
export interface Place {
  readonly value: unknown
  readonly path: Path
  /** Shared by all places of one document. */
  readonly faults: Fault[]
}

const NO_FIELDS: ReadonlyMap<string, Place> = new Map()

/** Notes a fault at `place`; `undefined`, so that a reader can return it. */
export function fail(place: Place, message: string, reason: FaultReason = 'Invalid'): undefined {
  place.faults.push({ path: place.path, reason, message })
}

/** The place of `name` inside `place`. */
export function inside(place: Place, name: string | number, value: unknown): Place {
  return { value, path: [...place.path, name], faults: place.faults }
}

/** All fields of an object, whatever their names. An absent place has none; anything but an object is a fault. */
export function entriesOf(place: Place | undefined): ReadonlyMap<string, Place> {
  if (place === undefined) return NO_FIELDS
  const { value } = place
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail(place, `must be an object, not ${kindOf(value)}`)
    return NO_FIELDS
  }
  return new Map(Object.entries(value).map(([name, each]) => [name, inside(place, name, each)]))
}

/**
 * The fields of an object whose field names are `known`; any other is a fault. A field that is
 * `null` counts as absent, as in Kubernetes.
 */
export function fieldsOf(
  place: Place | undefined,
  known: readonly string[],
): ReadonlyMap<string, Place> {
  const fields = new Map<string, Place>()
  for (const [name, field] of entriesOf(place)) {
    if (!known.includes(name)) fail(field, `unknown field; known here: ${known.join(', ')}`)
    else if (field.value !== null) fields.set(name, field)
  }
  return fields
}

/** Whether this is an object without any field. */
export function isEmptyObject({ value }: Place): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** A field that must be there; its absence is a fault of `place`. */
export function required(
  place: Place,
  fields: ReadonlyMap<string, Place>,
  name: string,
): Place | undefined {
  const field = fields.get(name)
  if (field === undefined) fail(inside(place, name, undefined), 'is missing')
  return field
}

/** A string; `undefined` where it is absent or, with a fault, anything else. */
export function stringAt(place: Place | undefined): string | undefined {
  if (place === undefined) return undefined
  if (typeof place.value === 'string') return place.value
  const hint = typeof place.value === 'object' ? '' : `: put it in quotes, "${String(place.value)}"`
  return fail(place, `must be a string, not ${kindOf(place.value)}${hint}`)
}

/** A string of at least one character. */
export function textAt(place: Place | undefined): string | undefined {
  const text = stringAt(place)
  if (place !== undefined && text === '') return fail(place, 'must not be empty')
  return text
}

/** One of `values`; `undefined` where it is absent or, with a fault, anything else. */
export function oneOf<T extends string>(
  place: Place | undefined,
  values: readonly T[],
): T | undefined {
  const text = stringAt(place)
  if (place === undefined || text === undefined) return undefined
  const value = values.find((each) => each === text)
  return value ?? fail(place, `must be one of ${values.join(', ')}, not ${quoted(text)}`)
}

/** What `parse` makes of a string; what it throws becomes the fault. */
export function parsedAt<T>(place: Place | undefined, parse: (text: string) => T): T | undefined {
  const text = stringAt(place)
  if (place === undefined || text === undefined) return undefined
  try {
    return parse(text)
  } catch (error) {
    return fail(place, error instanceof Error ? error.message : String(error))
  }
}

/** An integer from `min` to `max`. */
export function integerAt(place: Place | undefined, min: number, max: number): number | undefined {
  if (place === undefined) return undefined
  const { value } = place
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
    return value
  }
  const found = typeof value === 'number' ? String(value) : kindOf(value)
  return fail(place, `must be a whole number from ${min} to ${max}, not ${found}`)
}

/** A string with a whole number from 1 to `max`, which has nine digits at most. */
export function countAt(place: Place | undefined, max: number): number | undefined {
  return parsedAt(place, (text) => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
    if (count >= 1 && count <= max) return count
    throw new RangeError(`must be a whole number from 1 to ${max}, not ${quoted(text)}`)
  })
}

/** The elements of a list. */
export function elementsOf(place: Place | undefined): readonly Place[] {
  if (place === undefined) return []
  const { value } = place
  if (Array.isArray(value)) return value.map((each, index) => inside(place, index, each))
  fail(place, `must be a list, not ${kindOf(value)}`)
  return []
}

/** A text in quotes, cut where it is long, for a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

/** What a value is, for a message. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
