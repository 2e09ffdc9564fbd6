import { beforeEach, describe, expect, test } from '@jest/globals';
import { createHubSpotCore, type HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import type { Delivery } from '../../../lib/deliver/deliver-messages.ts';
import { ERASED, nameOfId, nameOfKey, orderKey } from '../../../lib/directory/contact-ledger.ts';
import type { HubSpotAnswer, HubSpotClient, HubSpotRequest } from '../../../lib/hubspot/hubspot-answer.ts';
import type { ContactId } from '../../../lib/operations/contact-write.ts';
import type { WriteMessage } from '../../../lib/operations/message.ts';
import { createObservedClient } from '../../../lib/pace/observed-client.ts';
import { after as later, minutes, seconds } from '../../../lib/runtime/units.ts';
import { writeIdDefinition } from '../../simulation/portal-settings.ts';
import { aContactWrite, aMessage, NOON, operationId, sequence } from '../../support/a-contact-write.ts';
import { byHand } from '../../support/by-hand.ts';
import { coreHubSpotClient } from '../../support/core-hubspot-client.ts';
import { deliverStored } from '../../support/deliver-stored.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createInMemoryContactLedger } from '../../support/in-memory-contact-ledger.ts';
import { createInMemoryOperationStore } from '../../support/in-memory-operation-store.ts';
import { createInMemoryWriteQueue } from '../../support/in-memory-write-queue.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { createUnboundPace } from '../../support/unbound-pace.ts';

const EMAIL = 'ada@example.com';
const HOME = nameOfKey('email', EMAIL);
const BY_EMAIL = { id: EMAIL, idProperty: 'email' };

let clock = createFakeClock(NOON);
let operations = createInMemoryOperationStore(clock);
let queue = createInMemoryWriteQueue();
let ledger = createInMemoryContactLedger();
let log = createRecordingLog();
let core: HubSpotCore;
let sent: HubSpotRequest[] = [];
/** What HubSpot answers in place of what it did; it does it all the same. */
let instead: ((request: HubSpotRequest) => HubSpotAnswer | undefined) | undefined;
beforeEach(() => {
  clock = createFakeClock(NOON);
  operations = createInMemoryOperationStore(clock);
  queue = createInMemoryWriteQueue();
  ledger = createInMemoryContactLedger();
  log = createRecordingLog();
  core = createHubSpotCore({ now: clock.now, random: () => 0.5, settings: { purgedEmails: 'blocked' } });
  sent = [];
  instead = undefined;
});

const hubspot: HubSpotClient = {
  call: async (request, timeout) => {
    sent.push(request);
    const done = await coreHubSpotClient(core).call(request, timeout);
    return instead?.(request) ?? done;
  },
};
const deletions = () => sent.filter(({ path }) => path.endsWith('/gdpr-delete')).map(({ body }) => body);

const deletionOf = (n: number, target: { id: string; idProperty?: string }, more: Partial<WriteMessage> = {}) =>
  aMessage(n, 'gdpr-delete', [aContactWrite(n, { properties: {}, ...target })], more);
const upsertOf = (n: number, properties: Record<string, string>): WriteMessage =>
  aMessage(n, 'upsert', [aContactWrite(n, { ...BY_EMAIL, properties })]);
const updateOf = (n: number, id: string, properties: Record<string, string>): WriteMessage =>
  aMessage(n, 'update', [aContactWrite(n, { id, properties })]);

function deliver(messages: readonly WriteMessage[], change: Partial<Delivery> = {}) {
  const pace = createUnboundPace(clock);
  const observed = createObservedClient(hubspot, pace, clock);
  return deliverStored(messages, { operations, ledger, queue, hubspot: observed, clock, log, pace, ...change });
}
const outcomesOf = async (n: number) => (await operations.read(operationId(n)))?.outcomes ?? [];
const readOf = async (n: number) => operations.readAnswers(operationId(n));
const liveContacts = () => core.contacts(100).filter(({ archivedAt }) => archivedAt === undefined);
/** All that the relay's own records say. */
const records = () => JSON.stringify([...ledger.items].map(([name, item]) => [name, item.home, [...item.fence]]));

async function aKnownContact(): Promise<string> {
  await deliver([upsertOf(1, { city: 'Rome' })]);
  const [contact] = liveContacts();
  if (contact === undefined) throw new Error('nothing was upserted');
  await deliver([updateOf(2, contact.id, { phone: '1' })]);
  sent = [];
  return contact.id;
}

describe('a GDPR delete', () => {
  test('by e-mail is sent as it came, and leaves nobody in HubSpot and nothing of the e-mail in the ledger', async () => {
    const id = await aKnownContact();
    expect(records()).toContain(EMAIL);
    await deliver([deletionOf(5, BY_EMAIL)]);
    expect(deletions()).toEqual([{ objectId: EMAIL, idProperty: 'email' }]);
    expect(core.contact(id)).toBeUndefined();
    expect(await outcomesOf(5)).toEqual([{ kind: 'deleted', index: 0 }]);
    expect(records()).not.toContain(EMAIL);
    expect(JSON.stringify(await operations.read(operationId(5)))).not.toContain(EMAIL);
  });

  test('by record id erases the names that lead to the id too, and keeps the id alone', async () => {
    const id = await aKnownContact();
    await deliver([deletionOf(5, { id })]);
    expect(deletions()).toEqual([{ objectId: id }]);
    expect(await outcomesOf(5)).toEqual([{ kind: 'deleted', index: 0, id }]);
    expect(records()).not.toContain(EMAIL);
    expect(ledger.items.get(nameOfId(id as ContactId))?.fence).toEqual(
      new Map([[ERASED, orderKey(NOON, sequence(5))]]),
    );
  });

  test('of an e-mail that nobody has is sent all the same: HubSpot blocks it', async () => {
    await deliver([deletionOf(5, BY_EMAIL)]);
    expect(deletions()).toHaveLength(1);
    expect(await outcomesOf(5)).toEqual([{ kind: 'deleted', index: 0 }]);
    await deliver([upsertOf(6, { city: 'Oslo' })]);
    expect(await outcomesOf(6)).toMatchObject([
      { kind: 'rejected', error: { message: expect.stringContaining('for good') } },
    ]);
    expect(records()).not.toContain(EMAIL);
  });

  test('of a record id that HubSpot does not show is sent all the same, and says that nobody was there', async () => {
    await deliver([deletionOf(5, { id: '404' })]);
    expect(deletions()).toEqual([{ objectId: '404' }]);
    expect(await outcomesOf(5)).toEqual([{ kind: 'deleted', index: 0, id: '404', wasGone: true }]);
  });

  test('of several contacts takes a call each, no write of another contact travels with it', async () => {
    await deliver([deletionOf(5, BY_EMAIL), deletionOf(6, { id: 'b@example.com', idProperty: 'email' })]);
    expect(deletions()).toHaveLength(2);
  });

  test('lets no older write through that comes after it, by whatever name', async () => {
    const id = await aKnownContact();
    await deliver([deletionOf(5, BY_EMAIL)]);
    sent = [];
    await deliver([upsertOf(3, { city: 'Oslo' }), updateOf(4, id, { phone: '2' })]);
    expect(sent).toEqual([]);
    expect(await outcomesOf(3)).toEqual([{ kind: 'superseded', index: 0 }]);
    expect(await outcomesOf(4)).toEqual([{ kind: 'superseded', index: 0, id }]);
    expect(records()).not.toContain(EMAIL);
    expect(liveContacts()).toEqual([]);
  });

  test('lets what is newer through to HubSpot, whose contact it is from then on, and older writes to nobody still', async () => {
    await aKnownContact();
    core.changeSettings({ purgedEmails: 'free' });
    await deliver([deletionOf(5, BY_EMAIL)]);
    await deliver([upsertOf(7, { city: 'Oslo' })]);
    await deliver([upsertOf(4, { phone: 'old' })]);
    expect(liveContacts().map(({ properties }) => [properties['city'], properties['phone']])).toEqual([
      ['Oslo', undefined],
    ]);
    expect(await outcomesOf(7)).toMatchObject([{ kind: 'created' }]);
    expect(ledger.items.get(HOME)?.fence.get(ERASED)).toBe(orderKey(NOON, sequence(5)));
  });

  test('is carried out although newer writes came first', async () => {
    await aKnownContact();
    await deliver([upsertOf(9, { city: 'Oslo' })]);
    await deliver([deletionOf(5, BY_EMAIL)]);
    expect(liveContacts()).toEqual([]);
    expect(await outcomesOf(5)).toMatchObject([{ kind: 'deleted' }]);
  });

  test('comes in its place among the writes of one batch', async () => {
    await deliver([upsertOf(7, { city: 'new' }), deletionOf(5, BY_EMAIL), upsertOf(3, { city: 'old' })]);
    const paths = sent.map(({ path }) => path.split('/contacts/')[1]);
    expect(paths).toEqual(['batch/upsert', 'gdpr-delete', 'batch/upsert']);
    expect(await outcomesOf(7)).toMatchObject([{ kind: 'rejected' }]);
  });

  test.each([
    ['no answer', () => ({ kind: 'unanswered', cause: 'ECONNRESET' }) as HubSpotAnswer],
    ['a 502', () => ({ kind: 'answered', status: 502, body: undefined }) as HubSpotAnswer],
    ['a 200 that says nothing', () => ({ kind: 'answered', status: 200, body: { results: [] } }) as HubSpotAnswer],
  ])('that got %s is repeated when its try is over, and only then is anything erased', async (_, answer) => {
    const id = await aKnownContact();
    instead = ({ path }) => (path.endsWith('/gdpr-delete') ? answer() : undefined);
    await deliver([deletionOf(5, { id })]);
    expect(await outcomesOf(5)).toEqual([]);
    expect(records()).toContain(EMAIL);
    instead = undefined;
    clock.advance(minutes(4));
    await deliver([deletionOf(5, { id })]);
    expect(deletions()).toHaveLength(2);
    expect(await outcomesOf(5)).toEqual([{ kind: 'deleted', index: 0, id, wasGone: true }]);
    expect(records()).not.toContain(EMAIL);
  });

  test('whose outcome could not be stored is not sent again', async () => {
    await aKnownContact();
    const failing = { ...operations, settle: () => Promise.reject(new Error('DynamoDB is away')) };
    await deliver([deletionOf(5, BY_EMAIL)], { operations: failing });
    sent = [];
    await deliver([deletionOf(5, BY_EMAIL)]);
    expect(sent).toEqual([]);
    expect(await outcomesOf(5)).toEqual([{ kind: 'deleted', index: 0 }]);
    expect(records()).not.toContain(EMAIL);
  });

  test('that the token may not do puts off nobody else', async () => {
    core.changeSettings({ purgedEmails: 'free' });
    instead = ({ path }) =>
      path.endsWith('/gdpr-delete')
        ? { kind: 'answered', status: 403, body: { category: 'MISSING_SCOPES' } }
        : undefined;
    const other = aMessage(6, 'upsert', [aContactWrite(6, { id: 'b@example.com', idProperty: 'email' })]);
    await deliver([deletionOf(5, BY_EMAIL), other]);
    expect(await outcomesOf(6)).toMatchObject([{ kind: 'created' }]);
    expect(queue.sent).toMatchObject([{ message: { verb: 'gdpr-delete' }, delay: 60_000 }]);
  });

  test('that HubSpot does not find at that path, while it shows the contact, is no deletion', async () => {
    const id = await aKnownContact();
    const nowhere: HubSpotClient = {
      call: async (request, timeout) =>
        request.path.endsWith('/gdpr-delete')
          ? { kind: 'answered', status: 404, body: { message: 'resource not found' } }
          : hubspot.call(request, timeout),
    };
    await deliver([deletionOf(5, { id })], { hubspot: nowhere });
    expect(await outcomesOf(5)).toEqual([]);
    expect(queue.sent).toMatchObject([{ message: { verb: 'gdpr-delete' } }]);
    expect(records()).toContain(EMAIL);
  });

  test('that HubSpot refuses is rejected, and neither its outcome nor an answer quotes the e-mail', async () => {
    instead = ({ path }) =>
      path.endsWith('/gdpr-delete')
        ? {
            kind: 'answered',
            status: 400,
            body: { category: 'VALIDATION_ERROR', message: `${EMAIL} may not be deleted` },
          }
        : undefined;
    await deliver([deletionOf(5, BY_EMAIL, { wait: true })]);
    expect(await outcomesOf(5)).toMatchObject([{ kind: 'rejected', error: { message: '<email> may not be deleted' } }]);
    expect(await readOf(5)).toEqual([]);
  });

  test('by a record id whose e-mail another contact has by now leaves that one’s records alone', async () => {
    const id = await aKnownContact();
    await ledger.acquire(HOME, 'earlier', clock.now(), later(clock.now(), seconds(1)));
    await ledger.settle({
      name: HOME,
      owner: 'earlier',
      id: '8' as ContactId,
      confirmedAt: clock.now(),
      fence: new Map(),
    });
    await deliver([deletionOf(5, { id })]);
    expect(deletions()).toEqual([{ objectId: id }]);
    expect(ledger.items.get(HOME)).toMatchObject({ id: '8' });
  });

  describe('by another unique property', () => {
    const BY_NUMBER = { id: 'C-7', idProperty: 'customer_no' };
    beforeEach(() => {
      const definition = { ...writeIdDefinition, name: 'customer_no', label: 'Customer number' };
      core = createHubSpotCore({
        now: clock.now,
        random: () => 0.5,
        settings: { purgedEmails: 'blocked' },
        restored: [{ kind: 'property-defined', definition }],
      });
    });
    const endpoints = () => sent.map(({ path }) => path.split('/contacts/')[1]);

    test('is resolved first, and takes along what is known by the e-mail and the id', async () => {
      const id = await aKnownContact();
      await deliver([updateOf(3, id, { customer_no: 'C-7' })]);
      sent = [];
      await deliver([deletionOf(5, BY_NUMBER)]);
      expect(endpoints()).toEqual(['batch/read', 'gdpr-delete']);
      expect(deletions()).toEqual([{ objectId: id }]);
      expect(await outcomesOf(5)).toEqual([{ kind: 'deleted', index: 0 }]);
      expect(records()).not.toContain(EMAIL);
      expect(records()).not.toContain('C-7');
      await deliver([aMessage(4, 'upsert', [aContactWrite(4, { ...BY_EMAIL, properties: { city: 'Oslo' } })])]);
      expect(await outcomesOf(4)).toMatchObject([{ kind: 'superseded' }]);
    });

    test('takes whom the value belongs to by now, not whom it was just written to', async () => {
      const id = await aKnownContact();
      await deliver([updateOf(3, id, { customer_no: 'C-7' })]);
      const number = (n: number, properties: Record<string, string>) =>
        aMessage(n, 'update', [aContactWrite(n, { ...BY_NUMBER, properties })]);
      await deliver([number(4, { city: 'Bern' })]);
      byHand(core, 'PATCH', `/${id}`, { customer_no: '' });
      byHand(core, 'POST', '', { email: 'alan@example.com', customer_no: 'C-7' });
      await deliver([deletionOf(5, BY_NUMBER)]);
      expect(deletions()).not.toEqual([{ objectId: id }]);
      expect(deletions()).toHaveLength(1);
      expect(core.contact(id)).toBeDefined();
    });

    test('behind another write by it in one batch asks for itself, and erases all the same', async () => {
      const id = await aKnownContact();
      await deliver([updateOf(3, id, { customer_no: 'C-7' })]);
      sent = [];
      const update = aMessage(4, 'update', [aContactWrite(4, { ...BY_NUMBER, properties: { city: 'Bern' } })]);
      await deliver([update, deletionOf(5, BY_NUMBER)]);
      expect(endpoints()).toEqual(['batch/read', 'batch/update', 'batch/read', 'gdpr-delete']);
      expect(deletions()).toEqual([{ objectId: id }]);
      expect(records()).not.toContain(EMAIL);
      expect(records()).not.toContain('C-7');
    });

    test('whose answer is lost keeps both names from others until it is over', async () => {
      const id = await aKnownContact();
      await deliver([updateOf(3, id, { customer_no: 'C-7' })]);
      instead = ({ path }) => (path.endsWith('/gdpr-delete') ? { kind: 'unanswered', cause: 'ECONNRESET' } : undefined);
      await deliver([deletionOf(5, BY_NUMBER)]);
      instead = undefined;
      const by = nameOfKey('customer_no', 'C-7');
      for (const name of [HOME, by])
        expect(await ledger.acquire(name, 'another', clock.now(), later(clock.now(), minutes(1)))).toMatchObject({
          kind: 'held',
        });
      clock.advance(minutes(5));
      await deliver(queue.sent.map(({ message }) => message));
      expect(await outcomesOf(5)).toEqual([{ kind: 'deleted', index: 0, wasGone: true }]);
      expect(records()).not.toContain('C-7');
      expect(records()).not.toContain(EMAIL);
      expect(deletions()).toEqual([{ objectId: id }, { objectId: id }]);
    });

    test('that nobody has any more deletes nobody, whoever had it last', async () => {
      const id = await aKnownContact();
      await deliver([updateOf(3, id, { customer_no: 'C-7' })]);
      await deliver([aMessage(4, 'update', [aContactWrite(4, { ...BY_NUMBER, properties: { city: 'Bern' } })])]);
      byHand(core, 'PATCH', `/${id}`, { customer_no: 'C-8' });
      clock.advance(minutes(1));
      await deliver([deletionOf(5, BY_NUMBER)]);
      expect(deletions()).toEqual([]);
      expect(await outcomesOf(5)).toEqual([{ kind: 'deleted', index: 0, wasGone: true }]);
      expect(core.contact(id)).toBeDefined();
      expect(records()).not.toContain('C-7');
    });

    test('that is another’s by the time when the delete goes through touches nothing of whose it was', async () => {
      const id = await aKnownContact();
      await deliver([updateOf(3, id, { customer_no: 'C-7' })]);
      await deliver([deletionOf(5, BY_NUMBER)], {
        hubspot: {
          call: async (request, timeout) =>
            request.path.endsWith('/gdpr-delete')
              ? { kind: 'answered', status: 403, body: undefined }
              : coreHubSpotClient(core).call(request, timeout),
        },
      });
      expect(queue.sent).toHaveLength(1);
      byHand(core, 'PATCH', `/${id}`, { customer_no: '' });
      const owner = byHand(core, 'POST', '', { email: 'alan@example.com', customer_no: 'C-7' });
      clock.advance(minutes(16));
      await deliver(queue.sent.map(({ message }) => message));
      expect(deletions().at(-1)).toEqual({ objectId: owner });
      expect(ledger.items.get(HOME)).toMatchObject({ id });
      expect(ledger.items.get(HOME)?.fence.has(ERASED)).toBe(false);
      await deliver([upsertOf(6, { city: 'Oslo' })]);
      expect(await outcomesOf(6)).toEqual([{ kind: 'updated', index: 0, id }]);
    });

    test('that is unique no more is refused, and nobody is said to be deleted', async () => {
      const id = await aKnownContact();
      await deliver([deletionOf(5, { id: 'Rome', idProperty: 'city' })]);
      expect(await outcomesOf(5)).toMatchObject([{ kind: 'rejected', httpStatus: 400 }]);
      expect(deletions()).toEqual([]);
      expect(core.contact(id)).toBeDefined();
      expect(queue.sent).toEqual([]);
    });
  });

  test('by record id of a contact that was made anew since erases the e-mail that it has', async () => {
    const former = await aKnownContact();
    byHand(core, 'DELETE', `/${former}`);
    const anew = byHand(core, 'POST', '', { email: EMAIL, city: 'Bern' });
    clock.advance(minutes(1));
    await deliver([deletionOf(5, { id: anew })]);
    expect(deletions()).toEqual([{ objectId: anew }]);
    expect(await outcomesOf(5)).toEqual([{ kind: 'deleted', index: 0, id: anew }]);
    expect(records()).not.toContain(EMAIL);
    await deliver([upsertOf(4, { city: 'Oslo' })]);
    expect(await outcomesOf(4)).toMatchObject([{ kind: 'superseded' }]);
  });

  test('keeps no name for a write of the same batch that could not ask who was erased', async () => {
    const id = await aKnownContact();
    const recallErasures = () => Promise.reject(new Error('DynamoDB is away'));
    await deliver([deletionOf(5, { id }), upsertOf(6, { city: 'Oslo' })], { ledger: { ...ledger, recallErasures } });
    expect(await outcomesOf(5)).toEqual([{ kind: 'deleted', index: 0, id }]);
    expect(queue.sent).toHaveLength(1);
    expect(ledger.items.get(HOME)?.owner).toBeUndefined();
    expect(ledger.items.get(HOME)?.isFading).toBe(true);
  });

  test('is followed by writes to the id under the lease of the id: the name that it led to is another’s to take', async () => {
    const id = await aKnownContact();
    const acquired: string[] = [];
    const acquire: typeof ledger.acquire = (name, ...rest) => {
      acquired.push(name);
      return ledger.acquire(name, ...rest);
    };
    await deliver([deletionOf(5, BY_EMAIL), updateOf(6, id, { phone: '6' })], { ledger: { ...ledger, acquire } });
    expect(await outcomesOf(6)).toMatchObject([{ kind: 'rejected', error: { category: 'OBJECT_NOT_FOUND' } }]);
    expect(acquired).toEqual([HOME, nameOfId(id as ContactId)]);
  });

  test('is followed by an archive in another’s batch, and what comes after that to the id goes under the id’s lease', async () => {
    const id = await aKnownContact();
    const hints = await ledger.findHints([nameOfId(id as ContactId)], 'strong');
    await deliver([deletionOf(5, BY_EMAIL)]);
    // Who read the directory a moment before still believes that the id leads to the e-mail.
    const acquired: string[] = [];
    const stale: typeof ledger = {
      ...ledger,
      findHints: async () => hints,
      acquire: (name, ...rest) => {
        acquired.push(name);
        return ledger.acquire(name, ...rest);
      },
    };
    const archive = aMessage(6, 'archive', [aContactWrite(6, { id, properties: {} })]);
    await deliver([archive, updateOf(7, id, { phone: '7' })], { ledger: stale });
    expect(await outcomesOf(6)).toMatchObject([{ kind: 'archived', wasGone: true }]);
    expect(await outcomesOf(7)).toMatchObject([{ kind: 'rejected' }]);
    expect(acquired[0]).toBe(HOME);
    expect(acquired.at(-1)).toBe(nameOfId(id as ContactId));
    expect(records()).not.toContain(EMAIL);
  });

  test('sends nothing when it cannot be asked who was erased', async () => {
    await deliver([upsertOf(3, { city: 'Oslo' })], {
      ledger: { ...ledger, recallErasures: () => Promise.reject(new Error('DynamoDB is away')) },
    });
    expect(sent).toEqual([]);
    expect(queue.sent).toHaveLength(1);
    expect(log.events.map(({ event }) => event)).toContain('erasures-not-read');
  });
});
