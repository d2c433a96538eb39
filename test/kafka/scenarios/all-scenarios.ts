import { brokerKilled, eachBrokerKilled, leaderKilled, quorumLost } from './brokers.ts'
import { killedWhileFailing } from './failing.ts'
import { brokerStalls, connectionsCut, networkStalls, slowNetwork } from './network.ts'
import { kafkaGone } from './outage.ts'
import {
  allDispatchersKilled,
  dispatcherKilled,
  dispatcherStopped,
  gatewayKilled,
  replicasComeAndGo,
} from './replicas.ts'
import type { Kafkas, Scenario } from './scenario.ts'
import { orderedPoison, poison, slowSubscriber, subscriberHangs } from './subscribers.ts'

/** Written so that each one's Kafka is of its kind. */
function scenario<Kind extends keyof Kafkas>(each: Scenario<Kind>): Scenario<Kind> {
  return each
}
/** What a request at each gateway's producer can hold that nobody heard of. */
const IN_FLIGHT = 256

/** Everything that Sluice on Kafka survives, and how much of it may come twice. */
export const scenarios = {
  brokers: [
    scenario({
      name: 'the only broker is killed and comes back, twice',
      on: 'single',
      bounds: { storedTwice: 2 * IN_FLIGHT, deliveredTwice: 300 },
      run: brokerKilled,
    }),
    scenario({
      name: 'each of three brokers is killed in turn',
      on: 'trio',
      bounds: { storedTwice: 3 * IN_FLIGHT, deliveredTwice: 300 },
      run: eachBrokerKilled,
    }),
    scenario({
      name: "a partition's leader is killed",
      on: 'trio',
      bounds: { storedTwice: IN_FLIGHT, deliveredTwice: 150 },
      run: leaderKilled,
    }),
    scenario({
      name: 'two of three brokers are killed: nothing is acknowledged until they are back',
      on: 'trio',
      bounds: { storedTwice: IN_FLIGHT, deliveredTwice: 150 },
      run: quorumLost,
    }),
  ],
  replicas: [
    scenario({
      name: 'gateways are killed',
      on: 'single',
      bounds: { storedTwice: 0, deliveredTwice: 0 },
      run: gatewayKilled,
    }),
    scenario({
      name: 'dispatchers are killed',
      on: 'single',
      bounds: { storedTwice: 0, deliveredTwice: 3 * 150 },
      run: dispatcherKilled,
    }),
    scenario({
      name: 'dispatchers are killed where a session lasts 6 s',
      on: 'stock',
      bounds: { storedTwice: 0, deliveredTwice: 3 * 150 },
      run: dispatcherKilled,
    }),
    scenario({
      name: 'all dispatchers are killed at once',
      on: 'single',
      bounds: { storedTwice: 0, deliveredTwice: 2 * 300 },
      run: allDispatchersKilled,
    }),
    scenario({
      name: 'replicas come and go in order',
      on: 'single',
      bounds: { storedTwice: 0, deliveredTwice: 0 },
      run: replicasComeAndGo,
    }),
    scenario({
      name: 'a dispatcher stands still until its partitions have moved',
      on: 'single',
      bounds: { storedTwice: 0, deliveredTwice: 2 * 150 },
      run: dispatcherStopped,
    }),
  ],
  outage: [
    scenario({
      name: 'dispatchers and Kafka are killed while events fail',
      on: 'single',
      bounds: { storedTwice: 2 * IN_FLIGHT, deliveredTwice: 2 * 300 },
      run: killedWhileFailing,
    }),
    scenario({
      name: 'Kafka is gone for 30 s',
      on: 'single',
      bounds: { storedTwice: IN_FLIGHT, deliveredTwice: 150 },
      run: kafkaGone,
    }),
  ],
  network: [
    scenario({
      name: 'connections are cut before Produce requests',
      on: 'proxied',
      bounds: { storedTwice: 0, deliveredTwice: 0 },
      run: connectionsCut('cut-before'),
    }),
    scenario({
      name: 'connections are cut in the middle of Produce requests',
      on: 'proxied',
      bounds: { storedTwice: 0, deliveredTwice: 0 },
      run: connectionsCut('cut-within'),
    }),
    scenario({
      name: 'connections are cut after Produce requests, before their answers',
      on: 'proxied',
      bounds: { storedTwice: 2000, deliveredTwice: 0 },
      run: connectionsCut('cut-after'),
    }),
    scenario({
      name: 'a broker stands still',
      on: 'proxied',
      bounds: { storedTwice: 2 * IN_FLIGHT, deliveredTwice: 300 },
      run: brokerStalls,
    }),
    scenario({
      name: 'the network to one broker stands still',
      on: 'proxied',
      bounds: { storedTwice: 2 * IN_FLIGHT, deliveredTwice: 300 },
      run: networkStalls,
    }),
    scenario({
      name: 'the network is slow',
      on: 'proxied',
      bounds: { storedTwice: 0, deliveredTwice: 0 },
      run: slowNetwork,
    }),
  ],
  subscribers: [
    scenario({
      name: 'the subscriber of one of twenty Triggers hangs',
      on: 'single',
      bounds: { storedTwice: 0, deliveredTwice: 64 },
      run: subscriberHangs,
    }),
    scenario({
      name: 'poison is dead-lettered',
      on: 'single',
      bounds: { storedTwice: 0, deliveredTwice: 0 },
      run: poison,
    }),
    scenario({
      name: 'poison blocks its key where order is kept',
      on: 'single',
      bounds: { storedTwice: 0, deliveredTwice: 0 },
      run: orderedPoison,
    }),
    scenario({
      name: 'deliveries that take longer than the session',
      on: 'single',
      bounds: { storedTwice: 0, deliveredTwice: 0 },
      run: slowSubscriber,
    }),
  ],
}
