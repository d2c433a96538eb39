import type { Clock } from '#time/clock.ts'
import { Connection, type TlsStart } from './connection.ts'
import { type Deadline, Deadlines, type Expiring } from './deadlines.ts'
import type { Destination } from './parse-destination.ts'
import { TrustedAuthorities } from './trusted-authorities.ts'

interface Peer {
  /** The one used last is on top, so that what is not needed falls idle and closes. */
  readonly idle: Idle[]
  open: number
  session: Buffer | undefined
}

/**
 * Keeps connections alive between exchanges, per origin and per who may vouch for it. There is no
 * limit of its own: there are as many connections as exchanges at a time, and an idle one closes
 * after four seconds, or when the server's `Keep-Alive` says.
 */
export class ConnectionPool {
  readonly #deadlines: Deadlines
  readonly #authorities = new TrustedAuthorities()
  readonly #peers = new Map<string, Peer>()

  constructor(clock: Clock) {
    this.#deadlines = new Deadlines(clock)
  }

  /** An idle connection, or a new one. It is the caller's until it is released or destroyed. */
  take(destination: Destination): Connection {
    let entry = this.#peers.get(destination.peer)
    if (entry === undefined) {
      entry = { idle: [], open: 0, session: undefined }
      this.#peers.set(destination.peer, entry)
    }
    return entry.idle.pop()?.take() ?? this.#open(destination, entry)
  }

  /** Gives a connection back whose exchange ended well, for so many milliseconds. */
  release({ peer }: Destination, connection: Connection, idleMs: number): void {
    this.#peers.get(peer)?.idle.push(new Idle(connection, this.#deadlines, idleMs))
  }

  /** Closes all idle connections. */
  closeIdle(): void {
    for (const { idle } of this.#peers.values()) {
      for (const one of [...idle]) one.expire()
    }
  }

  #open(destination: Destination, entry: Peer): Connection {
    const { caCerts } = destination
    const trusted = caCerts === undefined ? undefined : this.#authorities.with(caCerts)
    const tls: TlsStart = { session: entry.session, trusted }
    const connection = new Connection(destination, tls, {
      onSession: (session) => {
        entry.session = session
      },
      onClose: (closed) => {
        entry.open -= 1
        const at = entry.idle.findIndex(({ connection }) => connection === closed)
        if (at >= 0) entry.idle.splice(at, 1)[0]?.take()
        if (entry.open === 0) this.#peers.delete(destination.peer)
      },
    })
    entry.open += 1
    return connection
  }
}

/** A connection that nobody uses. */
class Idle implements Expiring {
  readonly connection: Connection
  readonly #deadline: Deadline

  constructor(connection: Connection, deadlines: Deadlines, idleMs: number) {
    this.connection = connection
    this.#deadline = deadlines.add(idleMs, this)
  }

  /** It is idle no more. */
  take(): Connection {
    this.#deadline.cancel()
    return this.connection
  }

  expire(): void {
    this.connection.destroy()
  }
}
