import { describe, expect, test } from '@jest/globals';
import { aPortal, CONTACTS, type Portal } from './portal.ts';

const idsFor = (portal: Portal, ...filters: object[]): string[] =>
  portal
    .post('/search', { filterGroups: [{ filters }] })
    .body.results.map((each) => each.properties['firstname'] ?? '');

function aCrowd(): Portal {
  const portal = aPortal({ searchLagMs: 0, searchesPerSecond: 100 });
  portal.create({ firstname: 'Ada', email: 'ada@one.example.com', annualrevenue: '9' });
  portal.create({ firstname: 'Bo', email: 'bo@two.example.com', annualrevenue: '10' });
  portal.create({ firstname: 'Cy' });
  return portal;
}

describe('search', () => {
  test.each([
    ['EQ', { propertyName: 'email', operator: 'EQ', value: 'ADA@one.example.com' }, ['Ada']],
    ['NEQ', { propertyName: 'email', operator: 'NEQ', value: 'ada@one.example.com' }, ['Bo']],
    ['HAS_PROPERTY', { propertyName: 'email', operator: 'HAS_PROPERTY' }, ['Ada', 'Bo']],
    ['NOT_HAS_PROPERTY', { propertyName: 'email', operator: 'NOT_HAS_PROPERTY' }, ['Cy']],
    ['IN', { propertyName: 'firstname', operator: 'IN', values: ['bo', 'cy'] }, ['Bo', 'Cy']],
    ['CONTAINS_TOKEN', { propertyName: 'email', operator: 'CONTAINS_TOKEN', value: 'two' }, ['Bo']],
    ['CONTAINS_TOKEN with a star', { propertyName: 'firstname', operator: 'CONTAINS_TOKEN', value: 'a*' }, ['Ada']],
    ['GT, by number', { propertyName: 'annualrevenue', operator: 'GT', value: '9' }, ['Bo']],
    ['LT, by number', { propertyName: 'annualrevenue', operator: 'LT', value: '10' }, ['Ada']],
  ])('filters by %s', (_, filter, expected) => {
    expect(idsFor(aCrowd(), filter)).toEqual(expected);
  });

  test('joins filters of a group by and, groups by or', () => {
    const portal = aCrowd();
    const named = (value: string) => ({ propertyName: 'firstname', operator: 'EQ', value });
    expect(idsFor(portal, named('Ada'), named('Bo'))).toEqual([]);
    const { body } = portal.post('/search', {
      filterGroups: [{ filters: [named('Ada')] }, { filters: [named('Cy')] }],
    });
    expect(body.total).toBe(2);
  });

  test('sorts and pages', () => {
    const portal = aCrowd();
    const ask = (after?: string) =>
      portal.post('/search', { sorts: [{ propertyName: 'firstname', direction: 'DESCENDING' }], limit: 2, after }).body;
    const first = ask();
    expect(first.results.map((each) => each.properties['firstname'] ?? '')).toEqual(['Cy', 'Bo']);
    expect(ask(first.paging.next.after).results).toHaveLength(1);
  });

  test('refuses an unknown operator, an unknown property and too many groups', () => {
    const portal = aCrowd();
    const filters = [{ propertyName: 'email', operator: 'LIKE', value: 'x' }];
    expect(portal.post('/search', { filterGroups: [{ filters }] }).status).toBe(400);
    expect(portal.post('/search', { filterGroups: Array(6).fill({ filters: [] }) }).status).toBe(400);
    expect(
      portal.post('/search', { filterGroups: [{ filters: [{ propertyName: 'x', operator: 'EQ', value: '1' }] }] })
        .status,
    ).toBe(400);
  });

  test('no longer finds what was archived', () => {
    const portal = aCrowd();
    const [first] = portal.post('/search', {}).body.results;
    portal.send('DELETE', `${CONTACTS}/${first.id}`);
    expect(portal.post('/search', {}).body.total).toBe(2);
  });

  test('is behind the writes by the lag', () => {
    const portal = aPortal({ searchLagMs: 1_000 });
    const id = portal.create({ firstname: 'Ada' });
    const named = (value: string) => ({ propertyName: 'firstname', operator: 'EQ', value });
    portal.advance(999);
    expect(idsFor(portal, named('Ada'))).toEqual([]);
    portal.advance(1);
    expect(idsFor(portal, named('Ada'))).toEqual(['Ada']);
    portal.send('PATCH', `${CONTACTS}/${id}`, { properties: { firstname: 'Bo' } });
    expect(idsFor(portal, named('Bo'))).toEqual([]);
    expect(idsFor(portal, named('Ada'))).toEqual(['Bo']);
  });
});

describe('property definitions', () => {
  const list = (portal: Portal) => portal.send('GET', '/crm/v3/properties/contacts').body.results;
  const definition = {
    name: 'crm_key',
    label: 'Key',
    type: 'string',
    fieldType: 'text',
    groupName: 'contactinformation',
  };

  test('tell the stages in their order and what is read-only', () => {
    const byName = new Map(list(aPortal()).map((each) => [each.name, each]));
    expect(
      byName
        .get('lifecyclestage')
        ?.options.map((option) => [option.value, option.displayOrder])
        .slice(0, 2),
    ).toEqual([
      ['subscriber', 0],
      ['lead', 1],
    ]);
    expect(byName.get('createdate')?.modificationMetadata).toMatchObject({ readOnlyValue: true });
    expect(byName.get('email')?.modificationMetadata).toMatchObject({ readOnlyValue: false });
  });

  test('a new one can be written at once', () => {
    const portal = aPortal();
    expect(portal.send('POST', '/crm/v3/properties/contacts', { ...definition, hasUniqueValue: true }).status).toBe(
      201,
    );
    expect(portal.send('GET', '/crm/v3/properties/contacts/crm_key').body.hasUniqueValue).toBe(true);
    expect(portal.post('', { properties: { firstname: 'A', crm_key: '1' } }).status).toBe(201);
  });

  test('an existing name is refused, and an eleventh unique property too', () => {
    const portal = aPortal();
    const create = (name: string) =>
      portal.send('POST', '/crm/v3/properties/contacts', { ...definition, name, hasUniqueValue: true }).status;
    expect(create('email')).toBe(409);
    const statuses = Array.from({ length: 11 }, (_, index) => create(`key_${index}`));
    expect(statuses).toEqual([...Array(10).fill(201), 400]);
  });
});
