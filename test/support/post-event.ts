/** What an event is posted with; attributes become `ce-*` headers, percent-encoded where they must be. */
export interface PostOptions {
  readonly attributes?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** `<namespace>/<name>`; `default/default` */
  readonly broker?: string
}

let lastId = 0

/** Posts an event in binary content mode to a Broker's ingress, with an id of its own. */
export async function postEvent(url: string, options: PostOptions = {}): Promise<Response> {
  const attributes = {
    specversion: '1.0',
    id: `post-${process.pid}-${++lastId}`,
    source: '/test',
    type: 'test.event',
    ...options.attributes,
  }
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  for (const [name, value] of Object.entries(attributes)) headers[`ce-${name}`] = value
  return fetch(`${url}/${options.broker ?? 'default/default'}`, {
    method: 'POST',
    headers: { ...headers, ...options.headers },
    body: options.body ?? '{"a":1}',
  })
}
