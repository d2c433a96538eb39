import type { BrokerParts, TriggerParts } from './conformance-case.ts'

/** A Kubernetes object. */
export interface Resource {
  readonly apiVersion: string
  readonly kind: 'Broker' | 'Trigger' | 'ConfigMap'
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: Readonly<Record<string, unknown>>
  readonly data?: Readonly<Record<string, string>>
}

export interface TriggerPlace {
  readonly namespace: string
  readonly broker: string
  /** Begins the name of every Trigger of the case. */
  readonly token: string
}

const API = 'eventing.knative.dev/v1'

/** `config` is the `spec.config` that every Broker of the run gets, where it needs one. */
export function brokerResource(
  namespace: string,
  name: string,
  { annotations, delivery }: BrokerParts,
  config: Readonly<Record<string, string>> | undefined,
): Resource {
  return {
    apiVersion: API,
    kind: 'Broker',
    metadata: { name, namespace, ...(annotations && { annotations }) },
    spec: { ...(config && { config }), ...(delivery && { delivery }) },
  }
}

export function triggerResource(
  { namespace, broker, token }: TriggerPlace,
  name: string,
  { annotations, spec }: TriggerParts,
): Resource {
  return {
    apiVersion: API,
    kind: 'Trigger',
    metadata: { name: triggerName(token, name), namespace, ...(annotations && { annotations }) },
    spec: { broker, subscriber: { uri: `{url:${name}}` }, ...spec },
  }
}

export function triggerName(token: string, name: string): string {
  return `${token}-${name}`
}

/** One YAML document each, in the part of YAML that is JSON. */
export function yamlOf(resources: readonly Resource[]): string {
  return resources.map((each) => `${JSON.stringify(each, undefined, 1)}\n`).join('---\n')
}
