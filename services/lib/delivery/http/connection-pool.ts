import { buildConnector } from 'undici'
import { Connection } from './connection.ts'

interface Origin {
  /** The one used last is on top, so that what is not needed falls idle and closes. */
  readonly idle: Connection[]
  open: number
}

/**
 * Keeps connections alive between exchanges, per origin. There is no limit of its own: there are
 * as many connections as exchanges at a time, and an idle one closes after four seconds, or when
 * the server's `Keep-Alive` says.
 */
export class ConnectionPool {
  readonly #connect = buildConnector({ timeout: 0 })
  readonly #origins = new Map<string, Origin>()

  /** An idle connection, or a new one. It is the caller's until it is released or destroyed. */
  take(origin: string): Connection {
    let entry = this.#origins.get(origin)
    if (entry === undefined) {
      entry = { idle: [], open: 0 }
      this.#origins.set(origin, entry)
    }
    const connection = entry.idle.pop() ?? this.#open(origin, entry)
    connection.idle = false
    return connection
  }

  /** Gives a connection back whose exchange ended well. */
  release(origin: string, connection: Connection): void {
    connection.idle = true
    this.#origins.get(origin)?.idle.push(connection)
  }

  /** Closes all idle connections. */
  closeIdle(): void {
    for (const { idle } of this.#origins.values()) for (const one of [...idle]) one.destroy()
  }

  #open(origin: string, entry: Origin): Connection {
    entry.open += 1
    return new Connection(origin, this.#connect, (closed) => {
      entry.open -= 1
      const at = entry.idle.indexOf(closed)
      if (at >= 0) entry.idle.splice(at, 1)
      if (entry.open === 0) this.#origins.delete(origin)
    })
  }
}
