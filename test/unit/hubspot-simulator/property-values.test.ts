import { describe, expect, test } from '@jest/globals';
import { aPortal, CONTACTS } from './portal.ts';

const codesOf = (portal: ReturnType<typeof aPortal>, properties: object): string[] => {
  const { status, body } = portal.post('', { properties: { firstname: 'Ada', ...properties } });
  return status === 201 ? [] : body.errors.map((error) => error.code);
};

describe('property values', () => {
  test.each([
    ['an unknown property', { colour: 'red' }, 'PROPERTY_DOESNT_EXIST'],
    ['a read-only one', { createdate: '1' }, 'READ_ONLY_VALUE'],
    ['a number that is none', { annualrevenue: 'much' }, 'INVALID_LONG'],
    ['an option that does not exist', { hs_lead_status: 'SLEEPY' }, 'INVALID_OPTION'],
    ['a stage that does not exist', { lifecyclestage: 'friend' }, 'INVALID_OPTION'],
    ['a truth that is none', { vip: 'maybe' }, 'INVALID_OPTION'],
    ['a date that is none', { birthday: '2026-13-01' }, 'INVALID_DATE'],
    ['a date that is not midnight', { birthday: '1767225600001' }, 'INVALID_DATE'],
    ['an e-mail without a domain', { email: 'ada' }, 'INVALID_EMAIL'],
    ['an e-mail with a blank in it', { email: 'a da@example.com' }, 'INVALID_EMAIL'],
    ['a secondary e-mail that is none', { hs_additional_emails: 'a@example.com;b' }, 'INVALID_EMAIL'],
  ])('%s is refused', (_, properties, code) => {
    expect(codesOf(aPortal(), properties)).toEqual([code]);
  });

  test.each([
    ['a number', { annualrevenue: '12.5' }, { annualrevenue: '12.5' }],
    ['a JSON number', { numberofemployees: 12 }, { numberofemployees: '12' }],
    ['a JSON truth', { vip: true }, { vip: 'true' }],
    ['a day', { birthday: '1990-02-28' }, { birthday: '1990-02-28' }],
    ['a midnight', { birthday: '1767225600000' }, { birthday: '2026-01-01' }],
    ['a time', { closedate: '1767225600001' }, { closedate: '2026-01-01T00:00:00.001Z' }],
    ['a plus-tagged e-mail', { email: 'Ada+X@Example.com' }, { email: 'ada+x@example.com' }],
  ])('%s is taken and answered as text', (_, properties, stored) => {
    const portal = aPortal();
    const { status, body } = portal.post('', { properties: { firstname: 'Ada', ...properties } });
    expect(status).toBe(201);
    expect(body.properties).toMatchObject(stored);
  });

  test('a single refusal has its message, errors and keys in the observed order', () => {
    const { status, body } = aPortal().post('', { properties: { firstname: 'Ada', colour: 'red' } });
    expect(status).toBe(400);
    expect(Object.keys(body)).toEqual(['status', 'message', 'correlationId', 'errors', 'category']);
    const listed = JSON.parse(body.message.replace('Property values were not valid: ', ''));
    expect(listed).toEqual([
      {
        isValid: false,
        message: 'Property "colour" does not exist',
        error: 'PROPERTY_DOESNT_EXIST',
        name: 'colour',
        localizedErrorMessage: 'Property "colour" does not exist',
        portalId: 1_234_567,
      },
    ]);
  });

  test('texts above 65,536 characters are refused, unless set otherwise', () => {
    const company = 'x'.repeat(65_537);
    expect(codesOf(aPortal(), { company })).toEqual(['PROPERTY_VALUE_TOO_LONG']);
    expect(codesOf(aPortal(), { company: company.slice(1) })).toEqual([]);
    expect(codesOf(aPortal({ longTexts: 'accept' }), { company })).toEqual([]);
  });

  test('blanks around an e-mail and letters beyond ASCII are refused where set to', () => {
    expect(codesOf(aPortal({ emailBlanks: 'refuse' }), { email: ' a@example.com' })).toEqual(['INVALID_EMAIL']);
    expect(codesOf(aPortal({ unicodeEmails: 'refuse' }), { email: 'ü@example.com' })).toEqual(['INVALID_EMAIL']);
    expect(codesOf(aPortal(), { email: 'ü@example.com' })).toEqual([]);
  });

  test('null clears a property, or is ignored where set to', () => {
    for (const [nullValues, city] of [
      ['clear', undefined],
      ['ignore', 'Oslo'],
    ] as const) {
      const portal = aPortal({ nullValues });
      const id = portal.create({ firstname: 'Ada', city: 'Oslo' });
      expect(portal.send('PATCH', `${CONTACTS}/${id}`, { properties: { city: null } }).status).toBe(200);
      expect(portal.properties(id)?.['city']).toBe(city);
    }
  });

  test('rules of the account are enforced by 2026-09 only', () => {
    const portal = aPortal({ validationRules: { zip: '^\\d{4}$' } });
    const body = { properties: { firstname: 'Ada', zip: 'abc' } };
    expect(portal.send('POST', CONTACTS, body).status).toBe(201);
    expect(portal.send('POST', '/crm/objects/2026-03/contacts', body).status).toBe(201);
    expect(portal.send('POST', '/crm/objects/2026-09/contacts', body).status).toBe(400);
  });

  describe('lifecyclestage', () => {
    const stageAfter = (writes: string[], settings = {}) => {
      const portal = aPortal(settings);
      const id = portal.create({ email: 'a@example.com', lifecyclestage: 'customer' });
      for (const lifecyclestage of writes) {
        expect(portal.send('PATCH', `${CONTACTS}/${id}`, { properties: { lifecyclestage } }).status).toBe(200);
      }
      return portal.properties(id)?.['lifecyclestage'];
    };

    test('moves forward', () => expect(stageAfter(['evangelist'])).toBe('evangelist'));
    test('silently stays where a write would move it back', () => expect(stageAfter(['lead'])).toBe('customer'));
    test('moves back after it was cleared', () => expect(stageAfter(['', 'lead'])).toBe('lead'));
    test('moves back where set to', () => expect(stageAfter(['lead'], { lifecycleRegression: 'apply' })).toBe('lead'));
    test('notes when a stage was entered', () => {
      const portal = aPortal();
      const id = portal.create({ email: 'a@example.com', lifecyclestage: 'lead' });
      expect(portal.properties(id)?.['hs_lifecyclestage_lead_date']).toBe('2026-11-02T08:00:00.000Z');
    });
  });
});
