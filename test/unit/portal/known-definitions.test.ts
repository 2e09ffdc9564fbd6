import { beforeEach, describe, expect, test } from '@jest/globals';
import { createKnownDefinitions, type KnownDefinitions } from '../../../lib/portal/known-definitions.ts';
import { after, days, milliseconds, minutes, seconds } from '../../../lib/runtime/units.ts';
import { NOON } from '../../support/a-contact-write.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import {
  createInMemoryDefinitionsStore,
  type InMemoryDefinitionsStore,
} from '../../support/in-memory-definitions-store.ts';
import { aProperty, thePortal } from '../../support/portal-definitions.ts';
import { createRecordingLog, type RecordingLog } from '../../support/recording-log.ts';

let store: InMemoryDefinitionsStore;
let clock: FakeClock;
let log: RecordingLog;
let known: KnownDefinitions;
beforeEach(() => {
  store = createInMemoryDefinitionsStore();
  clock = createFakeClock(NOON);
  log = createRecordingLog();
  known = createKnownDefinitions(store, clock, log);
});

describe('what a function of the front door knows of the portal', () => {
  test('is read once a minute, however many requests come', async () => {
    await store.put(thePortal());
    for (let request = 0; request < 600; request += 1) {
      expect(await known.current()).toEqual(thePortal());
      clock.advance(milliseconds(100));
    }
    expect(store.counts.reads).toBe(1);
    await known.current();
    expect(store.counts.reads).toBe(2);
  });

  test('is read once for those who come at once', async () => {
    await store.put(thePortal());
    await Promise.all(Array.from({ length: 20 }, () => known.current()));
    expect(store.counts.reads).toBe(1);
  });

  test('is told still when it is too old to be relied on', async () => {
    await store.put(thePortal());
    clock.advance(days(3));
    expect(await known.current()).toBeUndefined();
    expect(known.lastKnown()).toEqual(thePortal());
  });

  test('follows the store', async () => {
    expect(await known.current()).toBeUndefined();
    const newer = thePortal({ erp_id: aProperty() }, after(NOON, seconds(10)));
    await store.put(newer);
    clock.advance(minutes(1));
    expect(await known.current()).toEqual(newer);
  });

  test('is kept while the store is away, which is asked no oftener for that', async () => {
    await store.put(thePortal());
    await known.current();
    store.fault = new Error('the store is away');
    for (let minute = 0; minute < 10; minute += 1) {
      clock.advance(minutes(1));
      expect(await known.current()).toEqual(thePortal());
      expect(await known.current()).toEqual(thePortal());
    }
    expect(store.counts.reads).toBe(11);
    expect(log.events.map(({ event }) => event)).toEqual(Array(10).fill('definitions-unreadable'));
  });

  test('is nothing while the store was never there', async () => {
    store.fault = new Error('the store is away');
    expect(await known.current()).toBeUndefined();
  });

  test('is nothing any more when HubSpot was not asked for over a day', async () => {
    await store.put(thePortal());
    clock.advance(days(1));
    expect(await known.current()).toEqual(thePortal());
    clock.advance(milliseconds(1));
    expect(await known.current()).toBeUndefined();
  });
});

describe('a wish for newer definitions', () => {
  beforeEach(async () => {
    await store.put(thePortal());
    await known.current();
  });

  test('is made once a minute', async () => {
    clock.advance(seconds(31));
    for (let request = 0; request < 10; request += 1) await known.wish();
    expect(store.counts.wishes).toBe(1);
    clock.advance(minutes(1));
    await known.wish();
    expect(store.counts.wishes).toBe(2);
  });

  test('is not made while they are new, nor where there are none: those are due anyway', async () => {
    clock.advance(seconds(30));
    await known.wish();
    await createKnownDefinitions(createInMemoryDefinitionsStore(), clock, log).wish();
    expect(store.counts.wishes).toBe(0);
  });

  test('that is lost is no fault of the request', async () => {
    clock.advance(minutes(2));
    store.fault = new Error('the store is away');
    await known.wish();
    expect(log.events).toMatchObject([{ event: 'definitions-wish-lost' }]);
  });
});
