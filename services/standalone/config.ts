import Type, { type Static } from 'typebox'
import { checkSettings } from '#config/check-settings.ts'
import { type Environment, readConfig } from '#config/read-config.ts'
import { settings } from '#config/settings.ts'

/** The environment of `npm start`: all there is. */
export const standaloneSchema = Type.Object(settings)

export type StandaloneConfig = Readonly<Static<typeof standaloneSchema>>

/** @throws ConfigError that names every wrong variable */
export function readStandaloneConfig(env: Environment): StandaloneConfig {
  return readConfig(standaloneSchema, env, checkSettings)
}
