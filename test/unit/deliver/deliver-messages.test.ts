import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Delivery, deliverMessages } from '../../../lib/deliver/deliver-messages.ts';
import { ARCHIVED, nameOfId, nameOfKey, orderKey, WANTED } from '../../../lib/directory/contact-ledger.ts';
import { contactPaths } from '../../../lib/hubspot/contact-paths.ts';
import type { HubSpotClient } from '../../../lib/hubspot/hubspot-answer.ts';
import type { ContactId, Verb } from '../../../lib/operations/contact-write.ts';
import type { QueuedWrite, WriteMessage } from '../../../lib/operations/message.ts';
import type { OperationStore } from '../../../lib/operations/operation-store.ts';
import { createObservedClient } from '../../../lib/pace/observed-client.ts';
import { days, epochMs, after as later, minutes, seconds } from '../../../lib/runtime/units.ts';
import { aContactWrite, aMessage, NOON, operationId, sequence } from '../../support/a-contact-write.ts';
import { deliverStored } from '../../support/deliver-stored.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createInMemoryContactLedger, type InMemoryContactLedger } from '../../support/in-memory-contact-ledger.ts';
import { createInMemoryOperationStore } from '../../support/in-memory-operation-store.ts';
import { createInMemoryWriteQueue } from '../../support/in-memory-write-queue.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { answered, carriesOut, createScriptedHubSpot } from '../../support/scripted-hubspot.ts';
import { aStartedSlot, createUnboundPace } from '../../support/unbound-pace.ts';

let clock = createFakeClock(NOON);
let operations = createInMemoryOperationStore(clock);
let queue = createInMemoryWriteQueue();
let ledger = createInMemoryContactLedger();
let log = createRecordingLog();
let owners = 0;
beforeEach(() => {
  clock = createFakeClock(NOON);
  operations = createInMemoryOperationStore(clock);
  queue = createInMemoryWriteQueue();
  ledger = createInMemoryContactLedger();
  log = createRecordingLog();
  owners = 0;
});

const upsertOf = (n: number, email: string, properties: Record<string, string>): WriteMessage =>
  aMessage(n, 'upsert', [aContactWrite(n, { id: email, idProperty: 'email', properties })]);
const updateOf = (n: number, email: string, properties: Record<string, string>): WriteMessage =>
  aMessage(n, 'update', [aContactWrite(n, { id: email, idProperty: 'email', properties })]);
const createOf = (n: number, properties: Record<string, string>, more: Partial<QueuedWrite> = {}): WriteMessage =>
  aMessage(n, 'create', [aContactWrite(n, { properties, ...more })]);

function deliver(hubspot: HubSpotClient, messages: readonly WriteMessage[], change: Partial<Delivery> = {}) {
  const pace = createUnboundPace(clock);
  const newOwner = () => `invocation-${++owners}`;
  const observed = createObservedClient(hubspot, pace, clock);
  return deliverStored(messages, {
    operations,
    ledger,
    queue,
    hubspot: observed,
    clock,
    log,
    pace,
    newOwner,
    ...change,
  });
}

const outcomesOf = async (n: number) => (await operations.read(operationId(n)))?.outcomes ?? [];
const failAll: Pick<OperationStore, 'settle'> = { settle: () => Promise.reject(new Error('DynamoDB is away')) };

test('of a batch that is too large for its time, a consumer sends on what it does not keep, before it has delivered the rest', async () => {
  const sentBefore: number[] = [];
  const hubspot = createScriptedHubSpot((request) => {
    sentBefore.push(queue.sent.length);
    return carriesOut()(request);
  });
  const messages = Array.from({ length: 10 }, (_, n) => upsertOf(n, `u${n}@example.com`, { city: 'x' }));
  expect(await deliver(hubspot, messages, { recordsShare: 4 })).toEqual([]);
  expect(hubspot.calls.map(({ inputs }) => inputs.length)).toEqual([6]);
  expect(sentBefore).toEqual([4]);
  expect(queue.sent.map(({ message }) => message)).toEqual(messages.slice(6));
});

test('a consumer keeps all that it has while HubSpot is away', async () => {
  const pace = { ...createUnboundPace(clock), returnAt: () => later(clock.now(), seconds(30)) };
  const messages = Array.from({ length: 10 }, (_, n) => upsertOf(n, `u${n}@example.com`, { city: 'x' }));
  await deliver(createScriptedHubSpot(carriesOut()), messages, { recordsShare: 4, pace });
  expect(queue.sent).toEqual([]);
});

test('messages of many requests become one call, and each operation gets its outcome', async () => {
  const hubspot = createScriptedHubSpot(carriesOut());
  const messages = Array.from({ length: 100 }, (_, n) => upsertOf(n, `u${n}@example.com`, { city: 'x' }));
  expect(await deliver(hubspot, messages)).toEqual([]);
  expect(hubspot.calls.map(({ request }) => request.path)).toEqual(['/crm/v3/objects/contacts/batch/upsert']);
  for (let n = 0; n < 100; n += 1)
    expect(await outcomesOf(n)).toEqual([{ kind: 'updated', index: 0, id: String(n + 1) }]);
  expect(queue.sent).toEqual([]);
});

test('every input carries a trace id of its own', async () => {
  const hubspot = createScriptedHubSpot(carriesOut());
  await deliver(hubspot, [upsertOf(1, 'a@example.com', {}), upsertOf(2, 'b@example.com', {})]);
  const traces = hubspot.calls[0]?.inputs.map(({ objectWriteTraceId }) => objectWriteTraceId);
  expect(new Set(traces).size).toBe(2);
});

test('what an answer tells is stored: a later update by e-mail needs no look-up', async () => {
  await deliver(createScriptedHubSpot(carriesOut(7)), [upsertOf(1, 'Ada@example.com', { city: 'x' })]);
  const hubspot = createScriptedHubSpot(carriesOut());
  await deliver(hubspot, [updateOf(2, 'ada@example.com', { city: 'y' })]);
  expect(hubspot.calls).toHaveLength(1);
  expect(hubspot.calls[0]?.inputs[0]).toMatchObject({ id: '7', properties: { city: 'y' } });
});

test('an update by an unknown e-mail is resolved by batch/read, then made by id', async () => {
  const hubspot = createScriptedHubSpot(
    () => answered(200, { results: [{ id: '7', properties: { email: 'ada@example.com' } }] }),
    carriesOut(),
  );
  await deliver(hubspot, [updateOf(1, 'ada@example.com', { city: 'y' })]);
  expect(hubspot.calls.map(({ request }) => request.path.split('/').at(-1))).toEqual(['read', 'update']);
  expect(await outcomesOf(1)).toMatchObject([{ kind: 'updated', id: '7' }]);
});

test('D7: of merged writes that HubSpot refuses, only the culprit is rejected', async () => {
  const hubspot = createScriptedHubSpot(
    ({ inputs }) => answered(400, { category: 'VALIDATION_ERROR', message: `bad ${inputs[0]?.properties['city']}` }),
    carriesOut(5),
    () => answered(400, { category: 'VALIDATION_ERROR', message: 'INVALID_OPTION' }),
    carriesOut(5),
  );
  const messages = [
    upsertOf(1, 'ada@example.com', { phone: '1' }),
    upsertOf(2, 'ada@example.com', { lifecyclestage: 'nonsense' }),
    upsertOf(3, 'ada@example.com', { phone: '3' }),
  ];
  expect(await deliver(hubspot, messages)).toEqual([]);
  expect(await outcomesOf(1)).toMatchObject([{ kind: 'updated' }]);
  expect(await outcomesOf(2)).toMatchObject([{ kind: 'rejected', error: { message: 'INVALID_OPTION' } }]);
  expect(await outcomesOf(3)).toMatchObject([{ kind: 'updated' }]);
  expect(hubspot.calls.map(({ inputs }) => inputs.map(({ properties }) => properties))).toEqual([
    [{ phone: '3', lifecyclestage: 'nonsense' }],
    [{ phone: '1' }],
    [{ lifecyclestage: 'nonsense' }],
    [{ phone: '3' }],
  ]);
});

test('D7: a whole call refused without a name costs only the culprit', async () => {
  const refusesBad = (call: Parameters<ReturnType<typeof carriesOut>>[0]) =>
    call.inputs.some(({ properties }) => properties['city'] === 'bad')
      ? answered(400, { category: 'VALIDATION_ERROR', message: 'one of them' })
      : carriesOut()(call);
  const hubspot = createScriptedHubSpot(refusesBad);
  const messages = Array.from({ length: 100 }, (_, n) =>
    upsertOf(n, `u${n}@example.com`, { city: n === 37 ? 'bad' : 'good' }),
  );
  expect(await deliver(hubspot, messages)).toEqual([]);
  for (let n = 0; n < 100; n += 1) {
    expect(await outcomesOf(n)).toMatchObject([{ kind: n === 37 ? 'rejected' : 'updated' }]);
  }
  expect(hubspot.calls.length).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(100)));
});

test('D7: a whole call refused for a property splits those that have it from those that do not', async () => {
  const hubspot = createScriptedHubSpot((call) =>
    call.inputs.some(({ properties }) => 'colour' in properties)
      ? answered(400, {
          category: 'VALIDATION_ERROR',
          message: 'no colour',
          errors: [{ context: { propertyName: ['colour'] } }],
        })
      : carriesOut()(call),
  );
  const messages = Array.from({ length: 50 }, (_, n) =>
    upsertOf(n, `u${n}@example.com`, n === 7 ? { colour: 'red' } : { city: 'x' }),
  );
  await deliver(hubspot, messages);
  expect(await outcomesOf(7)).toMatchObject([{ kind: 'rejected' }]);
  expect(hubspot.calls).toHaveLength(3);
});

describe('deferral', () => {
  test.each([
    ['429', answered(429, { policyName: 'TEN_SECONDLY_ROLLING' }), 10],
    ['429 with Retry-After', answered(429, {}, seconds(15)), 15],
    ['no connection', { kind: 'unsent', cause: 'ECONNREFUSED' } as const, 0],
  ])('%s: the call is made again after %s, when HubSpot takes it', async (_name, answer, wait) => {
    const hubspot = createScriptedHubSpot(() => answer, carriesOut());
    expect(await deliver(hubspot, [upsertOf(1, 'ada@example.com', { city: 'x' })])).toEqual([]);
    expect(hubspot.calls).toHaveLength(2);
    expect(clock.now() - NOON).toBe(wait * 1_000);
    expect(await outcomesOf(1)).toMatchObject([{ kind: 'updated' }]);
    expect(queue.sent).toEqual([]);
  });

  // No call may start in the last 40 s of the 60: the batch is kept for 20 s, and goes back for the rest of the time.
  test.each([
    ['429 with Retry-After', answered(429, {}, seconds(40)), 1, 40],
    ['daily limit', answered(429, { policyName: 'DAILY' }), 1, 900],
    ['migration', answered(477, {}, seconds(120)), 1, 120],
    ['a wrong token', answered(401, { category: 'INVALID_AUTHENTICATION' }), 1, 60],
    ['a missing scope', answered(403, { category: 'MISSING_SCOPES' }), 1, 60],
    // Five failures open the circuit for 15 s, the probe fails, and the next is due 30 s later.
    ['no connection', { kind: 'unsent', cause: 'ECONNREFUSED' } as const, 6, 45],
  ])('%s: the batch is kept a while, then goes back, and nothing is settled', async (_name, answer, calls, wait) => {
    const hubspot = createScriptedHubSpot(() => answer);
    expect(await deliver(hubspot, [upsertOf(1, 'ada@example.com', { city: 'x' })])).toEqual([]);
    expect(await outcomesOf(1)).toEqual([]);
    expect(hubspot.calls).toHaveLength(calls);
    expect(clock.now() - NOON).toBe(20_000);
    expect(queue.sent).toMatchObject([{ message: { acceptedAt: NOON, writes: [{ index: 0 }] } }]);
    expect(queue.sent[0]?.delay).toBe((wait - 20) * 1_000);
  });

  test('F2: Retry-After beyond the longest delay is kept in the message, and no call is made before it ends', async () => {
    await deliver(
      createScriptedHubSpot(() => answered(477, {}, seconds(86_400))),
      [upsertOf(1, 'a@example.com', {})],
    );
    const [sent] = queue.sent;
    expect(sent).toMatchObject({ delay: minutes(15), message: { notBefore: NOON + 86_400_000 } });
    clock.advance(minutes(15));
    const hubspot = createScriptedHubSpot(carriesOut());
    await deliver(hubspot, sent === undefined ? [] : [sent.message]);
    expect(hubspot.calls).toEqual([]);
    expect(queue.sent.at(-1)).toMatchObject({
      delay: minutes(15),
      message: { attempt: 0, notBefore: NOON + 86_400_000 },
    });
  });

  test('a later write of a deferred contact does not overtake it', async () => {
    const hubspot = createScriptedHubSpot(() => answered(502, undefined), carriesOut());
    await deliver(hubspot, [upsertOf(1, 'a@example.com', { city: '1' }), updateOf(2, 'A@example.com', { city: '2' })]);
    expect(hubspot.calls).toHaveLength(1);
    expect(queue.sent).toHaveLength(2);
  });

  test('the wait doubles with every attempt, up to 900 s, and lasts as long as the lease of what is in doubt', async () => {
    const waits: (number | undefined)[] = [];
    for (const attempt of [3, 9, 30]) {
      await deliver(
        createScriptedHubSpot(() => answered(502, undefined)),
        [{ ...upsertOf(attempt, 'a@example.com', {}), attempt }],
      );
      waits.push(queue.sent.at(-1)?.delay);
    }
    expect(waits).toEqual([180_000, 384_000, 675_000]);
  });

  test('only the rest of a message goes back', async () => {
    const writes = ['a', 'b', 'c'].map((name, index) =>
      aContactWrite(index, { index, id: `${name}@example.com`, idProperty: 'email', properties: { city: name } }),
    );
    const hubspot = createScriptedHubSpot(({ inputs }) =>
      answered(207, {
        results: inputs
          .filter(({ id }) => id !== 'b@example.com')
          .map(({ id }) => ({ id: '1', properties: { email: id } })),
      }),
    );
    expect(await deliver(hubspot, [aMessage(1, 'upsert', writes)])).toEqual([]);
    expect(queue.sent[0]?.message.writes.map(({ index }) => index)).toEqual([1]);
    expect((await outcomesOf(1)).map(({ index }) => index)).toEqual([0, 2]);
  });

  test('F3: no call starts that could not end before the deadline', async () => {
    const hubspot = createScriptedHubSpot(carriesOut());
    await deliver(hubspot, [upsertOf(1, 'a@example.com', {})], { timeout: seconds(55) });
    expect(hubspot.calls).toEqual([]);
    expect(queue.sent).toMatchObject([{ message: { attempt: 0 } }]);
  });
});

describe('D2: a message is acknowledged only after each write is settled or handed on', () => {
  test('it stays when the rest could not be sent', async () => {
    queue.failAt([0]);
    const failed = await deliver(
      createScriptedHubSpot(() => answered(429, {})),
      [upsertOf(1, 'a@example.com', {}), upsertOf(2, 'b@example.com', {})],
    );
    expect(failed).toEqual(['m0']);
  });

  test('an outcome that could not be stored brings its write back', async () => {
    const failed = await deliver(createScriptedHubSpot(carriesOut()), [upsertOf(1, 'a@example.com', {})], {
      operations: { ...operations, ...failAll },
    });
    expect(failed).toEqual([]);
    expect(queue.sent).toMatchObject([{ message: { writes: [{ index: 0 }] } }]);
  });

  test('a create that HubSpot made and the store does not know comes back in doubt', async () => {
    await deliver(createScriptedHubSpot(carriesOut()), [createOf(1, { email: 'a@example.com' })], {
      operations: { ...operations, ...failAll },
    });
    expect(queue.sent[0]?.message.writes[0]).toMatchObject({ inDoubt: true });
  });

  test('the contact of a refused write rests when nobody knows whether its outcome is stored: no fence tells a copy of it', async () => {
    const hubspot = createScriptedHubSpot(() => answered(400, { category: 'VALIDATION_ERROR', message: 'bad' }));
    const messages = [upsertOf(1, 'a@example.com', { city: 'x' })];
    await deliver(hubspot, messages, { operations: { ...operations, ...failAll } });
    expect(ledger.items.get(nameOfKey('email', 'a@example.com'))?.owner).toBe('invocation-1');
  });

  test('D10: nothing is acknowledged when the ledger cannot be read', async () => {
    const findHints = () => Promise.reject(new Error('DynamoDB is away'));
    await expect(
      deliver(createScriptedHubSpot(carriesOut()), [upsertOf(1, 'a@example.com', {})], {
        ledger: { ...ledger, findHints },
      }),
    ).rejects.toThrow('DynamoDB is away');
  });

  test.each([
    [
      'what is settled cannot be read',
      { operations: { ...createInMemoryOperationStore(clock), findSettled: () => Promise.reject(new Error('away')) } },
    ],
    [
      'the lease cannot be taken',
      { ledger: { ...createInMemoryContactLedger(), acquire: () => Promise.reject(new Error('away')) } },
    ],
  ])('no call is made while %s', async (_name, change) => {
    const hubspot = createScriptedHubSpot(carriesOut());
    expect(await deliver(hubspot, [upsertOf(1, 'a@example.com', {})], change)).toEqual([]);
    expect(hubspot.calls).toEqual([]);
    expect(queue.sent).toHaveLength(1);
  });

  test('a fence that could not be stored brings its write back, and its lease is not given to anybody meanwhile', async () => {
    const settle = () => Promise.reject(new Error('DynamoDB is away'));
    await deliver(createScriptedHubSpot(carriesOut()), [upsertOf(1, 'a@example.com', {})], {
      ledger: { ...ledger, settle },
    });
    expect(await outcomesOf(1)).toEqual([]);
    expect(queue.sent).toHaveLength(1);
    expect(ledger.items.get(nameOfKey('email', 'a@example.com'))?.owner).toBeDefined();
  });
});

test('D4: a write that is settled already is not sent again', async () => {
  const message = upsertOf(1, 'a@example.com', { city: 'x' });
  await deliver(createScriptedHubSpot(carriesOut()), [message]);
  const hubspot = createScriptedHubSpot(carriesOut());
  expect(await deliver(hubspot, [message, message])).toEqual([]);
  expect(hubspot.calls).toEqual([]);
});

test('two copies of one message in a batch are one write', async () => {
  const hubspot = createScriptedHubSpot(carriesOut());
  const message = createOf(1, { firstname: 'Ada' });
  expect(await deliver(hubspot, [message, message])).toEqual([]);
  expect(hubspot.calls[0]?.inputs).toHaveLength(1);
});

describe('D9: a lost answer is neither success nor failure', () => {
  const lost = () => ({ kind: 'unanswered', cause: 'ECONNRESET' }) as const;

  test('an upsert is repeated', async () => {
    await deliver(createScriptedHubSpot(lost), [upsertOf(1, 'a@example.com', {})]);
    expect(await outcomesOf(1)).toEqual([]);
    expect(queue.sent).toHaveLength(1);
  });

  test('D8: a create without any unique key is not repeated but set aside as unknown', async () => {
    expect(await deliver(createScriptedHubSpot(lost), [createOf(1, { firstname: 'Ada' })])).toEqual([]);
    expect(queue.sent).toEqual([]);
    expect(queue.deadLetters).toMatchObject([{ reason: 'outcome-unknown' }]);
    expect(queue.deadLetters[0]?.detail).not.toContain('Ada');
  });

  test('D8: a create without a key whose consumer died after sending it is waited for, then set aside, never sent again', async () => {
    const message = createOf(1, { firstname: 'Ada' });
    const dies = createScriptedHubSpot(() => {
      throw new Error('killed');
    });
    await expect(deliver(dies, [message])).rejects.toThrow('killed');
    const hubspot = createScriptedHubSpot(carriesOut());
    await deliver(hubspot, [message]);
    expect(queue.sent).toMatchObject([{ delay: 180_000, message: { attempt: 0 } }]);
    clock.advance(seconds(181));
    await deliver(hubspot, [message]);
    expect(hubspot.calls).toEqual([]);
    expect(queue.deadLetters).toMatchObject([{ reason: 'outcome-unknown' }]);
  });

  test('a create without a key that HubSpot did not take is sent again', async () => {
    await deliver(
      createScriptedHubSpot(() => answered(429, {})),
      [createOf(1, { firstname: 'Ada' })],
    );
    const [again] = queue.sent;
    clock.advance(seconds(30));
    await deliver(createScriptedHubSpot(carriesOut()), again === undefined ? [] : [again.message]);
    expect(await outcomesOf(1)).toMatchObject([{ kind: 'created' }]);
  });

  const conflict = ({ inputs }: { inputs: readonly { objectWriteTraceId: string }[] }) =>
    answered(207, {
      results: [],
      errors: [
        {
          category: 'CONFLICT',
          message: 'Contact already exists',
          context: { objectWriteTraceId: [inputs[0]?.objectWriteTraceId], existingId: ['9'] },
        },
      ],
    });
  const inTheWay =
    (createdAt: number, firstname: string, now = firstname) =>
    () =>
      answered(200, {
        results: [
          {
            id: '9',
            createdAt: new Date(createdAt).toISOString(),
            properties: { email: 'a@example.com', firstname: now },
            propertiesWithHistory: {
              email: [{ value: 'a@example.com', timestamp: 'x' }],
              firstname: [
                ...(now === firstname ? [] : [{ value: now, timestamp: 'x' }]),
                { value: firstname, timestamp: 'x' },
              ],
            },
          },
        ],
      });
  const version = (value: string) => [{ value, timestamp: 'x' }];
  const inDoubt = () => createOf(1, { email: 'A@example.com', firstname: 'Ada' }, { inDoubt: true });

  test.each([
    ['in doubt', inDoubt()],
    ['whose consumer died, so that nobody said so', createOf(1, { email: 'A@example.com', firstname: 'Ada' })],
  ])('a create %s that meets the contact it made itself is settled as created', async (_name, message) => {
    const hubspot = createScriptedHubSpot(conflict, inTheWay(NOON + 50, 'Ada'));
    await deliver(hubspot, [message]);
    expect(await outcomesOf(1)).toEqual([{ kind: 'created', index: 0, id: '9' }]);
    expect(hubspot.calls).toHaveLength(2);
  });

  test('what an older write changed in the meantime is written once more before the create is settled', async () => {
    const hubspot = createScriptedHubSpot(conflict, inTheWay(NOON + 50, 'Ada', 'Older'), carriesOut());
    await deliver(hubspot, [inDoubt()]);
    expect(hubspot.calls[2]).toMatchObject({ inputs: [{ id: '9', properties: { firstname: 'Ada' } }] });
    expect(await outcomesOf(1)).toEqual([{ kind: 'created', index: 0, id: '9' }]);
  });

  test('F5: a create with time for two calls at a time repeats what was overwritten in the next invocation', async () => {
    let slots = 2;
    const take = async () => slots-- > 0;
    const pace = { ...createUnboundPace(clock), take, book: async () => ((await take()) ? aStartedSlot : undefined) };
    const hubspot = createScriptedHubSpot(conflict, inTheWay(NOON + 50, 'Ada', 'Older'), carriesOut());
    await deliver(hubspot, [inDoubt()], { pace });
    expect(await outcomesOf(1)).toEqual([]);
    const [again] = queue.sent;
    slots = 2;
    await deliver(hubspot, again === undefined ? [] : [again.message], { pace });
    expect(hubspot.calls.map(({ request }) => request.path.split('/').at(-1))).toEqual(['create', 'read', 'update']);
    expect(await outcomesOf(1)).toEqual([{ kind: 'created', index: 0, id: '9' }]);
  });

  test.each([
    ['refuses', [() => answered(400, { category: 'VALIDATION_ERROR', message: 'no' })]],
    ['knows no contact for', [() => answered(200, { results: [] }), () => answered(404, {})]],
  ])('a create that made its contact was created, also when HubSpot %s its repetition', async (_name, answers) => {
    await deliver(createScriptedHubSpot(conflict, inTheWay(NOON + 50, 'Ada', 'Older'), ...answers), [inDoubt()]);
    expect(await outcomesOf(1)).toEqual([{ kind: 'created', index: 0, id: '9' }]);
  });

  test('a create that made a contact which was merged away since is repeated to the one it went to', async () => {
    const merged = () => answered(200, { id: '10', properties: {} });
    const missing = () => answered(200, { results: [] });
    const script = [conflict, inTheWay(NOON + 50, 'Ada', 'Older'), missing, merged, carriesOut()];
    const hubspot = createScriptedHubSpot(...script);
    await deliver(hubspot, [inDoubt()]);
    expect(hubspot.calls[4]?.inputs).toMatchObject([{ id: '10', properties: { firstname: 'Ada' } }]);
    expect(await outcomesOf(1)).toEqual([{ kind: 'created', index: 0, id: '10' }]);
  });

  test('D5: of a create that is repeated, nothing overwrites a newer write', async () => {
    const newer = () =>
      deliver(createScriptedHubSpot(carriesOut(9)), [upsertOf(4, 'a@example.com', { city: 'newer' })]);
    const message = createOf(1, { email: 'A@example.com', firstname: 'Ada', city: 'own' }, { inDoubt: true });
    const found = () =>
      answered(200, {
        results: [
          {
            id: '9',
            createdAt: new Date(NOON + 50).toISOString(),
            properties: { email: 'a@example.com', firstname: 'Older', city: 'newer' },
            propertiesWithHistory: { email: version('a@example.com'), firstname: version('Ada'), city: version('own') },
          },
        ],
      });
    await newer();
    const hubspot = createScriptedHubSpot(conflict, found, carriesOut());
    await deliver(hubspot, [message]);
    expect(hubspot.calls[2]?.inputs.map(({ properties }) => properties)).toEqual([{ firstname: 'Ada' }]);
    expect(await outcomesOf(1)).toEqual([{ kind: 'created', index: 0, id: '9' }]);
  });

  test('a create that met a contact which cannot be read now stays in doubt', async () => {
    await deliver(
      createScriptedHubSpot(conflict, () => answered(503, {})),
      [createOf(1, { email: 'a@example.com' })],
    );
    expect(await outcomesOf(1)).toEqual([]);
    expect(queue.sent).toMatchObject([{ message: { writes: [{ inDoubt: true }] } }]);
  });

  test("a conflict with a contact that another of the relay's creates made is a verdict", async () => {
    await deliver(createScriptedHubSpot(carriesOut(9)), [createOf(2, { email: 'a@example.com', firstname: 'Ada' })]);
    const hubspot = createScriptedHubSpot(conflict);
    await deliver(hubspot, [createOf(1, { email: 'a@example.com', firstname: 'Ada' })]);
    expect(hubspot.calls).toHaveLength(1);
    expect(await outcomesOf(1)).toMatchObject([{ kind: 'rejected', httpStatus: 409 }]);
  });

  test('that another create made the contact before says nothing of the one that is there now', async () => {
    const name = nameOfKey('email', 'a@example.com');
    await ledger.acquire(name, 'earlier', NOON, later(NOON, seconds(1)));
    const creation = { by: 'earlier#0', id: '4' as ContactId };
    const settled = { id: '9' as ContactId, confirmedAt: NOON, fence: new Map(), creation };
    await ledger.settle({ name, owner: 'earlier', ...settled });
    await deliver(createScriptedHubSpot(conflict, inTheWay(NOON + 50, 'Ada')), [inDoubt()]);
    expect(await outcomesOf(1)).toEqual([{ kind: 'created', index: 0, id: '9' }]);
  });

  test('a create in doubt that meets an older contact is rejected', async () => {
    await deliver(createScriptedHubSpot(conflict, inTheWay(NOON - 60_000, 'Ada')), [inDoubt()]);
    expect(await outcomesOf(1)).toMatchObject([{ kind: 'rejected', httpStatus: 409 }]);
  });

  test("a create in doubt that meets somebody else's contact is rejected", async () => {
    await deliver(createScriptedHubSpot(conflict, inTheWay(NOON + 50, 'Grace')), [inDoubt()]);
    expect(await outcomesOf(1)).toMatchObject([{ kind: 'rejected' }]);
  });

  test('a conflict with an older contact is a verdict, and teaches the existing id', async () => {
    const hubspot = createScriptedHubSpot(conflict, inTheWay(NOON - 60_000, 'Ada'));
    await deliver(hubspot, [createOf(1, { email: 'a@example.com' })]);
    expect(await outcomesOf(1)).toMatchObject([{ kind: 'rejected', error: { category: 'CONFLICT' } }]);
    expect(ledger.items.get(nameOfKey('email', 'a@example.com'))?.id).toBe('9');
  });
});

describe('contacts that are not where the directory says', () => {
  const knows = async (email: string, id: string, confirmedAt = NOON): Promise<InMemoryContactLedger> => {
    const known = createInMemoryContactLedger();
    const name = nameOfKey('email', email);
    await known.acquire(name, 'earlier', NOON, later(NOON, seconds(1)));
    await known.settle({ name, owner: 'earlier', id: id as ContactId, confirmedAt, fence: new Map() });
    return known;
  };
  const gone = (id: string) => () =>
    answered(207, { results: [], errors: [{ category: 'OBJECT_NOT_FOUND', message: 'gone', context: { ids: [id] } }] });

  test('a stale mapping is forgotten, the e-mail resolved again, and the update made once', async () => {
    ledger = await knows('a@example.com', '5');
    const hubspot = createScriptedHubSpot(
      gone('5'),
      () => answered(200, { results: [{ id: '8', properties: { email: 'a@example.com' } }] }),
      carriesOut(),
    );
    await deliver(hubspot, [updateOf(1, 'a@example.com', { city: 'x' })]);
    expect(await outcomesOf(1)).toEqual([{ kind: 'updated', index: 0, id: '8' }]);
    expect(ledger.items.get(nameOfKey('email', 'a@example.com'))?.id).toBe('8');
  });

  test('an e-mail that nobody has rejects the update', async () => {
    await deliver(createScriptedHubSpot(gone('a@example.com')), [updateOf(1, 'a@example.com', { city: 'x' })]);
    expect(await outcomesOf(1)).toMatchObject([{ kind: 'rejected', httpStatus: 404 }]);
  });

  test('an update that HubSpot leaves out silently follows the contact to where it was merged', async () => {
    const hubspot = createScriptedHubSpot(
      () => answered(200, { results: [{ id: '5', properties: { email: 'a@example.com' } }] }),
      () => answered(200, { results: [] }),
      () => answered(200, { id: '9', properties: {} }),
      carriesOut(),
    );
    await deliver(hubspot, [aMessage(1, 'update', [aContactWrite(1, { id: '5', properties: { city: 'x' } })])]);
    expect(hubspot.calls.map(({ request }) => request.path.split('?')[0]?.split('/').at(-1))).toEqual([
      'read',
      'update',
      '5',
      'update',
    ]);
    expect(await outcomesOf(1)).toEqual([{ kind: 'updated', index: 0, id: '9' }]);
  });

  test('an old mapping only tells contacts apart: it is confirmed before it is written to', async () => {
    ledger = await knows('a@example.com', '5', epochMs(NOON - 601_000));
    const hubspot = createScriptedHubSpot(
      () => answered(200, { results: [{ id: '6', properties: { email: 'a@example.com' } }] }),
      carriesOut(),
    );
    await deliver(hubspot, [updateOf(1, 'a@example.com', { city: 'x' })]);
    expect(hubspot.calls[1]?.inputs[0]?.id).toBe('6');
  });
});

describe('messages that nobody can deliver', () => {
  const aDelivery = { messageId: 'm', receipt: 'r', body: '' };

  test.each([
    ['no JSON', '{'],
    ['another version', JSON.stringify({ ...upsertOf(1, 'a@example.com', {}), v: 2 })],
    ['an update of nobody', JSON.stringify(aMessage(1, 'update', [aContactWrite(1)]))],
  ])('%s is set aside with its reason, alone', async (_name, body) => {
    const good = upsertOf(2, 'b@example.com', { city: 'x' });
    await operations.put({
      id: good.operationId,
      verb: 'upsert',
      total: 1,
      baseSequence: sequence(0),
      requestedAt: NOON,
    });
    const failed = await deliverMessages(
      [
        { ...aDelivery, body },
        { messageId: 'good', receipt: 'r', body: JSON.stringify(good) },
      ],
      later(NOON, seconds(60)),
      deliveryWith(createScriptedHubSpot(carriesOut())),
    );
    expect(failed).toEqual([]);
    expect(queue.deadLetters).toMatchObject([{ body, reason: 'unreadable-message' }]);
    expect(await outcomesOf(2)).toHaveLength(1);
  });

  test('one that could not be set aside stays on the queue', async () => {
    queue.failAt([0]);
    const hubspot = createScriptedHubSpot(carriesOut());
    expect(
      await deliverMessages([{ ...aDelivery, body: '{' }], later(NOON, seconds(60)), deliveryWith(hubspot)),
    ).toEqual(['m']);
  });

  test('a write accepted more than 30 days ago is set aside as expired, not delivered blindly', async () => {
    clock.advance(days(31));
    const hubspot = createScriptedHubSpot(carriesOut());
    await deliver(hubspot, [upsertOf(1, 'a@example.com', {})]);
    expect(hubspot.calls).toEqual([]);
    expect(queue.deadLetters).toMatchObject([{ reason: 'expired' }]);
  });

  const deliveryWith = (hubspot: HubSpotClient): Delivery => ({
    operations,
    ledger,
    queue,
    hubspot,
    paths: contactPaths('2026-03'),
    timeout: seconds(30),
    longestCommit: seconds(120),
    recordsShare: 1_000,
    pace: createUnboundPace(clock),
    newTraceId: () => 'trace',
    clock,
    random: () => 0.5,
    log,
    newOwner: () => `invocation-${++owners}`,
  });
});

describe('archives', () => {
  const home = nameOfKey('email', 'a@example.com');
  const archiveOf = (n: number, target: { id: string; idProperty?: string }): WriteMessage =>
    aMessage(n, 'archive', [aContactWrite(n, { properties: {}, ...target })]);
  const byEmail = { id: 'a@example.com', idProperty: 'email' };
  const found = (id: string) => () =>
    answered(200, { results: [{ id, properties: { email: 'a@example.com', hs_additional_emails: null } }] });
  const nobody = () =>
    answered(207, {
      errors: [{ category: 'OBJECT_NOT_FOUND', message: 'gone', context: { ids: ['a@example.com', '5'] } }],
    });

  test('by e-mail are resolved, made by record id, and leave their place in the order of writes', async () => {
    const hubspot = createScriptedHubSpot(found('5'), () => answered(204, undefined));
    await deliver(hubspot, [archiveOf(2, byEmail)]);
    expect(hubspot.calls.map(({ request }) => request.path.split('/batch/')[1])).toEqual(['read', 'archive']);
    expect(hubspot.calls[1]?.request.body).toEqual({ inputs: [{ id: '5' }] });
    expect(await outcomesOf(2)).toEqual([{ kind: 'archived', index: 0, id: '5' }]);
    expect(ledger.items.get(home)?.fence).toEqual(new Map([[ARCHIVED, orderKey(NOON, sequence(2))]]));
    expect(ledger.items.get(home)?.id).toBeUndefined();
  });

  test('of somebody who is gone succeed and say so', async () => {
    await deliver(createScriptedHubSpot(nobody), [archiveOf(2, byEmail), archiveOf(3, { id: '5' })]);
    expect(await outcomesOf(2)).toEqual([{ kind: 'archived', index: 0, wasGone: true }]);
    expect(await outcomesOf(3)).toEqual([{ kind: 'archived', index: 0, id: '5', wasGone: true }]);
  });

  test('by a record id whose e-mail another contact has by now leave that one alone', async () => {
    await ledger.point(nameOfId('5' as ContactId), home);
    await ledger.acquire(home, 'earlier', NOON, later(NOON, seconds(1)));
    const fence = new Map([['city', orderKey(NOON, sequence(1))]]);
    await ledger.settle({ name: home, owner: 'earlier', id: '8' as ContactId, confirmedAt: NOON, fence });
    const hubspot = createScriptedHubSpot(found('5'), () => answered(204, undefined));
    await deliver(hubspot, [archiveOf(2, { id: '5' })]);
    expect(hubspot.calls[1]?.request.body).toEqual({ inputs: [{ id: '5' }] });
    expect(ledger.items.get(home)).toMatchObject({ id: '8', fence });
  });

  test('leave nothing of who made the contact: the next one is another create’s work', async () => {
    await deliver(createScriptedHubSpot(carriesOut(5)), [createOf(1, { email: 'a@example.com' })]);
    expect(ledger.items.get(home)?.creation).toBeDefined();
    const hubspot = createScriptedHubSpot(found('5'), () => answered(204, undefined));
    await deliver(hubspot, [archiveOf(2, byEmail)]);
    expect(ledger.items.get(home)?.creation).toBeUndefined();
  });

  test('by e-mail heed the fence whatever id the ledger remembers', async () => {
    await ledger.acquire(home, 'earlier', NOON, later(NOON, seconds(1)));
    const fence = new Map([['city', orderKey(NOON, sequence(3))]]);
    await ledger.settle({ name: home, owner: 'earlier', id: '4' as ContactId, confirmedAt: epochMs(0), fence });
    const hubspot = createScriptedHubSpot(found('5'), () => answered(204, undefined));
    await deliver(hubspot, [archiveOf(2, byEmail)]);
    expect(await outcomesOf(2)).toMatchObject([{ kind: 'superseded' }]);
  });

  test('older than a create that was refused because the contact is there leave the contact to it', async () => {
    const conflict = () =>
      answered(409, { category: 'CONFLICT', message: 'Contact already exists. Existing ID: 5', context: {} });
    const there = { id: '5', createdAt: '2020-01-01T00:00:00Z', properties: { email: 'a@example.com' } };
    const create = createOf(3, { email: 'a@example.com', city: 'x' });
    await deliver(
      createScriptedHubSpot(conflict, () => answered(200, { results: [there] })),
      [create],
    );
    expect(ledger.items.get(home)?.fence).toEqual(new Map([[WANTED, orderKey(NOON, sequence(3))]]));
    const hubspot = createScriptedHubSpot(found('5'), () => answered(204, undefined));
    await deliver(hubspot, [archiveOf(2, byEmail)]);
    expect(await outcomesOf(2)).toMatchObject([{ kind: 'superseded', id: '5' }]);
    expect(hubspot.calls.map(({ request }) => request.path.split('/batch/')[1])).not.toContain('archive');
  });

  test('a create that is refused keeps its contact until the outcome is stored, and the order is noted before it', async () => {
    const conflict = () =>
      answered(409, { category: 'CONFLICT', message: 'Contact already exists. Existing ID: 5', context: {} });
    const there = { id: '5', createdAt: '2020-01-01T00:00:00Z', properties: { email: 'a@example.com' } };
    const hubspot = createScriptedHubSpot(conflict, () => answered(200, { results: [there] }));
    const found: unknown[] = [];
    const settle: OperationStore['settle'] = (settlement) => {
      found.push(ledger.items.get(home)?.fence.get(WANTED), ledger.items.get(home)?.owner);
      return operations.settle(settlement);
    };
    await deliver(hubspot, [createOf(3, { email: 'a@example.com' })], { operations: { ...operations, settle } });
    expect(found).toEqual([orderKey(NOON, sequence(3)), 'invocation-1']);
    expect(ledger.items.get(home)?.owner).toBeUndefined();
    expect(ledger.items.get(home)).toMatchObject({ id: '5', confirmedAt: NOON });
  });

  test('a create whose refusal could not be noted comes again, and nobody is told', async () => {
    const conflict = () =>
      answered(409, { category: 'CONFLICT', message: 'Contact already exists. Existing ID: 5', context: {} });
    const there = { id: '5', createdAt: '2020-01-01T00:00:00Z', properties: { email: 'a@example.com' } };
    const hubspot = createScriptedHubSpot(conflict, () => answered(200, { results: [there] }));
    const raise = () => Promise.reject(new Error('DynamoDB is away'));
    await deliver(hubspot, [createOf(3, { email: 'a@example.com' })], { ledger: { ...ledger, raise } });
    expect(await outcomesOf(3)).toEqual([]);
    expect(queue.sent).toHaveLength(1);
    expect(ledger.items.get(home)?.owner).toBe('invocation-1');
  });

  test('a create of which a copy was refused is refused by what the ledger says, without a call', async () => {
    await ledger.acquire(home, 'earlier', NOON, later(NOON, seconds(1)));
    const fence = new Map([[WANTED, orderKey(NOON, sequence(3))]]);
    await ledger.settle({ name: home, owner: 'earlier', id: '5' as ContactId, confirmedAt: NOON, fence });
    const hubspot = createScriptedHubSpot();
    await deliver(hubspot, [createOf(3, { email: 'a@example.com', city: 'x' })]);
    expect(hubspot.calls).toEqual([]);
    expect(await outcomesOf(3)).toMatchObject([
      { kind: 'rejected', httpStatus: 409, error: { category: 'CONFLICT', context: { existingId: ['5'] } } },
    ]);
  });

  /** A consumer that knew the contact as 5 a moment ago wrote to it since, and nobody heard what came of it. */
  const leaveInDoubt = async () => {
    await ledger.acquire(home, 'earlier', NOON, later(NOON, seconds(1)));
    await ledger.settle({ name: home, owner: 'earlier', id: '5' as ContactId, confirmedAt: NOON, fence: new Map() });
    await ledger.acquire(home, 'silent', NOON, later(NOON, seconds(1)));
    clock.advance(seconds(2));
  };

  test('by e-mail ask again whom it names after a write that nobody heard of: it may have made another', async () => {
    await leaveInDoubt();
    const hubspot = createScriptedHubSpot(found('9'), () => answered(204, undefined));
    await deliver(hubspot, [archiveOf(2, byEmail)]);
    expect(hubspot.calls.map(({ request }) => request.path.split('/batch/')[1])).toEqual(['read', 'archive']);
    expect(hubspot.calls[1]?.request.body).toEqual({ inputs: [{ id: '9' }] });
  });

  test('by e-mail ask again also when another had that lease in between, and HubSpot refused what he sent', async () => {
    await leaveInDoubt();
    await deliver(
      createScriptedHubSpot(() => answered(400, { category: 'VALIDATION_ERROR', message: 'bad' })),
      [upsertOf(1, 'a@example.com', { city: 'x' })],
    );
    expect(ledger.items.get(home)).toMatchObject({ id: '5', confirmedAt: 0 });
    const hubspot = createScriptedHubSpot(found('9'), () => answered(204, undefined));
    await deliver(hubspot, [archiveOf(2, byEmail)]);
    expect(hubspot.calls[1]?.request.body).toEqual({ inputs: [{ id: '9' }] });
  });

  test('without an answer are repeated once the try is over', async () => {
    const hubspot = createScriptedHubSpot(found('5'), () => ({ kind: 'unanswered', cause: 'ECONNRESET' }));
    await deliver(hubspot, [archiveOf(2, byEmail)]);
    expect(await outcomesOf(2)).toEqual([]);
    expect(queue.sent).toMatchObject([{ delay: 180_000 }]);
  });

  test('keep their place among the writes of one batch', async () => {
    const core = createScriptedHubSpot(carriesOut(5), found('5'), () => answered(204, undefined), carriesOut(8));
    await deliver(core, [
      upsertOf(1, 'a@example.com', { city: 'old' }),
      archiveOf(2, byEmail),
      upsertOf(3, 'a@example.com', { phone: 'new' }),
    ]);
    const paths = core.calls.map(({ request }) => request.path.split('/batch/')[1]);
    expect(paths).toEqual(['upsert', 'read', 'archive', 'upsert']);
    expect(ledger.items.get(home)?.id).toBe('8');
  });
});

describe('D3, D5: leases and fences', () => {
  const home = nameOfKey('email', 'a@example.com');
  const holds = async (owner: string, forMs: number) => {
    await ledger.acquire(home, owner, clock.now(), epochMs(clock.now() + forMs));
  };
  const fenced = async (city: number) => {
    await holds('earlier', 1_000);
    const fence = new Map([['city', orderKey(NOON, sequence(city))]]);
    await ledger.settle({ name: home, owner: 'earlier', id: '5' as ContactId, confirmedAt: NOON, fence });
  };

  test('a contact that somebody else holds is waited for, then put off, and no call is made', async () => {
    await holds('other', 60_000);
    const hubspot = createScriptedHubSpot(carriesOut());
    await deliver(hubspot, [upsertOf(1, 'a@example.com', { city: 'x' })]);
    expect(hubspot.calls).toEqual([]);
    expect(clock.now() - NOON).toBe(3_000);
    expect(queue.sent).toMatchObject([{ delay: 2_000, message: { writes: [{ index: 0 }] } }]);
  });

  test('that a contact does not exist is no verdict while somebody else is at work on it', async () => {
    await holds('other', 60_000);
    const missing = { category: 'OBJECT_NOT_FOUND', message: 'gone', context: { ids: ['a@example.com'] } };
    const hubspot = createScriptedHubSpot(() => answered(207, { results: [], errors: [missing] }));
    await deliver(hubspot, [updateOf(1, 'a@example.com', { city: 'x' })]);
    expect(await outcomesOf(1)).toEqual([]);
    expect(hubspot.calls).toHaveLength(1);
    expect(queue.sent).toMatchObject([{ delay: 2_000, message: { writes: [{ index: 0 }] } }]);
  });

  test('a lease that ends in time is waited for', async () => {
    await holds('other', 1_000);
    await deliver(createScriptedHubSpot(carriesOut()), [upsertOf(1, 'a@example.com', { city: 'x' })]);
    expect(await outcomesOf(1)).toMatchObject([{ kind: 'updated' }]);
  });

  test('an older write brings only what no newer write has touched', async () => {
    await fenced(5);
    const hubspot = createScriptedHubSpot(carriesOut());
    await deliver(hubspot, [upsertOf(3, 'a@example.com', { city: 'old', phone: '1' })]);
    expect(hubspot.calls[0]?.inputs[0]?.properties).toEqual({ phone: '1' });
  });

  test('an older write of which nothing is left is superseded, without a call', async () => {
    await fenced(5);
    const hubspot = createScriptedHubSpot(carriesOut());
    await deliver(hubspot, [upsertOf(3, 'a@example.com', { city: 'old' })]);
    expect(hubspot.calls).toEqual([]);
    expect(await outcomesOf(3)).toEqual([{ kind: 'superseded', index: 0, id: '5' }]);
  });

  test('a write whose own sequence stands in the fence was delivered, and is settled without a call', async () => {
    await fenced(3);
    const hubspot = createScriptedHubSpot(carriesOut());
    await deliver(hubspot, [upsertOf(3, 'a@example.com', { city: 'x' })]);
    expect(hubspot.calls).toEqual([]);
    expect(await outcomesOf(3)).toEqual([{ kind: 'updated', index: 0, id: '5' }]);
  });

  test('a rejected write leaves no fence', async () => {
    await deliver(
      createScriptedHubSpot(() => answered(400, { category: 'VALIDATION_ERROR', message: 'no' })),
      [upsertOf(5, 'a@example.com', { city: 'bad' })],
    );
    await deliver(createScriptedHubSpot(carriesOut()), [upsertOf(3, 'a@example.com', { city: 'good' })]);
    expect(await outcomesOf(3)).toMatchObject([{ kind: 'updated' }]);
  });

  test('D9: under an answer that was lost the lease is kept, after a definite one it is given back', async () => {
    await deliver(
      createScriptedHubSpot(() => ({ kind: 'unanswered', cause: 'ECONNRESET' })),
      [upsertOf(1, 'a@example.com', { city: 'x' })],
    );
    expect(ledger.items.get(home)).toMatchObject({ owner: 'invocation-1', end: NOON + 180_000 });
    await deliver(
      createScriptedHubSpot(() => answered(429, {})),
      [upsertOf(2, 'b@example.com', { city: 'x' })],
    );
    expect(ledger.items.get(nameOfKey('email', 'b@example.com'))?.owner).toBeUndefined();
  });

  test('a write by id and one by e-mail meet at one home', async () => {
    const hubspot = createScriptedHubSpot(
      () => answered(200, { results: [{ id: '5', properties: { email: 'a@example.com' } }] }),
      carriesOut(5),
    );
    await deliver(hubspot, [aMessage(1, 'update', [aContactWrite(1, { id: '5', properties: { city: 'x' } })])]);
    await deliver(createScriptedHubSpot(carriesOut(5)), [upsertOf(0, 'a@example.com', { city: 'older' })]);
    expect(await outcomesOf(0)).toMatchObject([{ kind: 'superseded' }]);
  });

  test('a change of e-mail takes the old name and the new one, and moves the fence to the new', async () => {
    await fenced(1);
    const hubspot = createScriptedHubSpot(carriesOut(5));
    await deliver(hubspot, [updateOf(3, 'a@example.com', { email: 'B@example.com', phone: '1' })]);
    const renamed = ledger.items.get(nameOfKey('email', 'b@example.com'));
    expect(renamed).toMatchObject({ id: '5' });
    expect([...(renamed?.fence.keys() ?? [])].sort()).toEqual(['city', 'email', 'phone']);
    expect(ledger.items.get(home)?.id).toBeUndefined();
    expect(ledger.items.get(nameOfId('5' as ContactId))?.home).toBe(nameOfKey('email', 'b@example.com'));
  });

  test('a change of e-mail waits while somebody holds the new name', async () => {
    await fenced(1);
    await ledger.acquire(nameOfKey('email', 'b@example.com'), 'other', NOON, epochMs(NOON + 60_000));
    const hubspot = createScriptedHubSpot(carriesOut(5));
    await deliver(hubspot, [updateOf(3, 'a@example.com', { email: 'b@example.com' })]);
    expect(hubspot.calls).toEqual([]);
    expect(ledger.items.get(home)?.owner).toBeUndefined();
  });

  test('a stalled consumer that lost its lease does not settle', async () => {
    const stalls = createScriptedHubSpot((call) => {
      clock.advance(seconds(500));
      ledger.acquire(home, 'other', clock.now(), epochMs(clock.now() + 1_000));
      return carriesOut()(call);
    });
    await deliver(stalls, [upsertOf(1, 'a@example.com', { city: 'x' })]);
    expect(await outcomesOf(1)).toEqual([]);
    expect(ledger.items.get(home)).toMatchObject({ owner: 'other' });
    expect(queue.sent).toHaveLength(1);
  });
});

test('O2: neither the stored error nor the log quotes what was written', async () => {
  const hubspot = createScriptedHubSpot(() =>
    answered(400, {
      category: 'VALIDATION_ERROR',
      message: 'Email address "ada.private@example.com" is invalid, name Lovelace',
    }),
  );
  await deliver(hubspot, [upsertOf(1, 'ada.private@example.com', { lastname: 'Lovelace' })]);
  const [outcome] = await outcomesOf(1);
  expect(outcome).toMatchObject({ error: { message: 'Email address "<email>" is invalid, name <lastname>' } });
  expect(JSON.stringify(log.events)).not.toMatch(/ada\.private|Lovelace/);
});

test.each<Verb>(['create', 'upsert'])('HubSpot’s own answer to a %s is kept for a caller that waits', async (verb) => {
  const message = {
    ...(verb === 'create' ? createOf(1, { email: 'a@example.com' }) : upsertOf(1, 'a@example.com', {})),
    wait: true,
  } as const;
  await deliver(createScriptedHubSpot(carriesOut(4)), [message]);
  expect(await operations.readAnswers(operationId(1))).toMatchObject([{ index: 0, body: { id: '4' } }]);
});
