import type { Delivery, deliverMessages } from '../../lib/deliver/deliver-messages.ts';
import type { ContactLedger } from '../../lib/directory/contact-ledger.ts';
import type { HubSpotClient } from '../../lib/hubspot/hubspot-answer.ts';
import type { IdempotencyStore, OperationStore } from '../../lib/operations/operation-store.ts';
import type { WriteQueue } from '../../lib/operations/write-queue.ts';
import type { InMemoryContactLedger } from '../support/in-memory-contact-ledger.ts';

/** A deliberate bug, put between the code and its ports: each part is given the right one and gives back a wrong one. */
export interface PortMutation {
  operations(store: OperationStore): OperationStore;
  idempotency(store: IdempotencyStore): IdempotencyStore;
  /** As a process sees it. */
  ledger(ledger: ContactLedger): ContactLedger;
  /** What is behind it, which the invariants watch. */
  ledgerItself(ledger: InMemoryContactLedger): InMemoryContactLedger;
  /** The consumers' queue, and the door's. */
  queue(queue: WriteQueue): WriteQueue;
  doorQueue(queue: WriteQueue): WriteQueue;
  hubspot(client: HubSpotClient): HubSpotClient;
  traceId(mint: () => string): () => string;
  delivery(delivery: Delivery): Delivery;
  deliver(deliver: typeof deliverMessages): typeof deliverMessages;
}

const same = <T>(port: T): T => port;

/** The code as it is. */
export const NO_PORT_MUTATION: PortMutation = {
  operations: same,
  idempotency: same,
  ledger: same,
  ledgerItself: same,
  queue: same,
  doorQueue: same,
  hubspot: same,
  traceId: same,
  delivery: same,
  deliver: same,
};
