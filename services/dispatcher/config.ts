import Type, { type Static } from 'typebox'
import { checkSettings } from '#config/check-settings.ts'
import { onlyKafka } from '#config/only-kafka.ts'
import { type Environment, readConfig } from '#config/read-config.ts'
import { settings } from '#config/settings.ts'

const { DATA_DIR, SAMPLES, HOST, PORT, MAX_BATCH_EVENTS, ...used } = settings

/** The environment of a dispatcher process. */
export const dispatcherSchema = Type.Object({ ...used, PROFILE: onlyKafka })

export type DispatcherConfig = Readonly<Static<typeof dispatcherSchema>>

/** @throws ConfigError that names every wrong variable */
export function readDispatcherConfig(env: Environment): DispatcherConfig {
  return readConfig(dispatcherSchema, env, checkSettings)
}
