import type { KafkaSecurity, KafkaSettings } from '#kafka/kafka-settings.ts'
import type { Readiness } from '../trigger.ts'
import type { Drafts } from './by-key.ts'
import { DEFAULT_KAFKA_SETTINGS } from './default-kafka-settings.ts'
import { describeDuplicate } from './describe-duplicate.ts'
import { describeFaults } from './describe-faults.ts'
import { type Fault, fail, type Place, quoted } from './place.ts'
import type { BrokerDraft } from './read-broker.ts'
import type { ConfigMapDraft } from './read-config-map.ts'
import { type KafkaConfig, readKafkaConfig } from './read-kafka-config.ts'
import { readKafkaSecurity } from './read-kafka-security.ts'
import type { SecretDraft } from './read-secret.ts'

/** What a Broker's Kafka settings may be in, by `<namespace>/<name>`. */
export interface KafkaResources {
  readonly configMaps: ReadonlyMap<string, Drafts<ConfigMapDraft>>
  readonly secrets: ReadonlyMap<string, Drafts<SecretDraft>>
}

type NotReady = Readiness & { readonly ready: false }

/**
 * What a Broker says about Kafka by its annotations, its ConfigMap and the Secret of that one,
 * which is in the ConfigMap's namespace. Without a ConfigMap the defaults count.
 *
 * @returns what is wrong with the ConfigMap or the Secret as `fault`, and then the defaults. A
 *   ConfigMap that is not there is a fault of the Broker's own document.
 */
export function resolveKafka(
  { config, annotations }: BrokerDraft,
  known: KafkaResources,
): { readonly settings: KafkaSettings; readonly fault: NotReady | undefined } {
  const { externalTopic } = annotations
  const defaults = { ...DEFAULT_KAFKA_SETTINGS, externalTopic }
  const drafts = config && find('ConfigMap', config.key, known.configMaps, config.place)
  if (drafts === undefined) return { settings: defaults, fault: undefined }
  const [configMap] = drafts
  const faults: Fault[] = []
  const { settings, secretName } = readKafkaConfig(configMap.data, faults)
  const login = resolveSecret(configMap, secretName, known)
  const fault =
    describeDuplicate(drafts) ??
    describeFaults(configMap) ??
    describeFaults({ document: configMap.document, faults }) ??
    login.fault
  if (fault !== undefined) return { settings: defaults, fault }
  return { settings: { ...settings, externalTopic, security: login.security }, fault }
}

function resolveSecret(
  { metadata }: ConfigMapDraft,
  name: KafkaConfig['secretName'],
  { secrets }: KafkaResources,
): { readonly security: KafkaSecurity | undefined; readonly fault: NotReady | undefined } {
  const drafts = name && find('Secret', `${metadata.namespace}/${name.value}`, secrets, name)
  if (drafts === undefined) return { security: undefined, fault: undefined }
  const [secret] = drafts
  const faults: Fault[] = []
  const security = readKafkaSecurity(secret, faults)
  const fault =
    describeDuplicate(drafts) ??
    describeFaults(secret) ??
    describeFaults({ document: secret.document, faults })
  return { security, fault }
}

/** Notes a fault at `place`, which names it, where there is none of this name. */
function find<T>(
  kind: 'ConfigMap' | 'Secret',
  key: string,
  known: ReadonlyMap<string, T>,
  place: Place,
): T | undefined {
  const found = known.get(key)
  if (found !== undefined) return found
  const name = key.slice(key.indexOf('/'))
  const near = [...known.keys()].find((each) => each.endsWith(name))
  const hint = near === undefined ? 'add it to EVENTING_DIR' : `there is a ${kind} ${quoted(near)}`
  return fail(
    place,
    `names the ${kind} ${quoted(key)}, which is not there: ${hint}, or correct this`,
    `${kind}NotFound`,
  )
}
