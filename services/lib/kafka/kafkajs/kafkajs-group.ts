import type { GroupConnection, JoinedGroup } from '../kafka-cluster.ts'
import { KafkaError } from '../kafka-error.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { expectNoError } from './kafka-failure.ts'

const ASK_MS = 3000
/** Below the shortest session, so that a connection that hangs does not cost the membership. */
const HEARTBEAT_MS = 1000
/** Codes that say the coordinator is another broker now. */
const MOVED = new Set([
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'CONNECTION',
  'REQUEST_TIMED_OUT',
])

export interface GroupParts {
  /** A connection to the group's coordinator, in the group's own lane. */
  coordinator(): Promise<BrokerConnection>
  /** Looks for the coordinator anew the next time. */
  forgetCoordinator(): void
  /** Ends the lane's connections. */
  cut(): void
}

/** A group's requests over one connection of its own. */
export class KafkajsGroup implements GroupConnection {
  readonly #groupId: string
  readonly #parts: GroupParts

  constructor(groupId: string, parts: GroupParts) {
    this.#groupId = groupId
    this.#parts = parts
  }

  join(options: Parameters<GroupConnection['join']>[0]): Promise<JoinedGroup> {
    const { memberId, sessionTimeoutMs, rebalanceTimeoutMs, protocol, metadata } = options
    return this.#use(async (connection) => {
      const joined = await connection.joinGroup(
        {
          groupId: this.#groupId,
          sessionTimeout: sessionTimeoutMs,
          rebalanceTimeout: rebalanceTimeoutMs,
          memberId,
          protocolType: 'consumer',
          groupProtocols: [{ name: protocol, metadata: asBuffer(metadata) }],
        },
        rebalanceTimeoutMs + ASK_MS,
      )
      return {
        memberId: joined.memberId,
        generation: joined.generationId,
        leaderId: joined.leaderId,
        members: joined.members.map((member) => ({
          memberId: member.memberId,
          metadata: member.memberMetadata,
        })),
      }
    })
  }

  sync(options: Parameters<GroupConnection['sync']>[0]): Promise<Uint8Array> {
    const { memberId, generation, assignments } = options
    return this.#use(async (connection) => {
      const answer = await connection.ask<{ errorCode: number; memberAssignment: Buffer }>(
        'SyncGroup',
        {
          groupId: this.#groupId,
          generationId: generation,
          memberId,
          groupAssignment: [...assignments].map(([id, assignment]) => ({
            memberId: id,
            memberAssignment: asBuffer(assignment),
          })),
        },
        // The leader may be slow to say who gets what.
        4 * ASK_MS,
      )
      expectNoError(answer.errorCode, `Group ${this.#groupId}`)
      return answer.memberAssignment
    })
  }

  async heartbeat(options: Parameters<GroupConnection['heartbeat']>[0]): Promise<void> {
    const { memberId, generation } = options
    await this.#use(async (connection) => {
      const answer = await connection.ask<{ errorCode: number }>(
        'Heartbeat',
        { groupId: this.#groupId, groupGenerationId: generation, memberId },
        HEARTBEAT_MS,
      )
      expectNoError(answer.errorCode, `Group ${this.#groupId}`)
    })
  }

  async leave(memberId: string): Promise<void> {
    await this.#use(async (connection) => {
      const answer = await connection.ask<{
        errorCode: number
        members: readonly { readonly errorCode: number }[]
      }>('LeaveGroup', { groupId: this.#groupId, memberId }, ASK_MS)
      expectNoError(answer.errorCode, `Group ${this.#groupId}`)
      for (const { errorCode } of answer.members) {
        expectNoError(errorCode, `Group ${this.#groupId}`)
      }
    })
  }

  async close(): Promise<void> {
    this.#parts.cut()
  }

  async #use<T>(ask: (connection: BrokerConnection) => Promise<T>): Promise<T> {
    try {
      return await ask(await this.#parts.coordinator())
    } catch (error) {
      if (error instanceof KafkaError && MOVED.has(error.code)) this.#parts.forgetCoordinator()
      throw error
    }
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
