import Type, { type Static } from 'typebox'
import { checkSettings } from '#config/check-settings.ts'
import { onlyKafka } from '#config/only-kafka.ts'
import { type Environment, readConfig } from '#config/read-config.ts'
import { settings } from '#config/settings.ts'

const { DATA_DIR, SAMPLES, ...used } = settings

/** The environment of a gateway process. */
export const gatewaySchema = Type.Object({ ...used, PROFILE: onlyKafka })

export type GatewayConfig = Readonly<Static<typeof gatewaySchema>>

/** @throws ConfigError that names every wrong variable */
export function readGatewayConfig(env: Environment): GatewayConfig {
  return readConfig(gatewaySchema, env, checkSettings)
}
