import { beforeEach, describe, expect, test } from '@jest/globals';
import { createHubSpotCore, type HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import type { Settings } from '../../../infra/local/hubspot/core/settings.ts';
import type { Delivery } from '../../../lib/deliver/deliver-messages.ts';
import type { HubSpotAnswer, HubSpotClient, HubSpotRequest } from '../../../lib/hubspot/hubspot-answer.ts';
import type { Association } from '../../../lib/operations/contact-write.ts';
import type { AssociationType, Link } from '../../../lib/operations/link.ts';
import type { WriteMessage } from '../../../lib/operations/message.ts';
import { seconds } from '../../../lib/runtime/units.ts';
import { aContactWrite, aMessage, NOON, operationId } from '../../support/a-contact-write.ts';
import { coreHubSpotClient } from '../../support/core-hubspot-client.ts';
import { deliverStored } from '../../support/deliver-stored.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createInMemoryContactLedger } from '../../support/in-memory-contact-ledger.ts';
import { createInMemoryOperationStore } from '../../support/in-memory-operation-store.ts';
import { createInMemoryWriteQueue } from '../../support/in-memory-write-queue.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { answered } from '../../support/scripted-hubspot.ts';
import { createUnboundPace } from '../../support/unbound-pace.ts';

const LABEL = {
  toType: 'companies',
  category: 'USER_DEFINED',
  typeId: 36,
  inverseTypeId: 37,
  label: 'Manager',
} as const;
const manager: AssociationType = { associationCategory: 'USER_DEFINED', associationTypeId: 36 };
const plain: AssociationType = { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 };
const toDeal: AssociationType = { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 4 };

let clock = createFakeClock(NOON);
let operations = createInMemoryOperationStore(clock);
let queue = createInMemoryWriteQueue();
let ledger = createInMemoryContactLedger();
let log = createRecordingLog();
let core: HubSpotCore;
let calls: HubSpotRequest[] = [];
beforeEach(() => {
  clock = createFakeClock(NOON);
  operations = createInMemoryOperationStore(clock);
  queue = createInMemoryWriteQueue();
  ledger = createInMemoryContactLedger();
  log = createRecordingLog();
  calls = [];
  core = aPortal();
});

const aPortal = (settings: Partial<Settings> = {}): HubSpotCore =>
  createHubSpotCore({
    now: () => clock.now(),
    random: () => 0.5,
    settings: {
      limit: 100_000,
      associationLimit: 100_000,
      associationLabels: [LABEL],
      existingObjects: { companies: ['1', '2'], deals: ['7'] },
      unknownTypesInBatch: 'per-record',
      ...settings,
    },
  });

/** The simulator, with a look at every request, and now and then another answer in its place. */
const hubspotThat = (answerTo: (request: HubSpotRequest) => HubSpotAnswer | undefined = () => undefined) => {
  const client = coreHubSpotClient(core);
  return {
    call: async (request, timeout) => {
      calls.push(request);
      return answerTo(request) ?? client.call(request, timeout);
    },
  } satisfies HubSpotClient;
};

function deliver(messages: readonly WriteMessage[], hubspot = hubspotThat(), change: Partial<Delivery> = {}) {
  return deliverStored(messages, { operations, ledger, queue, hubspot, clock, log, ...change });
}

const linkOf = (
  n: number,
  verb: 'associate' | 'dissociate',
  id: string,
  link: Link,
  more: Partial<WriteMessage> = {},
) => aMessage(n, verb, [aContactWrite(n, { id, properties: {}, link })], more);
const upsertOf = (n: number, email: string, associations: readonly Association[], more: Partial<WriteMessage> = {}) =>
  aMessage(
    n,
    'upsert',
    [aContactWrite(n, { id: email, idProperty: 'email', properties: { city: `c${n}` }, associations })],
    more,
  );
const to = (id: string, ...types: AssociationType[]): Association => ({
  to: { id },
  types,
  toObjectType: types.includes(toDeal) ? 'deals' : 'companies',
});

async function aContact(email = 'ada@example.com'): Promise<string> {
  const { status, body } = (await coreHubSpotClient(core).call(
    { method: 'POST', path: '/crm/v3/objects/contacts', body: { properties: { email } } },
    seconds(1),
  )) as { status: number; body: { id: string } };
  expect(status).toBe(201);
  return body.id;
}

const merge = (into: string, other: string) =>
  coreHubSpotClient(core).call(
    {
      method: 'POST',
      path: '/crm/v3/objects/contacts/merge',
      body: { primaryObjectId: into, objectIdToMerge: other },
    },
    seconds(1),
  );
const linksOf = (id: string): readonly string[] =>
  (core.contact(id)?.associations ?? []).map(({ toType, toId, typeId }) => `${toType} ${toId} ${typeId}`).sort();
const outcomesOf = async (n: number) => (await operations.read(operationId(n)))?.outcomes ?? [];
const linkCalls = () => calls.filter(({ path }) => path.includes('/associations/'));
/** What went back to the queue is delivered once its time has come. */
const deliverAgain = async (hubspot = hubspotThat()) => {
  const sent = queue.sent.map(({ message }) => message);
  queue = createInMemoryWriteQueue();
  clock.advance(seconds(300));
  return deliver(sent, hubspot);
};

describe('associates and dissociates', () => {
  test('of many contacts share a call for each object type and endpoint', async () => {
    const ids = await Promise.all(['a@example.com', 'b@example.com', 'c@example.com'].map(aContact));
    const messages = ids.flatMap((id, n) => [
      linkOf(10 * n + 1, 'associate', id, { toType: 'companies', toId: '1', types: [manager] }),
      linkOf(10 * n + 2, 'associate', id, { toType: 'deals', toId: '7' }),
    ]);
    expect(await deliver(messages)).toEqual([]);
    expect(linkCalls().map(({ path }) => path)).toEqual([
      '/crm/v4/associations/contacts/companies/batch/create',
      '/crm/v4/associations/contacts/deals/batch/associate/default',
    ]);
    for (const id of ids) expect(linksOf(id)).toEqual(['companies 1 279', 'companies 1 36', 'deals 7 4']);
    expect(await outcomesOf(1)).toEqual([{ kind: 'associated', index: 0, id: ids[0] }]);
    expect(core.statistics().violations).toEqual({});
  });

  test('of one contact with several objects stand beside each other in a call, those with one object in one input', async () => {
    const id = await aContact();
    const messages = [
      linkOf(1, 'associate', id, { toType: 'companies', toId: '1', types: [plain] }),
      linkOf(2, 'associate', id, { toType: 'companies', toId: '2', types: [plain] }),
      linkOf(3, 'associate', id, { toType: 'companies', toId: '1', types: [manager] }),
    ];
    await deliver(messages);
    expect(linkCalls().map(({ body }) => body)).toEqual([
      {
        inputs: [
          { from: { id }, to: { id: '1' }, types: [plain, manager] },
          { from: { id }, to: { id: '2' }, types: [plain] },
        ],
      },
    ]);
    for (const n of [1, 2, 3]) expect(await outcomesOf(n)).toMatchObject([{ kind: 'associated' }]);
  });

  test('of one contact that follow one another go in their order', async () => {
    const id = await aContact();
    const link: Link = { toType: 'companies', toId: '1' };
    await deliver([
      linkOf(3, 'associate', id, link),
      linkOf(1, 'associate', id, { ...link, types: [manager] }),
      linkOf(2, 'dissociate', id, link),
    ]);
    expect(linkCalls().map(({ path }) => path.split('/batch/')[1])).toEqual(['create', 'archive', 'associate/default']);
    expect(linksOf(id)).toEqual(['companies 1 279']);
    expect(await outcomesOf(2)).toEqual([{ kind: 'dissociated', index: 0, id }]);
  });

  test('more than 100 of them take a second call', async () => {
    core = createHubSpotCore({
      now: () => NOON,
      random: () => 0.5,
      settings: { limit: 1_000, maxAssociationInputs: 100 },
    });
    const id = await aContact();
    const messages = Array.from({ length: 150 }, (_, n) =>
      linkOf(n + 1, 'associate', id, { toType: 'deals', toId: String(n + 1) }),
    );
    await deliver(messages);
    expect(linkCalls().map(({ body }) => Object(body).inputs.length)).toEqual([100, 50]);
    expect(linksOf(id)).toHaveLength(150);
  });

  test('a removal that comes after a newer association takes away what is older, and leaves that one', async () => {
    const id = await aContact();
    await deliver([
      linkOf(1, 'associate', id, { toType: 'companies', toId: '1', types: [manager] }),
      linkOf(5, 'associate', id, { toType: 'companies', toId: '1', types: [plain] }),
    ]);
    await deliver([linkOf(3, 'dissociate', id, { toType: 'companies', toId: '1' })]);
    expect(linksOf(id)).toEqual(['companies 1 279']);
    expect(await outcomesOf(3)).toEqual([{ kind: 'dissociated', index: 0, id }]);
  });

  test('a late removal whose repair had no answer comes again as a whole', async () => {
    const id = await aContact();
    await deliver([linkOf(5, 'associate', id, { toType: 'companies', toId: '1', types: [manager] })]);
    const lost: HubSpotAnswer = { kind: 'unanswered', cause: 'ECONNRESET' };
    await deliver(
      [linkOf(3, 'dissociate', id, { toType: 'companies', toId: '1' })],
      hubspotThat(({ path }) => (path.endsWith('/batch/create') ? lost : undefined)),
    );
    expect(await outcomesOf(3)).toEqual([]);
    await deliverAgain();
    expect(linksOf(id)).toEqual(['companies 1 279', 'companies 1 36']);
    expect(await outcomesOf(3)).toEqual([{ kind: 'dissociated', index: 0, id }]);
  });

  test('a copy of one that was made is not sent again, nor one that a newer write has overtaken', async () => {
    const id = await aContact();
    const link: Link = { toType: 'companies', toId: '1' };
    await deliver([linkOf(4, 'dissociate', id, link)]);
    calls = [];
    await deliver([linkOf(2, 'associate', id, link), linkOf(3, 'dissociate', id, link)]);
    expect(linkCalls()).toEqual([]);
    expect(await outcomesOf(2)).toEqual([{ kind: 'superseded', index: 0, id }]);
    expect(await outcomesOf(3)).toEqual([{ kind: 'superseded', index: 0, id }]);
  });

  test('D7: one that HubSpot refuses is rejected alone', async () => {
    const id = await aContact();
    await deliver([
      linkOf(1, 'associate', id, { toType: 'companies', toId: '1', types: [plain] }),
      linkOf(2, 'associate', id, { toType: 'companies', toId: '99', types: [plain] }),
      linkOf(3, 'associate', id, { toType: 'companies', toId: '2', types: [{ ...manager, associationTypeId: 777 }] }),
    ]);
    expect(linksOf(id)).toEqual(['companies 1 279']);
    expect(await outcomesOf(1)).toMatchObject([{ kind: 'associated' }]);
    expect(await outcomesOf(2)).toMatchObject([{ kind: 'rejected', httpStatus: 400 }]);
    expect(await outcomesOf(3)).toMatchObject([{ kind: 'rejected', httpStatus: 400 }]);
  });

  test('of a contact that is not there are rejected, and so are those with a type of object that HubSpot does not know', async () => {
    const id = await aContact();
    await deliver([
      linkOf(1, 'associate', '424242', { toType: 'companies', toId: '1' }),
      linkOf(2, 'associate', id, { toType: 'unheard_of', toId: '1' }),
    ]);
    expect(await outcomesOf(1)).toMatchObject([
      {
        kind: 'rejected',
        httpStatus: 400,
        error: { context: { INVALID_OBJECT_IDS: ['CONTACT=424242 is not valid'] } },
      },
    ]);
    expect(await outcomesOf(2)).toMatchObject([{ kind: 'rejected' }]);
    await deliver([linkOf(3, 'dissociate', '424242', { toType: 'companies', toId: '1' })]);
    expect(await outcomesOf(3)).toEqual([{ kind: 'dissociated', index: 0, id: '424242' }]);
  });

  describe.each(['survivor', 'not-found'] as const)(
    'where HubSpot takes a merged id for %s',
    (mergedIdInAssociations) => {
      beforeEach(() => {
        core = aPortal({ mergedIdInAssociations });
      });

      test('of a contact that was merged away are made to the one that it became', async () => {
        const [ada, adele] = [await aContact('ada@example.com'), await aContact('adele@example.com')];
        await deliver([linkOf(1, 'associate', adele, { toType: 'companies', toId: '2' })]);
        await merge(ada, adele);
        await deliver([linkOf(2, 'associate', adele, { toType: 'companies', toId: '1' })]);
        expect(linksOf(core.resolveId(adele))).toContain('companies 1 279');
        expect(await outcomesOf(2)).toMatchObject([{ kind: 'associated' }]);
      });

      test('a late removal from a contact that was merged away finds the one that it became, and its repair reaches that', async () => {
        const [ada, adele] = [await aContact('ada@example.com'), await aContact('adele@example.com')];
        const link: Link = { toType: 'companies', toId: '1' };
        await deliver([linkOf(5, 'associate', adele, { ...link, types: [manager] })]);
        await merge(ada, adele);
        await deliver([linkOf(3, 'dissociate', adele, link)]);
        expect(queue.sent).toEqual([]);
        expect(await outcomesOf(3)).toMatchObject([{ kind: 'dissociated' }]);
        expect(linksOf(core.resolveId(adele))).toEqual(['companies 1 279', 'companies 1 36']);
      });

      test.each<[string, Link, Link, readonly string[]]>([
        ['of all', { toType: 'companies', toId: '1' }, { toType: 'companies', toId: '1', types: [manager] }, []],
        [
          'of a label',
          { toType: 'companies', toId: '1', types: [manager] },
          { toType: 'companies', toId: '1', types: [manager] },
          ['companies 1 279'],
        ],
      ])(
        'an older one by the id of a contact that was merged away undoes no newer removal %s',
        async (_, taken, made, left) => {
          const [ada, adele] = [await aContact('ada@example.com'), await aContact('adele@example.com')];
          await deliver([linkOf(1, 'associate', adele, { toType: 'companies', toId: '2' })]);
          await merge(ada, adele);
          await deliver([linkOf(5, 'dissociate', core.resolveId(ada), taken)]);
          await deliver([linkOf(3, 'associate', adele, made)]);
          expect(linksOf(core.resolveId(adele)).filter((link) => link.startsWith('companies 1'))).toEqual(left);
          expect(queue.sent).toEqual([]);
        },
      );

      test('a late removal by the id of a contact that was merged away undoes no newer association', async () => {
        const [ada, adele] = [await aContact('ada@example.com'), await aContact('adele@example.com')];
        await deliver([linkOf(1, 'associate', adele, { toType: 'companies', toId: '2' })]);
        await merge(ada, adele);
        const survivor = core.resolveId(ada);
        await deliver([linkOf(5, 'associate', survivor, { toType: 'companies', toId: '1', types: [manager] })]);
        await deliver([linkOf(3, 'dissociate', adele, { toType: 'companies', toId: '1' })]);
        expect(linksOf(survivor)).toEqual(['companies 1 279', 'companies 1 36', 'companies 2 279']);
        expect(await outcomesOf(3)).toMatchObject([{ kind: 'dissociated' }]);
      });
    },
  );

  test('D9: without an answer nothing is said of them, and they are made again', async () => {
    const id = await aContact();
    const lost: HubSpotAnswer = { kind: 'unanswered', cause: 'ECONNRESET' };
    const link: Link = { toType: 'companies', toId: '1' };
    await deliver(
      [linkOf(1, 'associate', id, link)],
      hubspotThat(({ path }) => (path.includes('/v4/') ? lost : undefined)),
    );
    expect(await outcomesOf(1)).toEqual([]);
    await deliverAgain();
    expect(linksOf(id)).toEqual(['companies 1 279']);
    expect(await outcomesOf(1)).toMatchObject([{ kind: 'associated' }]);
  });

  test('what HubSpot leaves out of its answer is looked for, and made again', async () => {
    const id = await aContact();
    const silent = answered(201, { status: 'COMPLETE', results: [] });
    const link: Link = { toType: 'companies', toId: '1', types: [manager] };
    await deliver(
      [linkOf(1, 'associate', id, link)],
      hubspotThat(({ path }) => (path.includes('/v4/') ? silent : undefined)),
    );
    expect(await outcomesOf(1)).toEqual([]);
    await deliverAgain();
    expect(await outcomesOf(1)).toMatchObject([{ kind: 'associated' }]);
  });

  test('a token without the scope of the other object holds up nobody else', async () => {
    const [ada, bob] = [await aContact('ada@example.com'), await aContact('bob@example.com')];
    const forbidden = answered(403, { category: 'MISSING_SCOPES', message: 'no' });
    await deliver(
      [
        linkOf(1, 'associate', ada, { toType: 'deals', toId: '7' }),
        linkOf(2, 'associate', bob, { toType: 'companies', toId: '1' }),
        upsertOf(3, 'eve@example.com', []),
      ],
      hubspotThat(({ path }) => (path.includes('/deals/') ? forbidden : undefined)),
    );
    expect(await outcomesOf(1)).toEqual([]);
    expect(await outcomesOf(2)).toMatchObject([{ kind: 'associated' }]);
    expect(await outcomesOf(3)).toMatchObject([{ kind: 'created' }]);
    expect(queue.sent.map(({ message }) => message.operationId)).toEqual([operationId(1)]);
    expect(log.events.some(({ event }) => event === 'associations-forbidden')).toBe(true);
  });

  test('their calls take slots of their own', async () => {
    const id = await aContact();
    const taken: string[] = [];
    const counted = (name: string) => {
      const pace = createUnboundPace(clock);
      const book: typeof pace.book = (...args) => {
        taken.push(name);
        return pace.book(...args);
      };
      return { ...pace, book };
    };
    const hubspot = hubspotThat();
    await deliver([linkOf(1, 'associate', id, { toType: 'deals', toId: '7' })], hubspot, {
      pace: counted('main'),
      linkLane: { pace: counted('links'), hubspot },
    });
    expect(taken).toEqual(['links']);
  });
});

describe('associations of an upsert', () => {
  const both = [to('1', manager), to('7', toDeal)];
  const made = [
    { toObjectType: 'companies', toObjectId: '1', outcome: 'associated' },
    { toObjectType: 'deals', toObjectId: '7', outcome: 'associated' },
  ];

  test('are made once its properties are written, and settle with them', async () => {
    await deliver([upsertOf(1, 'ada@example.com', both)]);
    expect(calls.map(({ path }) => path)).toEqual([
      '/crm/v3/objects/contacts/batch/upsert',
      '/crm/v4/associations/contacts/companies/batch/create',
      '/crm/v4/associations/contacts/deals/batch/create',
    ]);
    const [outcome] = await outcomesOf(1);
    expect(outcome).toMatchObject({ kind: 'created', associations: made });
    expect(linksOf(Object(outcome).id)).toEqual(['companies 1 279', 'companies 1 36', 'deals 7 4']);
  });

  test('of many contacts share calls', async () => {
    const messages = Array.from({ length: 30 }, (_, n) => upsertOf(n + 1, `u${n}@example.com`, both));
    await deliver(messages);
    expect(calls).toHaveLength(3);
    for (let n = 1; n <= 30; n += 1) expect(await outcomesOf(n)).toMatchObject([{ associations: made }]);
  });

  test('are not made when its properties are refused, and the error says so', async () => {
    const message = aMessage(1, 'upsert', [
      aContactWrite(1, {
        id: 'ada@example.com',
        idProperty: 'email',
        properties: { no_such_property: 'x' },
        associations: both,
      }),
    ]);
    await deliver([message]);
    expect(linkCalls()).toEqual([]);
    expect(await outcomesOf(1)).toMatchObject([
      { kind: 'rejected', error: { message: expect.stringMatching(/\(its associations were not made\)$/) } },
    ]);
  });

  test('that HubSpot refuses leave its properties and its other associations as they are', async () => {
    await deliver([upsertOf(1, 'ada@example.com', [to('1', manager), to('99', plain), to('7', toDeal)])]);
    const [outcome] = await outcomesOf(1);
    expect(outcome).toMatchObject({
      kind: 'created',
      associations: [
        { toObjectId: '1', outcome: 'associated' },
        { toObjectId: '99', outcome: 'rejected', error: { category: 'VALIDATION_ERROR' } },
        { toObjectId: '7', outcome: 'associated' },
      ],
    });
  });

  test('go on from where they were when the message was handed on between the waves', async () => {
    const down = answered(503, undefined);
    await deliver(
      [upsertOf(1, 'ada@example.com', both)],
      hubspotThat(({ path }) => (path.includes('/deals/') ? down : undefined)),
    );
    expect(await outcomesOf(1)).toEqual([]);
    expect(queue.sent[0]?.message.writes[0]?.followUp).toMatchObject({ outcome: 'created' });
    calls = [];
    await deliverAgain();
    expect(linkCalls().map(({ path }) => path)).toEqual(['/crm/v4/associations/contacts/deals/batch/create']);
    expect(calls.some(({ path }) => path.endsWith('/batch/upsert'))).toBe(false);
    expect(await outcomesOf(1)).toMatchObject([{ kind: 'created', associations: made }]);
  });

  test('are made after a crash between the waves, though the message says nothing of the first', async () => {
    const message = upsertOf(1, 'ada@example.com', both);
    const dies = new Promise<HubSpotAnswer>(() => {});
    const hubspot = hubspotThat();
    const crashing: HubSpotClient = {
      call: (request, timeout) => (request.path.includes('/associations/') ? dies : hubspot.call(request, timeout)),
    };
    void deliver([message], { call: crashing.call });
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
    expect(calls.map(({ path }) => path)).toEqual(['/crm/v3/objects/contacts/batch/upsert']);
    clock.advance(seconds(300));
    await deliver([message]);
    expect(await outcomesOf(1)).toMatchObject([{ kind: 'updated', associations: made }]);
    expect(calls.filter(({ path }) => path.endsWith('/batch/upsert'))).toHaveLength(1);
  });

  test('are made though all of its properties were overtaken, and not against a newer removal', async () => {
    await deliver([upsertOf(5, 'ada@example.com', [])]);
    const id = Object((await outcomesOf(5))[0]).id;
    await deliver([linkOf(6, 'dissociate', id, { toType: 'companies', toId: '1' })]);
    await deliver([upsertOf(2, 'ada@example.com', both)]);
    expect(await outcomesOf(2)).toMatchObject([
      { kind: 'superseded', id, associations: [{ outcome: 'superseded' }, { outcome: 'associated' }] },
    ]);
    expect(linksOf(id)).toEqual(['deals 7 4']);
  });

  test('belong to the contact that was written, also where the write gives it another e-mail', async () => {
    const id = await aContact();
    const message = aMessage(1, 'update', [
      aContactWrite(1, {
        id: 'ada@example.com',
        idProperty: 'email',
        properties: { email: 'countess@example.com' },
        associations: both,
      }),
    ]);
    await deliver([message]);
    expect(linksOf(id)).toEqual(['companies 1 279', 'companies 1 36', 'deals 7 4']);
    expect(await outcomesOf(1)).toMatchObject([{ kind: 'updated', id, associations: made }]);
  });

  test('keep what became of the lifecycle stage, also when the message is handed on between the waves', async () => {
    const staged = (n: number, stage: string, associations: readonly Association[]) => {
      const target = { id: 'ada@example.com', idProperty: 'email' };
      return aMessage(n, 'upsert', [
        aContactWrite(n, { ...target, properties: { lifecyclestage: stage }, associations }),
      ]);
    };
    await deliver([staged(1, 'customer', [])]);
    await deliver(
      [staged(2, 'lead', both)],
      hubspotThat(({ path }) => (path.includes('/associations/') ? answered(503, undefined) : undefined)),
    );
    expect(await outcomesOf(2)).toEqual([]);
    await deliverAgain();
    const stage = { kind: 'kept', sent: 'lead', stage: 'customer' };
    expect(await outcomesOf(2)).toMatchObject([{ kind: 'updated', stage, associations: made }]);
  });

  test('are kept beside HubSpot’s own answer for a caller that waits', async () => {
    await deliver([upsertOf(1, 'ada@example.com', both, { wait: true })]);
    expect(await operations.readAnswers(operationId(1))).toMatchObject([{ index: 0, body: { new: true } }]);
  });
});
