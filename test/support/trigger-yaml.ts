/** A Trigger in YAML to start from; each of `parts` replaces the one of the same name. */
export function triggerYaml(
  parts: {
    name?: string
    broker?: string
    annotations?: string
    spec?: string
    subscriber?: string
  } = {},
): string {
  const {
    name = 'orders',
    broker = 'default',
    annotations,
    spec = '',
    subscriber = '{uri: "http://127.0.0.1:1/"}',
  } = parts
  return `apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: ${name}
${annotations === undefined ? '' : `  annotations: {${annotations}}\n`}spec:
  broker: ${broker}
  subscriber: ${subscriber}
${spec}
`
}

/** A Broker in YAML to start from. */
export function brokerYaml(
  parts: { name?: string; annotations?: string; spec?: string } = {},
): string {
  const { name = 'default', annotations, spec } = parts
  return `apiVersion: eventing.knative.dev/v1
kind: Broker
metadata:
  name: ${name}
${annotations === undefined ? '' : `  annotations: {${annotations}}\n`}${spec === undefined ? '' : `spec:\n${spec}\n`}`
}
