import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Delivery } from '../../../lib/deliver/deliver-messages.ts';
import { nameOfKey, orderKey, STAGE_CLEARED } from '../../../lib/directory/contact-ledger.ts';
import type { HubSpotAnswer } from '../../../lib/hubspot/hubspot-answer.ts';
import type { QueuedPolicy, StageNote } from '../../../lib/operations/lifecycle.ts';
import type { WriteMessage } from '../../../lib/operations/message.ts';
import { stagesInOrder } from '../../../lib/portal/property-definitions.ts';
import { minutes } from '../../../lib/runtime/units.ts';
import { aContactWrite, aMessage, NOON, operationId, sequence } from '../../support/a-contact-write.ts';
import { byHand } from '../../support/by-hand.ts';
import { createDeliveryWorld, type DeliveryWorld } from '../../support/delivery-world.ts';
import { thePortal } from '../../support/portal-definitions.ts';
import { answered } from '../../support/scripted-hubspot.ts';

const EMAIL = 'ada@example.com';
const HOME = nameOfKey('email', EMAIL);

let world: DeliveryWorld;

/** The portal's own order of stages is known, unless said otherwise. */
const deliver = (
  hubspot: Parameters<DeliveryWorld['deliver']>[0],
  message: WriteMessage,
  change: Partial<Delivery> = {},
  slots = Infinity,
) => world.deliver(hubspot, message, slots, { stagesInOrder: async () => stagesInOrder(thePortal()), ...change });
const backward = { lifecyclePolicy: 'allow-backward' } as const;

const upsert = (n: number, all: readonly Record<string, string>[], more: Partial<WriteMessage> = {}): WriteMessage =>
  aMessage(
    n,
    'upsert',
    all.map((properties, index) =>
      aContactWrite(n + index, { index, id: EMAIL, idProperty: 'email', properties: { ...properties } }),
    ),
    more,
  );
const stageOf = (n: number, lifecyclestage: string, lifecycle?: QueuedPolicy): WriteMessage =>
  upsert(n, [{ lifecyclestage }], lifecycle && { lifecycle });

const outcomeOf = async (n: number) => (await world.outcomesOf(n))[0];
const noteOf = async (n: number): Promise<StageNote | undefined> => {
  const outcome = await outcomeOf(n);
  return outcome !== undefined && 'stage' in outcome ? outcome.stage : undefined;
};
const kept = (sent: string, stage: string, reason: 'backward' | 'unknown' = 'backward'): StageNote => ({
  kind: 'kept',
  sent,
  stage,
  reason,
});
/** An answer's body without what it says of one contact. */
const withoutResultOf = (email: string, body: unknown): unknown => {
  const { results = [], ...rest } = body as { results?: readonly { properties?: Record<string, string> }[] };
  return { ...rest, results: results.filter(({ properties }) => properties?.['email'] !== email) };
};
const movedBack = (sent: string, from: string): StageNote => ({ kind: 'moved-back', sent, from });

/** The contact is a customer. */
beforeEach(async () => {
  world = createDeliveryWorld();
  await deliver(world.willing(), stageOf(1, 'customer'));
  expect(world.stage()).toBe('customer');
  expect(await outcomeOf(1)).toEqual({ kind: 'created', index: 0, id: world.core.contacts(1)[0]?.id });
});

describe('forward', () => {
  test('a step backward is delivered, and its outcome says which stage HubSpot kept', async () => {
    const seen = world.willing();
    await deliver(seen, upsert(2, [{ lifecyclestage: 'lead', city: 'Rome' }]));
    expect(await outcomeOf(2)).toMatchObject({ kind: 'updated', stage: kept('lead', 'customer') });
    expect(world.core.contacts(1)[0]?.properties).toMatchObject({ lifecyclestage: 'customer', city: 'Rome' });
    expect(seen.stages).toEqual(['lead']);
  });

  test.each(['customer', 'evangelist', ''])('nothing is said of a stage that was set: %j', async (stage) => {
    await deliver(world.willing(), stageOf(2, stage));
    expect(await outcomeOf(2)).toEqual({ kind: 'updated', index: 0, id: world.core.contacts(1)[0]?.id });
  });

  test('blanks around a stage that HubSpot cuts off are no other stage', async () => {
    const id = world.core.contacts(1)[0]?.id;
    const results = [{ id, objectWriteTraceId: 'trace-1', properties: { lifecyclestage: 'customer' } }];
    const cuts = world.hubspotThat(async () => answered(200, { status: 'COMPLETE', results }));
    await deliver(cuts, stageOf(2, ' customer '));
    expect(await outcomeOf(2)).toEqual({ kind: 'updated', index: 0, id });
  });

  test('of merged writes only the one whose stage was sent is told of', async () => {
    const message = upsert(2, [{ lifecyclestage: 'lead' }, { lifecyclestage: 'subscriber' }, { city: 'Rome' }]);
    await deliver(world.willing(), message);
    const notes = (await world.outcomesOf(2)).map((outcome) => ('stage' in outcome ? outcome.stage : undefined));
    expect(notes).toEqual([undefined, kept('subscriber', 'customer'), undefined]);
  });

  test('a stage that a newer write has overtaken is no step backward', async () => {
    await deliver(world.willing(), stageOf(5, 'evangelist'));
    await deliver(world.willing(), upsert(3, [{ lifecyclestage: 'lead', city: 'Rome' }]));
    expect(await outcomeOf(3)).toMatchObject({ kind: 'updated' });
    expect(await noteOf(3)).toBeUndefined();
  });

  test.each([
    ['is not known', async () => []],
    ['lacks the stage', async () => ['lead', 'opportunity']],
    ['says that it lies ahead', async () => ['customer', 'lead']],
  ])('no reason is given when the portal’s order %s', async (_, order) => {
    await deliver(world.willing(), stageOf(2, 'lead'), { stagesInOrder: order });
    expect(await noteOf(2)).toEqual(kept('lead', 'customer', 'unknown'));
  });

  test.each([
    ['lacks the stage', {}],
    ['shows no stage', { lifecyclestage: null }],
    ['has no properties', undefined],
  ])('an answer that %s claims nothing', async (_, properties) => {
    const id = world.core.contacts(1)[0]?.id;
    const results = [{ id, objectWriteTraceId: 'trace-1', ...(properties && { properties }) }];
    const silent = world.hubspotThat(async () => answered(200, { status: 'COMPLETE', results }));
    await deliver(silent, stageOf(2, 'lead'), backward);
    expect(await outcomeOf(2)).toEqual({ kind: 'updated', index: 0, id });
  });

  test.each([
    ['forward', kept('lead', 'customer'), 'customer'],
    ['allow-backward', movedBack('lead', 'customer'), 'lead'],
  ] as const)(
    'under %s a stage that may be what a left out input brought is not told of, but brought again',
    async (policy, note, stage) => {
      const leavesOut = world.hubspotThat(async (n, answer) => {
        const given = await answer();
        return n === 1 && given.kind === 'answered'
          ? { ...given, body: withoutResultOf('bob@example.com', given.body) }
          : given;
      });
      const bob = aContactWrite(3, {
        index: 1,
        id: 'bob@example.com',
        idProperty: 'email',
        properties: { city: 'Rome' },
      });
      const message = upsert(2, [{ lifecyclestage: 'lead' }]);
      await deliver(leavesOut, { ...message, writes: [...message.writes, bob] }, { lifecyclePolicy: policy });
      expect(await world.outcomesOf(2)).toEqual([]);
      world.clock.advance(minutes(4));
      for (const { message: again } of [...world.queue.sent])
        await deliver(world.willing(), again, { lifecyclePolicy: policy });
      expect(await noteOf(2)).toEqual(note);
      expect(world.core.contacts(9).find(({ properties }) => properties['email'] === EMAIL)?.properties).toMatchObject({
        lifecyclestage: stage,
      });
    },
  );

  test('a portal that moves stages backward by itself is told of nothing', async () => {
    world.core.changeSettings({ lifecycleRegression: 'apply' });
    await deliver(world.willing(), stageOf(2, 'lead'));
    expect(await noteOf(2)).toBeUndefined();
    expect(world.stage()).toBe('lead');
  });

  test('the delivery after one that could not store its outcome tells the same', async () => {
    const settle = () => Promise.reject(new Error('DynamoDB is away'));
    const operations = { ...world.operations, settle };
    await deliver(world.willing(), stageOf(2, 'lead'), { operations });
    expect(await outcomeOf(2)).toBeUndefined();
    const seen = world.willing();
    await deliver(seen, stageOf(2, 'lead'));
    expect(seen.stages).toEqual([]);
    expect(await noteOf(2)).toEqual(kept('lead', 'customer'));
  });

  test('a caller that waits gets the stage that was kept', async () => {
    await deliver(world.willing(), upsert(2, [{ lifecyclestage: 'lead' }], { wait: true }));
    const [answer] = await world.operations.readAnswers(operationId(2));
    expect(answer?.body).toMatchObject({ properties: { lifecyclestage: 'customer' } });
  });
});

describe('allow-backward', () => {
  test('a step backward is cleared and set in requests of their own, and the outcome says so', async () => {
    const seen = world.willing();
    await deliver(seen, upsert(2, [{ lifecyclestage: 'lead', city: 'Rome' }], { wait: true }), backward);
    expect(seen.stages).toEqual(['lead', '', 'lead']);
    expect(world.core.contacts(1)[0]?.properties).toMatchObject({ lifecyclestage: 'lead', city: 'Rome' });
    expect(await noteOf(2)).toEqual(movedBack('lead', 'customer'));
    const [answer] = await world.operations.readAnswers(operationId(2));
    expect(answer?.body).toMatchObject({ properties: { lifecyclestage: 'lead', city: 'Rome' } });
  });

  test('a step forward costs no further call', async () => {
    const seen = world.willing();
    await deliver(seen, stageOf(2, 'evangelist'), backward);
    expect(seen.stages).toEqual(['evangelist']);
    expect(await noteOf(2)).toBeUndefined();
  });

  test('a stage that was kept though it lies ahead is not cleared', async () => {
    const seen = world.willing();
    await deliver(seen, stageOf(2, 'lead'), { ...backward, stagesInOrder: async () => ['customer', 'lead'] });
    expect(seen.stages).toEqual(['lead']);
    expect(await noteOf(2)).toEqual(kept('lead', 'customer', 'unknown'));
  });

  test('a request’s own wish counts before the setting, both ways', async () => {
    await deliver(world.willing(), stageOf(2, 'opportunity', 'forward'), backward);
    expect(await noteOf(2)).toEqual(kept('opportunity', 'customer'));
    await deliver(world.willing(), stageOf(3, 'lead', 'allow-backward'));
    expect(await noteOf(3)).toEqual(movedBack('lead', 'customer'));
  });

  test('a request’s wish stays with a write that has to come again', async () => {
    const loses = world.hubspotThat(async () => ({ kind: 'unanswered', cause: 'ECONNRESET' }));
    await deliver(loses, stageOf(2, 'lead', 'allow-backward'));
    expect(world.queue.sent.map(({ message }) => message.lifecycle)).toEqual(['allow-backward']);
  });

  test('many steps backward share the two further calls', async () => {
    const inputs = Array.from({ length: 30 }, (_, n) => ({ id: `c${n}@example.com`, idProperty: 'email' }));
    const all = (n: number, lifecyclestage: string) =>
      aMessage(
        n,
        'upsert',
        inputs.map((input, index) => aContactWrite(n + index, { ...input, index, properties: { lifecyclestage } })),
      );
    await deliver(world.willing(), all(100, 'customer'));
    const seen = world.willing();
    await deliver(seen, all(200, 'lead'), backward);
    expect(seen.stages).toEqual(['lead', '', 'lead']);
    const notes = (await world.outcomesOf(200)).map((outcome) => 'stage' in outcome && outcome.stage);
    expect(notes).toEqual(inputs.map(() => movedBack('lead', 'customer')));
  });

  test('steps whose clears HubSpot refuses together are made one by one', async () => {
    const other = { index: 1, id: 'alan@example.com', idProperty: 'email' };
    const both = (n: number, lifecyclestage: string) =>
      aMessage(n, 'upsert', [
        aContactWrite(n, { index: 0, id: EMAIL, idProperty: 'email', properties: { lifecyclestage } }),
        aContactWrite(n + 1, { ...other, properties: { lifecyclestage } }),
      ]);
    await deliver(world.willing(), both(100, 'customer'));
    const refusesOnce = world.hubspotThat(async (n, answer) =>
      n === 2 ? answered(400, { category: 'VALIDATION_ERROR', message: 'no' }) : answer(),
    );
    await deliver(refusesOnce, both(200, 'lead'), backward);
    expect(refusesOnce.stages).toEqual(['lead', '', '', '', 'lead']);
    expect(world.core.contacts(9).map(({ properties }) => properties['lifecyclestage'])).toEqual(['lead', 'lead']);
  });

  test('a consumer that dies between clear and set leaves the set to the next one', async () => {
    const dies = world.hubspotThat((n, answer) => (n <= 2 ? answer() : Promise.reject(new Error('killed'))));
    await expect(deliver(dies, stageOf(2, 'lead'), backward)).rejects.toThrow('killed');
    expect(world.stage()).toBeUndefined();
    expect(world.ledger.items.get(HOME)?.fence.get('lifecyclestage')).toBe(orderKey(NOON, sequence(1)));
    world.clock.advance(minutes(4));
    await deliver(world.willing(), stageOf(2, 'lead'), backward);
    expect(world.stage()).toBe('lead');
    expect(await outcomeOf(2)).toMatchObject({ kind: 'updated' });
  });

  test('after a crash between clear and set, a newer stage counts', async () => {
    const dies = world.hubspotThat((n, answer) => (n <= 2 ? answer() : Promise.reject(new Error('killed'))));
    await expect(deliver(dies, stageOf(2, 'lead'), backward)).rejects.toThrow('killed');
    world.clock.advance(minutes(4));
    await deliver(world.willing(), stageOf(3, 'subscriber'), backward);
    await deliver(world.willing(), stageOf(2, 'lead'), backward);
    expect(world.stage()).toBe('subscriber');
    expect(await outcomeOf(2)).toMatchObject({ kind: 'superseded' });
  });

  test.each<[string, number, HubSpotAnswer]>([
    ['the answer to its clear is lost', 2, { kind: 'unanswered', cause: 'ECONNRESET' }],
    ['its clear is not mentioned', 2, answered(200, { status: 'COMPLETE', results: [] })],
    [
      'its clear finds nobody, who was merged away since',
      2,
      answered(404, { category: 'OBJECT_NOT_FOUND', message: '' }),
    ],
    [
      'its set finds nobody, who was merged away since',
      3,
      answered(404, { category: 'OBJECT_NOT_FOUND', message: '' }),
    ],
    ['the answer to its set is lost', 3, { kind: 'unanswered', cause: 'ECONNRESET' }],
    ['its set is not mentioned', 3, answered(200, { status: 'COMPLETE', results: [] })],
  ])('D9: a step backward has no outcome, and its contact rests, while %s', async (_, at, answer) => {
    const loses = world.hubspotThat(async (n, carryOut) => (n === at ? answer : carryOut()));
    await deliver(loses, stageOf(2, 'lead'), backward);
    expect(await outcomeOf(2)).toBeUndefined();
    expect(world.queue.sent).toHaveLength(1);
    expect(world.ledger.items.get(HOME)?.owner).toBeDefined();
    expect(world.ledger.items.get(HOME)?.fence.get('lifecyclestage')).toBe(orderKey(NOON, sequence(1)));
  });

  test.each([1, 2])('without a slot after %i calls the write comes again, and its contact is free', async (slots) => {
    await deliver(world.willing(), stageOf(2, 'lead'), backward, slots);
    expect(await outcomeOf(2)).toBeUndefined();
    expect(world.queue.sent).toHaveLength(1);
    expect(world.ledger.items.get(HOME)?.owner).toBeUndefined();
  });

  test('a clear that HubSpot refuses leaves the stage, and the outcome says so', async () => {
    const refuses = world.hubspotThat(async (n, answer) =>
      n === 2 ? answered(400, { category: 'VALIDATION_ERROR', message: 'stages cannot be cleared' }) : answer(),
    );
    await deliver(refuses, stageOf(2, 'lead'), backward);
    expect(world.stage()).toBe('customer');
    expect(await noteOf(2)).toEqual(kept('lead', 'customer'));
  });

  test('a stage that somebody sets between the clear and the set is told, and not for being ahead', async () => {
    const interferes = world.hubspotThat(async (n, answer) => {
      if (n === 3) {
        const id = world.core.contacts(1)[0]?.id ?? '';
        byHand(world.core, 'PATCH', `/${id}`, { lifecyclestage: 'customer' });
      }
      return answer();
    });
    await deliver(interferes, stageOf(2, 'lead'), backward);
    expect(world.stage()).toBe('customer');
    expect(await noteOf(2)).toEqual(kept('lead', 'customer', 'unknown'));
  });

  test('a set that HubSpot refuses for good leaves no stage, and the outcome says so', async () => {
    const refuses = world.hubspotThat(async (n, answer) =>
      n === 3 ? answered(400, { category: 'VALIDATION_ERROR', message: 'no such stage any more' }) : answer(),
    );
    await deliver(refuses, stageOf(2, 'lead'), backward);
    expect(world.stage()).toBeUndefined();
    expect(await noteOf(2)).toEqual(kept('lead', '', 'unknown'));
  });

  test('the delivery after one that could not store its outcome tells the same, without a call', async () => {
    const settle = () => Promise.reject(new Error('DynamoDB is away'));
    await deliver(world.willing(), stageOf(2, 'lead'), { ...backward, operations: { ...world.operations, settle } });
    const seen = world.willing();
    await deliver(seen, stageOf(2, 'lead'), backward);
    expect(seen.stages).toEqual([]);
    expect(await noteOf(2)).toEqual(movedBack('lead', 'customer'));
  });

  test('a clear that is older than a step backward is done with', async () => {
    await deliver(world.willing(), stageOf(5, 'lead'), backward);
    expect(world.ledger.items.get(HOME)?.fence.get(STAGE_CLEARED)).toBe(orderKey(NOON, sequence(5)));
    const seen = world.willing();
    await deliver(seen, stageOf(3, ''), backward);
    expect(seen.stages).toEqual([]);
    expect(await outcomeOf(3)).toMatchObject({ kind: 'superseded' });
  });

  test('a create that made its contact, and was overtaken by an older write, brings its stage in the end', async () => {
    const email = 'grace@example.com';
    const create = aMessage(5, 'create', [aContactWrite(5, { properties: { email, lifecyclestage: 'lead' } })]);
    const loses = world.hubspotThat(async (_, answer) => {
      await answer();
      return { kind: 'unanswered', cause: 'ECONNRESET' };
    });
    await deliver(loses, create, backward);
    world.clock.advance(minutes(4));
    const older = aContactWrite(3, { id: email, idProperty: 'email', properties: { lifecyclestage: 'customer' } });
    await deliver(world.willing(), aMessage(3, 'upsert', [older]), backward);
    const [again] = world.queue.sent;
    await deliver(world.willing(), again?.message ?? create, backward);
    expect(await outcomeOf(5)).toMatchObject({ kind: 'created', stage: movedBack('lead', 'customer') });
    expect(world.core.contacts(9).find(({ properties }) => properties['email'] === email)?.properties).toMatchObject({
      lifecyclestage: 'lead',
    });
  });
});
