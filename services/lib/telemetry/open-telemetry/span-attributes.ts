import type { Attributes } from '@opentelemetry/api'
import type { CloudEvent } from '#events/event.ts'
import { stringAttribute } from '#events/string-attribute.ts'

/** CloudEvents attributes with their names in the semantic conventions. */
const CLOUD_EVENT = [
  ['id', 'cloudevents.event_id'],
  ['source', 'cloudevents.event_source'],
  ['type', 'cloudevents.event_type'],
  ['specversion', 'cloudevents.event_spec_version'],
  ['subject', 'cloudevents.event_subject'],
] as const

/** What the semantic conventions (messaging, CloudEvents) want to know of a publish to `broker`. */
export function ingressAttributes(event: CloudEvent, broker: string): Attributes {
  return { ...sendAttributes(event), 'messaging.destination.name': broker }
}

/**
 * The same of one delivery attempt for `trigger`. Of the destination's URL only host and port: the
 * rest may hold credentials.
 */
export function deliveryAttributes(
  event: CloudEvent,
  trigger: string,
  destination: string,
): Attributes {
  const url = URL.parse(destination)
  return {
    ...sendAttributes(event),
    'messaging.destination.name': trigger,
    ...(url === null ? {} : { 'server.address': url.hostname, 'server.port': portOf(url) }),
  }
}

function sendAttributes(event: CloudEvent): Attributes {
  const attributes: Attributes = {
    'messaging.system': 'knative',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
  }
  for (const [name, key] of CLOUD_EVENT) {
    const value = stringAttribute(event, name)
    if (value !== undefined) attributes[key] = value
  }
  const id = attributes['cloudevents.event_id']
  if (id !== undefined) attributes['messaging.message.id'] = id
  return attributes
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port)
  return protocol === 'https:' ? 443 : 80
}
