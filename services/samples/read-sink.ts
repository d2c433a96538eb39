import type { Sink } from './create-publisher.ts'

/**
 * The sink from Knative's SinkBinding variables.
 * @throws Error that names the variable that is missing or wrong.
 */
export function readSink(env: Readonly<Record<string, string | undefined>>): Sink {
  const { K_SINK: url = '', K_CE_OVERRIDES: overrides } = env
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new Error(`K_SINK must be the http(s) URL that events are sent to, not "${url}"`)
  }
  return { url, extensions: overrides ? readExtensions(overrides) : {} }
}

function readExtensions(text: string): Record<string, string> {
  const wrong = 'K_CE_OVERRIDES must be {"extensions": {"name": "value"}}, names of a-z and 0-9'
  let overrides: unknown
  try {
    overrides = JSON.parse(text)
  } catch (error) {
    throw new Error(wrong, { cause: error })
  }
  if (!isObject(overrides)) throw new Error(wrong)
  const { extensions = {} } = overrides
  if (!isObject(extensions)) throw new Error(wrong)
  const entries = Object.entries(extensions).map(([name, value]) => {
    if (!/^[a-z0-9]+$/.test(name) || typeof value !== 'string') throw new Error(wrong)
    return [name, value] as const
  })
  return Object.fromEntries(entries)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
