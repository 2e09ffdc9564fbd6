import { beforeEach, expect, test } from '@jest/globals';
import { nameOfKey, orderKey } from '../../../lib/directory/contact-ledger.ts';
import type { HubSpotAnswer } from '../../../lib/hubspot/hubspot-answer.ts';
import type { WriteMessage } from '../../../lib/operations/message.ts';
import { minutes } from '../../../lib/runtime/units.ts';
import { aContactWrite, aMessage, NOON, sequence } from '../../support/a-contact-write.ts';
import { createDeliveryWorld, type DeliveryWorld } from '../../support/delivery-world.ts';
import { answered } from '../../support/scripted-hubspot.ts';

const EMAIL = 'ada@example.com';
const HOME = nameOfKey('email', EMAIL);

let world: DeliveryWorld;
const deliver: DeliveryWorld['deliver'] = (...args) => world.deliver(...args);
const hubspotThat: DeliveryWorld['hubspotThat'] = (disturb) => world.hubspotThat(disturb);
const willing = () => world.willing();
const stage = () => world.stage();
const outcomeOf = async (n: number) => (await world.outcomesOf(n))[0]?.kind;

const stageOf = (n: number, lifecyclestage: string, more: Record<string, string> = {}): WriteMessage =>
  aMessage(n, 'upsert', [
    aContactWrite(n, { id: EMAIL, idProperty: 'email', properties: { lifecyclestage, ...more } }),
  ]);

/** The contact is a customer; then a newer write, whose clear has not come yet, makes it a lead, which HubSpot ignores. */
beforeEach(async () => {
  world = createDeliveryWorld();
  await deliver(willing(), stageOf(1, 'customer'));
  await deliver(willing(), stageOf(5, 'lead'));
  expect(stage()).toBe('customer');
});

test('D5: a clear that comes after the set it was meant for is made, and the set made again, before it is settled', async () => {
  const seen = willing();
  await deliver(seen, stageOf(3, '', { city: 'London' }));
  expect(seen.stages).toEqual(['', 'lead']);
  expect(world.core.contacts(1)[0]?.properties).toMatchObject({ lifecyclestage: 'lead', city: 'London' });
  expect(await outcomeOf(3)).toBe('updated');
});

test('the set stays the newest write of the stage: what is older than it comes no more', async () => {
  await deliver(willing(), stageOf(3, ''));
  expect(world.ledger.items.get(HOME)).toMatchObject({ stage: 'lead' });
  expect(world.ledger.items.get(HOME)?.fence.get('lifecyclestage')).toBe(orderKey(NOON, sequence(5)));
  await deliver(willing(), stageOf(4, 'subscriber'));
  expect(await outcomeOf(4)).toBe('superseded');
  expect(stage()).toBe('lead');
});

test('a copy of a clear that was made, and whose outcome is not stored yet, is not made again', async () => {
  const settle = () => Promise.reject(new Error('DynamoDB is away'));
  await deliver(willing(), stageOf(3, ''), Infinity, { operations: { ...world.operations, settle } });
  expect(await outcomeOf(3)).toBeUndefined();
  const seen = willing();
  await deliver(seen, stageOf(3, ''));
  expect(seen.stages).toEqual([]);
  expect(stage()).toBe('lead');
  expect(await outcomeOf(3)).toBe('updated');
});

test('a newer clear is the last word, and an older one after it changes nothing', async () => {
  const seen = willing();
  await deliver(seen, stageOf(7, ''));
  await deliver(seen, stageOf(6, ''));
  expect(seen.stages).toEqual(['']);
  expect(stage()).toBeUndefined();
  expect(await outcomeOf(6)).toBe('superseded');
});

test('a consumer that dies between clear and set leaves both to the next one', async () => {
  const dies = hubspotThat((n, answer) => (n === 1 ? answer() : Promise.reject(new Error('killed'))));
  await expect(deliver(dies, stageOf(3, ''))).rejects.toThrow('killed');
  expect(stage()).toBeUndefined();
  world.clock.advance(minutes(4));
  const seen = willing();
  await deliver(seen, stageOf(3, ''));
  expect(seen.stages).toEqual(['', 'lead']);
  expect(stage()).toBe('lead');
  expect(await outcomeOf(3)).toBe('updated');
});

test('after a crash between clear and set, the newest set counts', async () => {
  const dies = hubspotThat((n, answer) => (n === 1 ? answer() : Promise.reject(new Error('killed'))));
  await expect(deliver(dies, stageOf(3, ''))).rejects.toThrow('killed');
  world.clock.advance(minutes(4));
  await deliver(willing(), stageOf(8, 'subscriber'));
  await deliver(willing(), stageOf(3, ''));
  expect(stage()).toBe('subscriber');
});

test.each<[string, HubSpotAnswer]>([
  ['is lost', { kind: 'unanswered', cause: 'ECONNRESET' }],
  ['puts it off', answered(503, {})],
  ['does not mention it', answered(200, { status: 'COMPLETE', results: [] })],
])('D9: a clear is not settled while the answer to its set %s', async (_, answer) => {
  await deliver(
    hubspotThat(async (n, carryOut) => (n === 1 ? carryOut() : answer)),
    stageOf(3, ''),
  );
  expect(await outcomeOf(3)).toBeUndefined();
  expect(world.queue.sent).toHaveLength(1);
});

test('a clear whose set finds no slot comes again, and its contact is free meanwhile', async () => {
  await deliver(willing(), stageOf(3, ''), 1);
  expect(await outcomeOf(3)).toBeUndefined();
  expect(world.queue.sent).toHaveLength(1);
  expect(world.ledger.items.get(HOME)?.owner).toBeUndefined();
});

test('a clear is settled when HubSpot refuses its set for good', async () => {
  const refuses = hubspotThat(async (n, answer) =>
    n === 1 ? answer() : answered(400, { category: 'VALIDATION_ERROR', message: 'no such stage any more' }),
  );
  await deliver(refuses, stageOf(3, ''));
  expect(await outcomeOf(3)).toBe('updated');
});

test.each([
  ['keeps', {}, 'lead'],
  ['sets', { lifecyclestage: 'opportunity' }, 'opportunity'],
  ['clears', { lifecyclestage: '' }, undefined],
])('a change of e-mail that %s the stage takes it to the new home', async (_, more, kept) => {
  const properties = { email: 'new@example.com', ...more };
  await deliver(willing(), aMessage(9, 'upsert', [aContactWrite(9, { id: EMAIL, idProperty: 'email', properties })]));
  expect(world.ledger.items.get(nameOfKey('email', 'new@example.com'))?.stage).toBe(kept);
});
