import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createDynamoDbPaceStore } from '../../lib/pace/dynamodb-pace-store.ts';
import type { Lane } from '../../lib/pace/lane.ts';
import { INITIAL_CONTROL, type PaceControl, type PaceState } from '../../lib/pace/pace-state.ts';
import type { PaceStore, SharedSlotRequest } from '../../lib/pace/pace-store.ts';
import { epochMs, milliseconds } from '../../lib/runtime/units.ts';
import { type EmbeddedDynamoDb, startEmbeddedDynamoDb } from '../support/embedded-dynamodb.ts';
import { createInMemoryPaceStore } from '../support/in-memory-pace-store.ts';

let database: EmbeddedDynamoDb;
beforeAll(async () => {
  database = await startEmbeddedDynamoDb('contacts', ['pk']);
});
afterAll(() => database.close());

const NOW = 1_800_000_000_000;

/** An empty item, as each lane sees it. */
type Lanes = (lane: Lane) => PaceStore;

const stores: readonly (readonly [string, () => Promise<Lanes>])[] = [
  ['in memory', async () => createInMemoryPaceStore().ofLane],
  [
    'in DynamoDB',
    async () => {
      await database.client.send(
        new DeleteItemCommand({ TableName: database.table, Key: { pk: { S: 'pace#hubspot' } } }),
      );
      return (lane) => createDynamoDbPaceStore({ client: database.client, table: database.table, lane });
    },
  ],
];

const everything: PaceControl = {
  notBefore: epochMs(NOW + 5),
  lanes: { search: epochMs(NOW + 6) },
  circuit: {
    kind: 'open',
    until: epochMs(NOW + 9),
    round: 2,
    probe: { owner: 'me', since: epochMs(NOW), end: epochMs(NOW + 7) },
  },
  ceiling: { callsPerWindow: 100, seenAt: epochMs(NOW) },
  daily: { limit: 250_000, remaining: 17, at: epochMs(NOW), resetAt: epochMs(NOW - 5) },
};

describe.each(stores)('a pace store %s', (_, create) => {
  let store: PaceStore;
  let ofLane: Lanes;
  let known: PaceState;
  beforeEach(async () => {
    ofLane = await create();
    store = ofLane('main');
    await store.create(epochMs(NOW), INITIAL_CONTROL, 'first');
    known = { version: 1, next: epochMs(NOW), control: INITIAL_CONTROL };
  });

  const asking = (request: Partial<SharedSlotRequest> = {}): SharedSlotRequest => ({
    count: 3,
    interval: milliseconds(54.211),
    from: epochMs(NOW),
    latest: epochMs(NOW + 1_500),
    known,
    ...request,
  });

  test('has what was made, once', async () => {
    expect(await store.read()).toEqual(known);
    expect(await store.create(epochMs(NOW + 1), everything, 'second')).toBe(false);
    expect(await store.read()).toEqual(known);
  });

  test('has nothing, and refuses to give slots, before it was made', async () => {
    const empty = (await create())('main');
    expect(await empty.read()).toBeUndefined();
    expect(await empty.take(asking())).toEqual({ kind: 'refused', state: undefined });
    expect(await empty.change(known, everything, 'x')).toBe(false);
    expect(await empty.read()).toBeUndefined();
  });

  test('gives slots one after another', async () => {
    expect(await store.take(asking())).toEqual({ kind: 'granted', first: NOW, next: NOW + 162.633 });
    expect(await store.take(asking({ count: 1 }))).toMatchObject({ kind: 'granted', next: NOW + 216.844 });
    expect((await store.read())?.next).toBe(NOW + 216.844);
  });

  test('carries nothing over from an idle time', async () => {
    const minuteLater = epochMs(NOW + 60_000);
    const grant = await store.take(asking({ from: minuteLater, latest: minuteLater }));
    expect(grant).toEqual({ kind: 'granted', first: minuteLater, next: minuteLater + 162.633 });
  });

  test.each([NOW - 1_000, NOW, NOW + 5_000])(
    'gives the right slots to those whose picture is old (%i)',
    async (next) => {
      await store.take(asking({ count: 2, interval: milliseconds(100) }));
      const outdated = { ...known, next: epochMs(next) };
      expect(await store.take(asking({ known: outdated }))).toMatchObject({ kind: 'granted', next: NOW + 362.633 });
      const later = asking({ known: outdated, from: epochMs(NOW + 1_000), count: 1, interval: milliseconds(50) });
      expect(await store.take(later)).toEqual({ kind: 'granted', first: NOW + 1_000, next: NOW + 1_050 });
    },
  );

  test('refuses slots that are too far away, and tells how far', async () => {
    await store.take(asking({ count: 20, interval: milliseconds(100) }));
    expect(await store.take(asking())).toEqual({ kind: 'refused', state: { ...known, next: NOW + 2_000 } });
    expect(await store.take(asking({ latest: epochMs(NOW + 2_000) }))).toMatchObject({ kind: 'granted' });
  });

  test('refuses slots to those who do not know the control, and tells it', async () => {
    expect(await store.change(known, everything, 'x')).toBe(true);
    const state = { version: 2, next: epochMs(NOW), control: everything };
    expect(await store.take(asking())).toEqual({ kind: 'refused', state });
    expect(await store.read()).toEqual(state);
  });

  test('a change of what changed meanwhile is refused; one whose answer was lost is known again', async () => {
    expect(await store.change(known, everything, 'mine')).toBe(true);
    expect(await store.change(known, INITIAL_CONTROL, 'theirs')).toBe(false);
    expect(await store.change(known, everything, 'mine')).toBe(true);
    expect((await store.read())?.version).toBe(2);
  });

  test('taking slots disturbs no change, and a change no slots', async () => {
    await store.take(asking({ count: 1, interval: milliseconds(100) }));
    expect(await store.change(known, everything, 'x')).toBe(true);
    expect(await store.read()).toEqual({ version: 2, next: NOW + 100, control: everything });
  });

  test('gives each lane slots of its own, from the first on, and all the same control', async () => {
    const search = ofLane('search');
    await store.take(asking());
    expect(await search.read()).toEqual({ ...known, next: 0 });
    const wish = { count: 2, interval: milliseconds(260) };
    expect(await search.take(asking(wish))).toEqual({ kind: 'granted', first: NOW, next: NOW + 520 });
    expect(await search.take(asking(wish))).toEqual({ kind: 'granted', first: NOW + 520, next: NOW + 1_040 });
    expect((await store.read())?.next).toBe(NOW + 162.633);
    expect((await ofLane('associations').read())?.next).toBe(0);
    expect(await search.change(known, everything, 'x')).toBe(true);
    expect(await store.take(asking())).toMatchObject({ kind: 'refused', state: { version: 2, control: everything } });
    expect(await search.read()).toEqual({ version: 2, next: NOW + 1_040, control: everything });
  });

  test('is made by whichever lane comes first', async () => {
    const lanes = await create();
    expect(await lanes('search').create(epochMs(NOW), INITIAL_CONTROL, 'first')).toBe(true);
    expect(await lanes('main').create(epochMs(NOW), INITIAL_CONTROL, 'second')).toBe(false);
    expect(await lanes('main').take(asking())).toMatchObject({ kind: 'granted', first: NOW });
  });

  test('gives no slot twice, however many ask at once', async () => {
    const request = asking({ count: 2, interval: milliseconds(10), latest: epochMs(NOW + 10_000) });
    const grants = await Promise.all(Array.from({ length: 20 }, () => takeInTheEnd(store, request)));
    expect(grants.sort((one, other) => one - other)).toEqual(Array.from({ length: 20 }, (_, n) => NOW + n * 20));
  });
});

async function takeInTheEnd(store: PaceStore, request: SharedSlotRequest): Promise<number> {
  const grant = await store.take(request);
  if (grant.kind === 'granted') return grant.first;
  return takeInTheEnd(store, { ...request, known: grant.state ?? request.known });
}
