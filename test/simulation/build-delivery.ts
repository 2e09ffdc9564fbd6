import type { Delivery } from '../../lib/deliver/deliver-messages.ts';
import type { ContactLedger } from '../../lib/directory/contact-ledger.ts';
import { contactPaths } from '../../lib/hubspot/contact-paths.ts';
import type { HubSpotClient } from '../../lib/hubspot/hubspot-answer.ts';
import type { OperationStore } from '../../lib/operations/operation-store.ts';
import type { WriteQueue } from '../../lib/operations/write-queue.ts';
import { createObservedClient } from '../../lib/pace/observed-client.ts';
import type { PaceStore } from '../../lib/pace/pace-store.ts';
import { createSharedPace } from '../../lib/pace/shared-pace.ts';
import { createStaticShare } from '../../lib/pace/static-share.ts';
import type { Random } from '../../lib/runtime/random.ts';
import { milliseconds, seconds } from '../../lib/runtime/units.ts';
import { type KeylessCreates, WRITE_ID_PROPERTY } from './portal-settings.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** The outside as one consumer environment has it. */
export interface ConsumerPorts {
  readonly operations: OperationStore;
  readonly ledger: ContactLedger;
  readonly queue: WriteQueue;
  readonly hubspot: HubSpotClient;
  readonly random: Random;
  readonly newTraceId: () => string;
  readonly newOwner: () => string;
  readonly paceStore: PaceStore;
  /** Of the lane of associations, and how often HubSpot takes them in 10 s. */
  readonly linkPaceStore: PaceStore;
  readonly linkLimit: number;
  /** Calls in 10 s, of all environments together. */
  readonly limit: number;
  /** Calls in 10 s that this environment may make while the store is away. */
  readonly callsShare: number;
  /** Records that one consumer keeps of a batch. */
  readonly recordsShare: number;
  /** Milliseconds. */
  readonly hubspotTimeout: number;
  readonly keylessCreates: KeylessCreates;
  readonly lifecycle: Pick<Delivery, 'lifecyclePolicy' | 'stagesInOrder'>;
  readonly log: Delivery['log'];
}

/** Puts together what the consumer works with: the only place that has to follow changes of `Delivery`. */
export function buildDelivery(process: SimulatedProcess, ports: ConsumerPorts): Delivery {
  const pace = createSharedPace({
    store: ports.paceStore,
    clock: process.clock,
    owner: process.name,
    limit: ports.limit,
    reserve: 0,
    random: ports.random,
    fallback: createStaticShare(ports.callsShare, process.clock),
    log: ports.log,
  });
  const linkPace = createSharedPace({
    store: ports.linkPaceStore,
    clock: process.clock,
    owner: `${process.name}/links`,
    limit: ports.linkLimit,
    lane: 'associations',
    reserve: 0,
    random: ports.random,
    fallback: createStaticShare(
      Math.max(1, Math.floor(ports.callsShare * (ports.linkLimit / ports.limit))),
      process.clock,
    ),
    log: ports.log,
  });
  return {
    operations: ports.operations,
    ledger: ports.ledger,
    queue: ports.queue,
    hubspot: createObservedClient(ports.hubspot, pace, process.clock, [linkPace]),
    linkLane: { pace: linkPace, hubspot: createObservedClient(ports.hubspot, linkPace, process.clock, [pace]) },
    paths: contactPaths('v3'),
    timeout: milliseconds(ports.hubspotTimeout),
    longestCommit: seconds(120),
    pace,
    recordsShare: ports.recordsShare,
    newTraceId: ports.newTraceId,
    newOwner: ports.newOwner,
    clock: process.clock,
    random: ports.random,
    log: ports.log,
    ...(ports.keylessCreates === 'write-id' && { writeIdProperty: WRITE_ID_PROPERTY }),
    keylessCreatesInDoubt: ports.keylessCreates === 'repeat' ? 'repeat' : 'dead-letter',
    ...ports.lifecycle,
  };
}
