import { createHubSpotCore } from '../../infra/local/hubspot/core/core.ts';
import type { Delivery } from '../../lib/deliver/deliver-messages.ts';
import type { HubSpotAnswer, HubSpotClient } from '../../lib/hubspot/hubspot-answer.ts';
import type { WriteMessage } from '../../lib/operations/message.ts';
import { NOON, operationId } from './a-contact-write.ts';
import { coreHubSpotClient } from './core-hubspot-client.ts';
import { deliverStored } from './deliver-stored.ts';
import { createFakeClock } from './fake-clock.ts';
import { createInMemoryContactLedger } from './in-memory-contact-ledger.ts';
import { createInMemoryOperationStore } from './in-memory-operation-store.ts';
import { createInMemoryWriteQueue } from './in-memory-write-queue.ts';
import { aStartedSlot, createUnboundPace } from './unbound-pace.ts';

/** HubSpot as a delivery reaches it, and the lifecycle stage that each call brought: of the first of its inputs that has one. */
export interface WatchedHubSpot {
  readonly hubspot: HubSpotClient;
  readonly stages: readonly (string | undefined)[];
}

/** Messages delivered to the simulator's core one after the other, with ledger, operations and queue in memory. */
export function createDeliveryWorld() {
  const clock = createFakeClock(NOON);
  const operations = createInMemoryOperationStore(clock);
  const queue = createInMemoryWriteQueue();
  const ledger = createInMemoryContactLedger();
  const core = createHubSpotCore({ now: clock.now, random: () => 0.5 });
  let owners = 0;

  /** HubSpot's rules, where `disturb` may take the place of the nth answer, before or after HubSpot did its work. */
  const hubspotThat = (
    disturb: (n: number, answer: () => Promise<HubSpotAnswer>) => Promise<HubSpotAnswer>,
  ): WatchedHubSpot => {
    const client = coreHubSpotClient(core);
    const stages: (string | undefined)[] = [];
    const hubspot: HubSpotClient = {
      call: (request, timeout) => {
        stages.push(JSON.stringify(request.body).match(/"lifecyclestage":"(\w*)"/)?.[1]);
        return disturb(stages.length, () => client.call(request, timeout));
      },
    };
    return { hubspot, stages };
  };

  /** Delivers one message in an invocation of its own, which finds so many slots. */
  const deliver = async (
    { hubspot }: Pick<WatchedHubSpot, 'hubspot'>,
    message: WriteMessage,
    slots = Infinity,
    change: Partial<Delivery> = {},
  ) => {
    let taken = 0;
    const take = async () => ++taken <= slots;
    return deliverStored([message], {
      operations,
      ledger,
      queue,
      hubspot,
      clock,
      pace: { ...createUnboundPace(clock), take, book: async () => ((await take()) ? aStartedSlot : undefined) },
      newOwner: () => `invocation-${++owners}`,
      ...change,
    });
  };

  return {
    clock,
    operations,
    queue,
    ledger,
    core,
    deliver,
    hubspotThat,
    willing: () => hubspotThat((_, answer) => answer()),
    /** The lifecycle stage of the only contact. */
    stage: () => core.contacts(1)[0]?.properties['lifecyclestage'],
    outcomesOf: async (n: number) => (await operations.read(operationId(n)))?.outcomes ?? [],
  };
}

export type DeliveryWorld = ReturnType<typeof createDeliveryWorld>;
