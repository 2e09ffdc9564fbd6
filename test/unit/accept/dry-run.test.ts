import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { answerContactRequest } from '../../../lib/accept/answer-contact-request.ts';
import type { HttpRequest } from '../../../lib/accept/http-request.ts';
import type { ContactLedger, LedgerName } from '../../../lib/directory/contact-ledger.ts';
import { nameOfId, nameOfKey } from '../../../lib/directory/contact-ledger.ts';
import type { ContactId, Verb } from '../../../lib/operations/contact-write.ts';
import { after, type EpochMs, minutes } from '../../../lib/runtime/units.ts';
import { NOON } from '../../support/a-contact-write.ts';
import { createInMemoryPorts, type InMemoryPorts } from '../../support/accept-ports.ts';
import { anHttpRequest } from '../../support/an-http-request.ts';
import { createInMemoryContactLedger } from '../../support/in-memory-contact-ledger.ts';
import { aProperty, definitionsOf, thePortal } from '../../support/portal-definitions.ts';

const BATCH = '/crm/v3/objects/contacts/batch';
const DRY = { query: 'dryRun=true' };
const batch = (verb: Verb, inputs: unknown, fields: Partial<HttpRequest> = {}) =>
  anHttpRequest({ path: `${BATCH}/${verb}`, json: { inputs }, ...DRY, ...fields });
const patch = (id: string, json: unknown, idProperty?: string) =>
  anHttpRequest({ method: 'PATCH', path: `/crm/v3/objects/contacts/${id}`, json, idProperty, ...DRY });
const create = (properties: unknown, fields: Partial<HttpRequest> = {}) =>
  anHttpRequest({ json: { properties }, ...DRY, ...fields });
const byEmail = (id: string, properties: unknown = { city: 'Rome' }) => ({ id, idProperty: 'email', properties });
const send = (verb: Verb, request: HttpRequest, ports: InMemoryPorts) => answerContactRequest(verb, request, ports);

/** Ports with a ledger in which a delivery has left what it learned of contacts. */
function portsWith(ledger: ContactLedger = createInMemoryContactLedger()): InMemoryPorts {
  const definitions = definitionsOf(thePortal());
  return { ...createInMemoryPorts(), definitions, findHints: (names) => ledger.findHints(names, 'eventual') };
}

async function ledgerThatKnows(
  names: Readonly<Record<LedgerName, string>>,
  confirmedAt: EpochMs = NOON,
): Promise<ContactLedger> {
  const ledger = createInMemoryContactLedger();
  for (const [key, id] of Object.entries(names)) {
    const name = key as LedgerName;
    await ledger.acquire(name, 'a delivery', NOON, after(NOON, minutes(1)));
    await ledger.settle({ name, owner: 'a delivery', id: id as ContactId, confirmedAt, fence: new Map() });
  }
  return ledger;
}

const expectNoTrace = ({ operations, idempotency, queue }: InMemoryPorts) =>
  expect([operations.operations.size, idempotency.records.size, queue.sent.length]).toEqual([0, 0, 0]);

describe('a dry run', () => {
  test('tells of each input what would be done, and does nothing of it', async () => {
    const ports = portsWith(await ledgerThatKnows({ [nameOfKey('email', 'ada@example.com')]: '512' }));
    const inputs = [
      byEmail('Ada@Example.com'),
      byEmail('new@example.com'),
      byEmail('alan@example.com', { numberofemployees: 'a few', nick: 'Alan' }),
      byEmail('nobody'),
    ];
    const answer = await send('upsert', batch('upsert', inputs), ports);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        dryRun: true,
        status: 'COMPLETE',
        verb: 'upsert',
        accepted: false,
        counts: { total: 4, accepted: 2, refused: 2 },
        results: [
          { index: 0, outcome: 'accepted', contact: 'known', id: '512', calls: ['batch/upsert'] },
          { index: 1, outcome: 'accepted', contact: 'unknown', calls: ['batch/upsert'] },
        ],
        errors: [
          {
            index: 2,
            status: 'error',
            category: 'VALIDATION_ERROR',
            message: expect.stringMatching(/^Property values were not valid: /),
            errors: [{ code: 'INVALID_LONG' }, { code: 'PROPERTY_DOESNT_EXIST', in: 'inputs[2].properties.nick' }],
          },
          { index: 3, errors: [{ code: 'INVALID_EMAIL', in: 'inputs[3].id' }] },
        ],
        numErrors: 2,
      },
    });
    expectNoTrace(ports);
  });

  test('of one contact tells the same of it', async () => {
    const ports = portsWith();
    expect(await send('create', create({ email: 'ada@example.com' }), ports)).toMatchObject({
      status: 200,
      body: { accepted: true, counts: { total: 1, accepted: 1, refused: 0 }, results: [{ index: 0, contact: 'new' }] },
    });
    expect(await send('create', create({ nick: 'Ada' }), ports)).toMatchObject({
      status: 200,
      body: {
        accepted: false,
        counts: { total: 1, accepted: 0, refused: 1 },
        results: [],
        errors: [{ index: 0, errors: [{ code: 'PROPERTY_DOESNT_EXIST' }, { code: 'NO_IDENTITY' }] }],
      },
    });
    expectNoTrace(ports);
  });

  test('claims no Idempotency-Key and waits for nothing', async () => {
    const ports = portsWith();
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k', prefer: 'wait=10' };
    const answer = await send('create', create({ email: 'ada@example.com' }, { headers }), ports);
    expect([answer.status, answer.headers]).toEqual([200, undefined]);
    expectNoTrace(ports);
    const other = create({ email: 'alan@example.com' }, { headers, query: '' });
    expect(await send('create', other, ports)).toMatchObject({ status: 202 });
  });

  test('under /sync is one too', async () => {
    const ports = portsWith();
    const request = create({ email: 'ada@example.com' }, { path: '/sync/crm/objects/2026-03/contacts' });
    expect(await send('create', request, ports)).toMatchObject({ status: 200, body: { dryRun: true } });
    expectNoTrace(ports);
  });

  test('that is lenient tells what would be left out', async () => {
    const ports = portsWith();
    const headers = { 'content-type': 'application/json', prefer: 'handling=lenient' };
    const answer = await send(
      'upsert',
      batch('upsert', [byEmail('a@example.com', { city: 'Rome', nick: 'A' })], { headers }),
      ports,
    );
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'preference-applied': 'handling=lenient' },
      body: { accepted: true, results: [{ index: 0, warnings: [{ code: 'PROPERTY_DOESNT_EXIST' }] }], errors: [] },
    });
  });

  test('tells what HubSpot will refuse of a batch that it judges input by input', async () => {
    const inputs = ['a', 'b'].map((objectWriteTraceId, n) => ({
      ...byEmail(`${n}@example.com`, n === 0 ? { city: 'Rome' } : { nick: 'B' }),
      objectWriteTraceId,
    }));
    expect(await send('upsert', batch('upsert', inputs), portsWith())).toMatchObject({
      body: { accepted: true, counts: { accepted: 1, refused: 1 }, errors: [{ index: 1 }] },
    });
  });

  test('tells of a write that is too large, and of the others', async () => {
    const large = Object.fromEntries(Array.from({ length: 5 }, (_, n) => [`address${n}`, 'x'.repeat(60_000)]));
    const inputs = [byEmail('a@example.com', large), byEmail('b@example.com')];
    const ports = { ...portsWith(), propertyChecks: 'off' as const };
    expect(await send('upsert', batch('upsert', inputs), ports)).toMatchObject({
      status: 200,
      body: { accepted: false, results: [{ index: 1 }], errors: [{ index: 0, errors: [{ code: 'WRITE_TOO_LARGE' }] }] },
    });
    expectNoTrace(ports);
  });

  test('tells of every one of a thousand inputs, however many faults they have', async () => {
    const faulty = { createdate: '1', lastmodifieddate: '1', nick: '1', vip: '1', numberofemployees: 'x' };
    const answer = await send(
      'upsert',
      batch('upsert', Array(1_000).fill(byEmail('a@example.com', faulty))),
      portsWith(),
    );
    const { counts, errors } = answer.body as { counts: unknown; errors: { errors: unknown[] }[] };
    expect(counts).toEqual({ total: 1_000, accepted: 0, refused: 1_000 });
    expect(errors.every((error) => error.errors.length > 0)).toBe(true);
    expect(JSON.stringify(answer.body).length).toBeLessThan(5 * 1024 * 1024);
  });

  describe('of a thousand inputs whose faults would fill more than an answer', () => {
    const options = Array.from({ length: 30 }, (_, number) => `a rather long option, the ${number}th "of many"`);
    const colour = aProperty({ kind: 'option', options });
    const definitions = definitionsOf(thePortal({ colour_a: colour, colour_b: colour, colour_c: colour }));
    const faulty = { colour_a: 'x', colour_b: 'y', colour_c: 'z' };
    const inputs = Array(1_000).fill(byEmail('a@example.com', { city: 'Rome', ...faulty }));
    const tell = async (headers = {}) => {
      const request = batch('upsert', inputs, { headers: { 'content-type': 'application/json', ...headers } });
      const { status, body } = await send('upsert', request, { ...portsWith(), definitions });
      expect(status).toBe(200);
      expect(Buffer.byteLength(JSON.stringify({ body: JSON.stringify(body) }))).toBeLessThan(6_000_000);
      return body as Record<'results' | 'errors', Record<string, readonly unknown[]>[]> & { counts: unknown };
    };

    test('tells the first fault of each, and how many there are', async () => {
      const { counts, errors } = await tell();
      expect(counts).toEqual({ total: 1_000, accepted: 0, refused: 1_000 });
      expect(errors[0]?.['errors']).toHaveLength(3);
      expect(errors.every(({ errors = [] }) => errors.length > 0)).toBe(true);
      expect(errors[999]).toMatchObject({
        index: 999,
        message: expect.stringMatching(/; the first of 3 is listed$/),
        errors: [{ code: 'INVALID_OPTION', in: 'inputs[999].properties.colour_a' }],
      });
    });

    test('tells as much of what would be left out', async () => {
      const { counts, results } = await tell({ prefer: 'handling=lenient' });
      expect(counts).toEqual({ total: 1_000, accepted: 1_000, refused: 0 });
      expect(results.every(({ warnings = [] }) => warnings.length > 0)).toBe(true);
    });
  });

  test('O2: repeats no value', async () => {
    const secret = 'do-not-repeat-this';
    const inputs = [byEmail(secret, { vip: secret }), byEmail(`${secret}@example.com`, { [secret]: secret })];
    expect(JSON.stringify(await send('upsert', batch('upsert', inputs), portsWith()))).not.toContain(secret);
  });
});

describe('the contact of a dry run', () => {
  test('of a create is known when the relay knows the e-mail: HubSpot will say so too', async () => {
    const ports = portsWith(await ledgerThatKnows({ [nameOfKey('email', 'ada@example.com')]: '512' }));
    const inputs = ['ada@example.com', 'new@example.com'].map((email) => ({ properties: { email } }));
    const answer = await send('create', batch('create', [...inputs, { properties: { firstname: 'Ada' } }]), ports);
    expect((answer.body as { results: unknown }).results).toEqual([
      { index: 0, outcome: 'accepted', contact: 'known', id: '512', calls: ['batch/create'] },
      { index: 1, outcome: 'accepted', contact: 'new', calls: ['batch/create'] },
      { index: 2, outcome: 'accepted', contact: 'new', calls: ['batch/create'] },
    ]);
  });

  test.each<readonly [string, EpochMs | undefined, readonly string[]]>([
    ['was met just now', NOON, ['batch/update']],
    ['was met an hour ago', after(NOON, minutes(-60)), ['batch/read', 'batch/update']],
    ['was never met', undefined, ['batch/read', 'batch/update']],
  ])('of an update by e-mail that %s', async (_, confirmedAt, calls) => {
    const name = nameOfKey('email', 'ada@example.com');
    const ledger = confirmedAt === undefined ? undefined : await ledgerThatKnows({ [name]: '512' }, confirmedAt);
    const known = ledger === undefined ? { contact: 'unknown' } : { contact: 'known', id: '512' };
    const answer = await send(
      'update',
      patch('ada@example.com', { properties: { city: 'Rome' } }, 'email'),
      portsWith(ledger),
    );
    expect((answer.body as { results: unknown }).results).toEqual([{ index: 0, outcome: 'accepted', ...known, calls }]);
  });

  test('of an update by record id is one that the relay has met, or not', async () => {
    const ledger = await ledgerThatKnows({ [nameOfKey('email', 'ada@example.com')]: '513' });
    await ledger.point(nameOfId('512' as ContactId), nameOfKey('email', 'ada@example.com'));
    const inputs = ['512', '7'].map((id) => ({ id, properties: { city: 'Rome' } }));
    const answer = await send('update', batch('update', inputs), portsWith(ledger));
    expect((answer.body as { results: unknown }).results).toEqual([
      { index: 0, outcome: 'accepted', contact: 'known', id: '513', calls: ['batch/update'] },
      { index: 1, outcome: 'accepted', contact: 'unknown', calls: ['batch/read', 'batch/update'] },
    ]);
  });

  test('that cannot be looked up is no answer at all: whoever asks is told to ask again', async () => {
    const ports = { ...portsWith(), findHints: () => Promise.reject(new Error('the table is away')) };
    await expect(send('create', create({ email: 'ada@example.com' }), ports)).rejects.toThrow('the table is away');
  });
});

describe('a request with a dryRun', () => {
  test.each<readonly [string, HttpRequest, number, string]>([
    [
      'that is neither true nor false',
      create({ email: 'a@example.com' }, { query: 'dryRun=maybe' }),
      400,
      'INVALID_DRY_RUN dryRun',
    ],
    [
      'that is given twice',
      create({ email: 'a@example.com' }, { query: 'dryRun=true&dryRun=false' }),
      400,
      'INVALID_DRY_RUN dryRun',
    ],
    ['and no inputs', batch('create', []), 400, 'NO_INPUTS inputs'],
    ['and malformed JSON', create(null, { body: '{' }), 400, 'INVALID_JSON body'],
    [
      'and another content type',
      create({}, { headers: { 'content-type': 'text/plain' } }),
      415,
      'UNSUPPORTED_MEDIA_TYPE Content-Type',
    ],
    [
      'and a key that is none',
      create({ email: 'a@example.com' }, { headers: { 'content-type': 'application/json', 'idempotency-key': '' } }),
      400,
      'INVALID_IDEMPOTENCY_KEY Idempotency-Key',
    ],
  ])('A5: %s is refused and leaves no trace', async (_, request, status, fault) => {
    const ports = portsWith();
    const answer = await send('create', request, ports);
    expect(answer.status).toBe(status);
    const { errors } = answer.body as { errors: { code: string; in: string }[] };
    expect(errors.map(({ code, in: place }) => `${code} ${place}`)).toEqual([fault]);
    expectNoTrace(ports);
  });

  test('of false is a request like any other', async () => {
    const ports = portsWith();
    const request = create({ email: 'ada@example.com' }, { query: 'dryRun=false' });
    expect(await send('create', request, ports)).toMatchObject({ status: 202 });
    expect(ports.queue.sent).toHaveLength(1);
  });

  test('foretells what becomes of the same request without it', async () => {
    const properties = fc.dictionary(
      fc.constantFrom('firstname', 'vip', 'createdate', 'nick', 'numberofemployees', 'email'),
      fc.constantFrom('', 'true', '7', 'ada@example.com', 'x'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ properties }), { minLength: 1, maxLength: 4 }), async (inputs) => {
        const ports = portsWith();
        const foretold = await send('create', batch('create', inputs), ports);
        expectNoTrace(ports);
        const { accepted, counts } = foretold.body as { accepted: boolean; counts: { total: number } };
        expect(counts.total).toBe(inputs.length);
        const answer = await send('create', batch('create', inputs, { query: '' }), ports);
        expect(answer.status).toBe(accepted ? 202 : 400);
      }),
    );
  });
});
