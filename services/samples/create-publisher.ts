import { CloudEvent } from 'cloudevents'
import { Agent, request } from 'undici'
import { PublishFailure } from './publish-failure.ts'
import { type WrittenEvent, writeEvent } from './write-event.ts'

/** Where the events go and what is added to them: Knative's SinkBinding hands both over. */
export interface Sink {
  /** `K_SINK` */
  readonly url: string
  /** Extensions that each event gets: `K_CE_OVERRIDES`. */
  readonly extensions: Readonly<Record<string, string>>
}

/** What an event is about. Its id, time and format are the publisher's business. */
export interface Fact {
  readonly type: string
  readonly source: string
  readonly subject: string
  /** A JSON object. */
  readonly data: object
}

/** A way to publish, and its connections. */
export interface Publisher {
  /**
   * Resolves once the sink has accepted the event.
   * @throws PublishFailure when it has not, or nobody knows whether it has.
   */
  publish(fact: Fact): Promise<void>
  close(): Promise<void>
}

const SCHEMAS = 'https://sluice.dev/schemas'

/** Publishes facts as CloudEvents in binary content mode, made by the SDK, each once and within `timeoutMs`. */
export function createPublisher(sink: Sink, timeoutMs = 5000): Publisher {
  const agent = new Agent({ connections: 16 })
  return {
    async publish(fact) {
      const event = new CloudEvent<object>({
        ...fact,
        datacontenttype: 'application/json',
        dataschema: `${SCHEMAS}/${fact.type}/1.json`,
        ...sink.extensions,
      })
      const { headers, body } = writeEvent(event)
      const status = await send(agent, sink.url, { headers, body, timeoutMs })
      if (status < 200 || status > 299) {
        throw new PublishFailure(`the sink answered ${status}`, status)
      }
    },
    close: () => agent.close(),
  }
}

/** The SDK's own httpTransport knows no timeout and keeps the status code to itself. */
async function send(
  dispatcher: Agent,
  url: string,
  { headers, body, timeoutMs }: WrittenEvent & { readonly timeoutMs: number },
): Promise<number> {
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await request(url, { method: 'POST', headers, body, dispatcher, signal })
    await response.body.dump({ limit: 64 * 1024, signal })
    return response.statusCode
  } catch (error) {
    throw new PublishFailure('the sink cannot be reached', undefined, { cause: error })
  }
}
