import { describe, expect, test } from '@jest/globals';
import { aPortal, CONTACTS, type Portal } from './portal.ts';

const PROPERTIES = '/crm/v3/properties/contacts';
const size = { name: 'size', label: 'Size', type: 'string', fieldType: 'text', groupName: 'contactinformation' };

const define = (portal: Portal, more: object = {}) => portal.send('POST', PROPERTIES, { ...size, ...more });
const optionsOf = (...values: string[]) => values.map((value) => ({ label: value, value, hidden: false }));
const codeOf = (portal: Portal, properties: object): string | undefined => {
  const { status, body } = portal.post('', { properties: { firstname: 'Ada', ...properties } });
  return status === 201 ? undefined : body.errors[0].code;
};

describe('the properties of a new portal', () => {
  test.each([
    ['hs_additional_emails', { type: 'enumeration', options: [] }, {}],
    ['hubspot_owner_id', { type: 'enumeration', externalOptions: true, referencedObjectType: 'OWNER' }, {}],
    ['hs_object_id', { type: 'number' }, { readOnlyValue: true }],
    ['num_associated_deals', { type: 'number', calculated: true }, { readOnlyValue: true }],
    ['hs_pinned_engagement_id', { type: 'number', calculated: false }, { readOnlyValue: false }],
    ['lifecyclestage', { fieldType: 'radio' }, { readOnlyOptions: false, readOnlyDefinition: true, archivable: false }],
    ['vip', { hubspotDefined: false }, { archivable: true, readOnlyDefinition: false }],
  ])('has %s', (name, definition, modificationMetadata) => {
    const { status, body } = aPortal().send('GET', `${PROPERTIES}/${name}`);
    expect([status, body]).toMatchObject([200, { name, archived: false, ...definition, modificationMetadata }]);
  });

  test('has the lifecycle stages in their order', () => {
    const { options } = aPortal().send('GET', `${PROPERTIES}/lifecyclestage`).body;
    expect(options.map(({ value, displayOrder }) => `${displayOrder} ${value}`)).toEqual([
      '0 subscriber',
      '1 lead',
      '2 marketingqualifiedlead',
      '3 salesqualifiedlead',
      '4 opportunity',
      '5 customer',
      '6 evangelist',
      '7 other',
    ]);
  });

  test('refuses what HubSpot works out itself, and takes an owner by number though it lists none', () => {
    const portal = aPortal();
    expect(codeOf(portal, { num_notes: '1' })).toBe('READ_ONLY_VALUE');
    expect(codeOf(portal, { hubspot_owner_id: '4711' })).toBeUndefined();
    expect(codeOf(portal, { hubspot_owner_id: 'ada' })).toBe('INVALID_OPTION');
    expect(codeOf(portal, { hs_buying_role: 'CHAMPION;END_USER' })).toBeUndefined();
  });
});

describe('a property', () => {
  test.each([
    ['a group that is not there', { groupName: 'nowhere' }],
    ['a field type that does not go with its type', { fieldType: 'checkbox' }],
    ['a name with a capital', { name: 'Size' }],
    ['one value for two options', { type: 'enumeration', fieldType: 'select', options: optionsOf('s', 's') }],
    ['a type that does not exist', { type: 'colour' }],
  ])('with %s is refused', (_, more) => {
    const portal = aPortal();
    expect(define(portal, more).status).toBe(400);
    expect(portal.send('GET', `${PROPERTIES}/size`).status).toBe(404);
  });

  test('of truths has its two options without being told', () => {
    const portal = aPortal();
    expect(define(portal, { type: 'bool', fieldType: 'booleancheckbox' }).body.options).toHaveLength(2);
    expect(codeOf(portal, { size: 'true' })).toBeUndefined();
  });

  test('can be changed, and its new options hold at once', () => {
    const portal = aPortal();
    define(portal, { type: 'enumeration', fieldType: 'select', options: optionsOf('s') });
    portal.advance(1_000);
    const { status, body } = portal.send('PATCH', `${PROPERTIES}/size`, {
      label: 'Shoe size',
      options: optionsOf('s', 'm'),
    });
    expect([status, body]).toMatchObject([200, { label: 'Shoe size', updatedAt: '2026-11-02T08:00:01.000Z' }]);
    expect(codeOf(portal, { size: 'm' })).toBeUndefined();
    expect(portal.send('PATCH', `${PROPERTIES}/size`, { groupName: 'nowhere' }).status).toBe(400);
    expect(portal.send('PATCH', `${PROPERTIES}/nothing`, { label: 'x' }).status).toBe(404);
  });

  test('of HubSpot’s own has options that can be changed only where they are meant to be, and nothing else', () => {
    const portal = aPortal();
    const stages = { options: optionsOf('other', 'lead') };
    expect(portal.send('PATCH', `${PROPERTIES}/lifecyclestage`, stages).status).toBe(200);
    const id = portal.create({ firstname: 'Ada', lifecyclestage: 'lead' });
    portal.send('PATCH', `${CONTACTS}/${id}`, { properties: { lifecyclestage: 'other' } });
    expect(portal.properties(id)?.['lifecyclestage']).toBe('lead');
    expect(portal.send('PATCH', `${PROPERTIES}/hs_marketable_status`, { options: optionsOf('x') }).status).toBe(400);
    expect(portal.send('PATCH', `${PROPERTIES}/email`, { label: 'Mail' }).status).toBe(400);
    expect(portal.send('DELETE', `${PROPERTIES}/email`).status).toBe(400);
  });

  test('that is archived takes no values and is shown apart', () => {
    const portal = aPortal();
    define(portal);
    expect(portal.send('DELETE', `${PROPERTIES}/size`)).toMatchObject({ status: 204, body: '' });
    expect(codeOf(portal, { size: '1' })).toBe('PROPERTY_DOESNT_EXIST');
    expect(portal.send('GET', `${PROPERTIES}/size`).status).toBe(404);
    expect(portal.send('GET', `${PROPERTIES}/size?archived=true`).body).toMatchObject({ archived: true });
    expect(portal.send('GET', `${PROPERTIES}?archived=true`).body.results.map(({ name }) => name)).toEqual(['size']);
    expect(portal.send('DELETE', `${PROPERTIES}/size`).status).toBe(404);
    expect(define(portal).status).toBe(201);
    expect(codeOf(portal, { size: '1' })).toBeUndefined();
  });

  test('that is archived keeps its name, and archiving it again is nothing new, where set to', () => {
    const portal = aPortal({ archivedPropertyNames: 'taken', archiveUnknownProperty: 'ok' });
    define(portal);
    for (const status of [204, 204]) expect(portal.send('DELETE', `${PROPERTIES}/size`).status).toBe(status);
    expect(define(portal).status).toBe(409);
  });

  test('that was unique finds nobody any more once it is archived, and makes room for another', () => {
    const portal = aPortal();
    for (let index = 0; index < 10; index += 1) define(portal, { name: `key_${index}`, hasUniqueValue: true });
    portal.create({ firstname: 'Ada', key_0: 'K' });
    expect(define(portal, { name: 'key_10', hasUniqueValue: true }).status).toBe(400);
    portal.send('DELETE', `${PROPERTIES}/key_0`);
    expect(portal.send('GET', `${CONTACTS}/K?idProperty=key_0`).status).toBe(400);
    expect(define(portal, { name: 'key_0', hasUniqueValue: true }).status).toBe(201);
    expect(portal.send('GET', `${CONTACTS}/K?idProperty=key_0`).status).toBe(404);
  });
});

describe('batches of properties', () => {
  const batch = (portal: Portal, name: string, inputs: object[], more: object = {}) =>
    portal.send('POST', `${PROPERTIES}/batch/${name}`, { inputs, ...more });

  test('create each for itself', () => {
    const portal = aPortal();
    const inputs = [{ ...size }, { ...size, name: 'weight' }, { ...size, name: 'weight' }, { ...size, name: 'email' }];
    const { status, body } = batch(portal, 'create', inputs);
    expect([status, body.results.map(({ name }) => name)]).toEqual([207, ['size', 'weight']]);
    expect(body.errors.map(({ category, context }) => [category, context['name']])).toEqual([
      ['OBJECT_ALREADY_EXISTS', ['weight']],
      ['OBJECT_ALREADY_EXISTS', ['email']],
    ]);
  });

  test('make no more than ten unique ones', () => {
    const inputs = Array.from({ length: 11 }, (_, index) => ({ ...size, name: `key_${index}`, hasUniqueValue: true }));
    expect(batch(aPortal(), 'create', inputs)).toMatchObject({ status: 207, body: { numErrors: 1 } });
  });

  test('read by name, and tell what is not there', () => {
    const portal = aPortal();
    const { status, body } = batch(portal, 'read', [{ name: 'email' }, { name: 'size' }], { archived: false });
    expect([status, body.results.map(({ name }) => name), body.errors[0].context]).toEqual([
      207,
      ['email'],
      { name: ['size'] },
    ]);
  });

  test('archive with 204 whatever was there', () => {
    const portal = aPortal();
    define(portal);
    expect(batch(portal, 'archive', [{ name: 'size' }, { name: 'nothing' }]).status).toBe(204);
    const read = batch(portal, 'read', [{ name: 'size' }], { archived: true });
    expect([read.status, read.body.results[0].name]).toEqual([200, 'size']);
  });
});

describe('groups of properties', () => {
  const GROUPS = `${PROPERTIES}/groups`;

  test('can be made, changed, used and, when they are empty, archived', () => {
    const portal = aPortal();
    const made = portal.send('POST', GROUPS, { name: 'sizes', label: 'Sizes' });
    expect([made.status, made.body]).toEqual([
      201,
      { name: 'sizes', label: 'Sizes', displayOrder: -1, archived: false },
    ]);
    expect(portal.send('POST', GROUPS, { name: 'sizes', label: 'Sizes' }).status).toBe(409);
    expect(portal.send('PATCH', `${GROUPS}/sizes`, { displayOrder: 3 }).body).toMatchObject({ displayOrder: 3 });
    expect(define(portal, { groupName: 'sizes' }).status).toBe(201);
    expect(portal.send('DELETE', `${GROUPS}/sizes`).status).toBe(400);
    portal.send('DELETE', `${PROPERTIES}/size`);
    expect(portal.send('DELETE', `${GROUPS}/sizes`).status).toBe(204);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      expect(portal.send(method, `${GROUPS}/sizes`, {}).status).toBe(404);
    }
  });

  test('are listed with those that every portal has', () => {
    const names = aPortal()
      .send('GET', GROUPS)
      .body.results.map(({ name }) => name);
    expect(names).toContain('contactinformation');
  });
});
