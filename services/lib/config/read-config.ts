import { Ajv, type ErrorObject } from 'ajv'
import type { Static, TObject } from 'typebox'
import { parseDuration } from '#triggers/parse-duration.ts'
import { ConfigError } from './config-error.ts'
import { expectedValue } from './expected-value.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** One variable that cannot be used, and what is expected of it. */
export interface Fault {
  readonly variable: string
  readonly expected: string
}

const MAX_SHOWN = 80

/**
 * Reads a service's settings from environment variables, which keep their names. Each becomes the
 * type that `schema` says, or its default; an empty one counts as absent, one that the schema does
 * not know is ignored. `format: 'duration'` is ISO 8601.
 *
 * @param demands what one variable demands of another; it sees those that are right by themselves
 * @throws ConfigError that names every wrong variable, its value (unless its schema says
 *   `writeOnly`, as secrets do), and what is expected of it
 */
export function readConfig<T extends TObject>(
  schema: T,
  env: Environment,
  demands: (values: Partial<Static<T>>) => readonly Fault[] = () => [],
): Readonly<Static<T>> {
  const names = Object.keys(schema.properties)
  const values: Record<string, unknown> = {}
  for (const name of names) {
    const value = env[name]
    if (value !== undefined && value !== '') values[name] = value
  }
  const ajv = new Ajv({ allErrors: true, coerceTypes: true, useDefaults: true, strict: true })
  ajv.addFormat('duration', isDuration)
  const validate = ajv.compile(schema)
  validate(values)
  const faults = new Map<string, string>()
  for (const error of validate.errors ?? []) {
    const variable = variableOf(error)
    const property = schema.properties[variable]
    if (property === undefined) throw new TypeError(`Cannot explain ${ajv.errorsText([error])}`)
    faults.set(variable, expectedValue(property))
    delete values[variable]
  }
  for (const { variable, expected } of demands(values as Partial<Static<T>>)) {
    if (!faults.has(variable)) faults.set(variable, expected)
  }
  if (faults.size > 0) throw new ConfigError(describe(schema, env, faults))
  return values as Readonly<Static<T>>
}

function variableOf({ instancePath, params }: ErrorObject): string {
  const missing: unknown = params['missingProperty']
  return typeof missing === 'string' ? missing : (instancePath.split('/')[1] ?? '')
}

function describe(schema: TObject, env: Environment, faults: ReadonlyMap<string, string>): string {
  const lines = [...faults].map(([variable, expected]) => {
    const secret = isSecret(schema.properties[variable])
    return `  ${variable} ${given(env[variable], secret)}: expected ${expected}`
  })
  const many =
    faults.size === 1 ? 'One environment variable is' : `${faults.size} environment variables are`
  return `Cannot start: ${many} wrong\n${lines.join('\n')}`
}

function isSecret(schema: object | undefined): boolean {
  return schema !== undefined && 'writeOnly' in schema && schema.writeOnly === true
}

function given(value: string | undefined, secret: boolean): string {
  if (value === undefined || value === '') return 'is not set'
  if (secret) return 'is set (a secret, not shown)'
  return `is ${JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value)}`
}

function isDuration(text: string): boolean {
  try {
    parseDuration(text)
    return true
  } catch {
    return false
  }
}
