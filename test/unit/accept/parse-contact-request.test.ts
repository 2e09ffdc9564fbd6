import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ContactRoute } from '../../../lib/accept/contact-route.ts';
import { isEmailAddress } from '../../../lib/accept/email-address.ts';
import { FaultList } from '../../../lib/accept/fault.ts';
import { parseContactRequest } from '../../../lib/accept/parse-contact-request.ts';
import { readBody } from '../../../lib/accept/read-body.ts';
import { VERBS } from '../../../lib/operations/contact-write.ts';
import { NOON } from '../../support/a-contact-write.ts';

const CONTEXT = { now: NOON, uniqueProperties: ['customer_no'] };
const route = (fields: Partial<ContactRoute> = {}): ContactRoute => ({
  verb: 'create',
  shape: 'batch',
  version: 'v3',
  sync: false,
  path: '/crm/v3/objects/contacts',
  ...fields,
});
const anyRoute = fc
  .record({ verb: fc.constantFrom(...VERBS), shape: fc.constantFrom('single' as const, 'batch' as const) })
  .map(route);

const propertyName = fc
  .stringMatching(/^[a-z][a-z0-9_]{0,20}$/)
  .filter((name) => !['email', 'constructor', 'prototype'].includes(name));
const legalText = fc.string({ unit: 'grapheme' });
const anyProperties = fc.dictionary(propertyName, legalText, { minKeys: 1 });
/** Values near to what is right, where a parser goes wrong more often than on noise. */
const nearly = fc.oneof(
  fc.json().map((json) => JSON.parse(json) as unknown),
  fc.record(
    {
      inputs: fc.array(
        fc.record(
          {
            id: fc.oneof(fc.string(), fc.integer(), fc.constant('ada@example.com')),
            idProperty: fc.constantFrom('email', 'customer_no', 'hs_object_id', 'phone', null, 1),
            properties: fc.oneof(anyProperties, fc.dictionary(fc.string(), fc.jsonValue())),
            occurredAt: fc.oneof(
              fc.integer(),
              fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
              fc.string(),
            ),
            objectWriteTraceId: fc.constantFrom('a', 'b', '', 1),
            associations: fc.jsonValue(),
          },
          { requiredKeys: [] },
        ),
      ),
      properties: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
);

describe('parsing an archive', () => {
  test('takes whom it is about, and nothing else', () => {
    const faults = new FaultList();
    const inputs = [
      { id: '512', properties: { firstname: 'ignored' } },
      { id: ' Ada@Example.com ', idProperty: 'email', objectWriteTraceId: 'ignored' },
      { id: 'C-7', idProperty: 'customer_no', occurredAt: '2026-11-23T11:00:00Z' },
    ];
    expect(parseContactRequest(route({ verb: 'archive' }), { inputs }, CONTEXT, faults)).toEqual([
      { index: 0, properties: {}, id: '512' },
      { index: 1, properties: {}, id: 'ada@example.com', idProperty: 'email' },
      { index: 2, properties: {}, id: 'C-7', idProperty: 'customer_no', occurredAt: Date.UTC(2026, 10, 23, 11) },
    ]);
    expect(faults.total).toBe(0);
  });

  test('of one contact needs no body', () => {
    const faults = new FaultList();
    const single = route({ verb: 'archive', shape: 'single', id: '512' });
    expect(parseContactRequest(single, undefined, CONTEXT, faults)).toEqual([{ index: 0, properties: {}, id: '512' }]);
    expect(faults.total).toBe(0);
  });
});

describe('parsing a request', () => {
  test('never throws, whatever the body', () => {
    fc.assert(
      fc.property(anyRoute, nearly, (at, body) => {
        expect(() => parseContactRequest(at, body, CONTEXT, new FaultList())).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  test('either finds a fault or returns writes that can travel', () => {
    fc.assert(
      fc.property(anyRoute, nearly, (at, body) => {
        const faults = new FaultList();
        const drafts = parseContactRequest(at, body, CONTEXT, faults);
        if (faults.total > 0) return;
        expect(drafts.length).toBeGreaterThan(0);
        for (const { id, properties } of drafts) {
          expect(at.verb === 'create' || (id !== undefined && id !== '')).toBe(true);
          expect(Object.values(properties).every((value) => typeof value === 'string')).toBe(true);
          expect(Object.keys(properties).length > 0).toBe(at.verb !== 'archive');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('brings every property over as it came', () => {
    fc.assert(
      fc.property(fc.array(anyProperties, { minLength: 1, maxLength: 5 }), (list) => {
        const faults = new FaultList();
        const inputs = list.map((properties) => ({ id: '1', properties }));
        const body = JSON.parse(JSON.stringify({ inputs }));
        const drafts = parseContactRequest(route({ verb: 'update' }), body, CONTEXT, faults);
        // Illegal characters are refused, everything else arrives.
        fc.pre(faults.total === 0);
        expect(drafts.map(({ properties }) => ({ ...properties }))).toEqual(list);
      }),
    );
  });

  test('pollutes no prototype', () => {
    const body = readBody({
      headers: { 'content-type': 'application/json' },
      body: '{"__proto__":{"polluted":1},"properties":{"firstname":"Ada","__proto__":{"polluted":1}}}',
      isBase64Encoded: false,
    });
    parseContactRequest(
      route({ shape: 'single' }),
      body.kind === 'json' ? body.value : undefined,
      CONTEXT,
      new FaultList(),
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('keeps what properties are called after things that every object has', () => {
    const body = JSON.parse('{"properties":{"firstname":"Ada","valueof":"x"}}');
    const [draft] = parseContactRequest(route({ shape: 'single' }), body, CONTEXT, new FaultList());
    expect(draft?.properties['toString']).toBeUndefined();
    expect(JSON.stringify(draft?.properties)).toBe('{"firstname":"Ada","valueof":"x"}');
  });
});

describe('an e-mail address', () => {
  test.each(['ada@example.com', 'a+b@sub.example.co', "o'brien@example.ie", 'ädä@exämple.de', ' ada@example.com '])(
    '%j is one',
    (text) => expect(isEmailAddress(text)).toBe(true),
  );
  test.each([
    '',
    'ada',
    '@example.com',
    'ada@',
    'ada@example',
    'ada@@example.com',
    'a@b@example.com',
    'a da@example.com',
    'ada@example..com',
    'ada@.com',
    'ada@example.com.',
    '<ada@example.com>',
    `${'a'.repeat(250)}@b.co`,
  ])('%j is none', (text) => expect(isEmailAddress(text)).toBe(false));
});
