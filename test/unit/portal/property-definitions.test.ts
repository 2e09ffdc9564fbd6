import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lifecycleStages } from '../../../infra/local/hubspot/core/standard-properties.ts';
import { packDefinitions, unpackDefinitions } from '../../../lib/portal/pack-definitions.ts';
import {
  type PortalDefinitions,
  type PropertyDefinition,
  STAGE_PROPERTY,
  stagesInOrder,
  uniquePropertiesOf,
  VALUE_KINDS,
} from '../../../lib/portal/property-definitions.ts';
import { readPropertyList } from '../../../lib/portal/read-property-list.ts';
import { NOON } from '../../support/a-contact-write.ts';
import { aProperty, thePortal } from '../../support/portal-definitions.ts';

const listed = (property: object) =>
  readPropertyList({ results: [{ name: 'it', type: 'string', ...property }] })?.get('it');

describe('HubSpot’s list of properties', () => {
  test.each([
    ['string', 'text', 'text'],
    ['phone_number', 'phonenumber', 'text'],
    ['number', 'calculation_equation', 'number'],
    ['bool', 'booleancheckbox', 'option'],
    ['enumeration', 'radio', 'option'],
    ['enumeration', 'checkbox', 'options'],
    ['date', 'date', 'date'],
    ['datetime', 'date', 'datetime'],
    ['object_coordinates', 'text', 'other'],
  ])('has %s (%s) values', (type, fieldType, kind) => {
    expect(listed({ type, fieldType })).toEqual(
      aProperty({ kind: VALUE_KINDS.find((each) => each === kind) ?? 'other' }),
    );
  });

  test('tells who may write a property, and whether it names a contact', () => {
    expect(listed({ hasUniqueValue: true, modificationMetadata: { readOnlyValue: true, archivable: false } })).toEqual(
      aProperty({ isReadOnly: true, isUnique: true }),
    );
  });

  test('has options in HubSpot’s order, those without a place last', () => {
    const options = [
      { value: 'late', displayOrder: -1 },
      { value: 'third', displayOrder: 7 },
      { value: 'first', displayOrder: 0 },
      { value: 'second', displayOrder: 3, hidden: true },
      { value: 'later' },
    ];
    expect(listed({ type: 'enumeration', fieldType: 'select', options })?.options).toEqual([
      'first',
      'second',
      'third',
      'late',
      'later',
    ]);
  });

  test('does not tell all options that are kept elsewhere', () => {
    const owner = { type: 'enumeration', fieldType: 'select', externalOptions: true, options: [{ value: '7' }] };
    expect(listed(owner)).toEqual(aProperty({ kind: 'option' }));
  });

  test.each([undefined, null, 'text', [], {}, { results: {} }, { results: [{ name: 1 }] }])('is not %j', (body) => {
    expect(readPropertyList(body)).toBeUndefined();
  });

  test('tells the lifecycle stages, first to last, and nothing where they are unknown', () => {
    expect(stagesInOrder(thePortal())).toEqual(lifecycleStages);
    expect(stagesInOrder({ readAt: NOON, properties: new Map() })).toEqual([]);
  });

  test('tells which properties name a contact', () => {
    const portal = thePortal({
      erp_id: aProperty({ isUnique: true }),
      hash: aProperty({ isUnique: true, isReadOnly: true }),
    });
    expect(uniquePropertiesOf(portal, false)).toEqual(['hs_object_id', 'erp_id', 'hash']);
    expect(uniquePropertiesOf(portal, true)).toEqual(['erp_id']);
  });
});

const anyDefinition: fc.Arbitrary<PropertyDefinition> = fc.record(
  {
    kind: fc.constantFrom(...VALUE_KINDS),
    isReadOnly: fc.boolean(),
    isUnique: fc.boolean(),
    options: fc.array(fc.string(), { minLength: 1 }),
  },
  { requiredKeys: ['kind', 'isReadOnly', 'isUnique'] },
);

describe('packed definitions', () => {
  test('are the same when they are unpacked', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]*$/), anyDefinition), (properties) => {
        const definitions = { readAt: NOON, properties: new Map(Object.entries(properties)) };
        expect(unpackDefinitions(packDefinitions(definitions), NOON)).toEqual(definitions);
      }),
    );
  });

  test('of two thousand properties, a quarter of them with twenty options, take a fraction of an item', () => {
    const options = (number: number) => Array.from({ length: 20 }, (_, at) => `option ${number} of ${at} in the list`);
    const properties = Array.from({ length: 2_000 }, (_, number): [string, PropertyDefinition] => [
      `custom_property_number_${number}`,
      number % 4 === 0 ? aProperty({ kind: 'option', options: options(number) }) : aProperty(),
    ]);
    expect(packDefinitions({ readAt: NOON, properties: new Map(properties) }).length).toBeLessThan(100 * 1024);
  });

  test('that would not fit lose the longest lists of options, and never the stages', () => {
    const random = (length: number, seed: number) =>
      Array.from({ length }, (_, at) => `${(seed + 1) * 7_919}${Math.imul(at + 1, 2_654_435_761 + seed)}`);
    const portal: PortalDefinitions = {
      readAt: NOON,
      properties: new Map([
        [STAGE_PROPERTY, aProperty({ kind: 'option', options: random(900, 0) })],
        ['small', aProperty({ kind: 'option', options: ['a', 'b'] })],
        ...Array.from({ length: 5 }, (_, seed): [string, PropertyDefinition] => [
          `large_${seed}`,
          aProperty({ kind: 'option', isReadOnly: true, options: random(1_000, seed + 1) }),
        ]),
      ]),
    };
    const most = packDefinitions(portal).length - 1;
    const once = unpackDefinitions(packDefinitions(portal, most), NOON).properties;
    expect([...once.values()].filter(({ options }) => options === undefined)).toEqual([
      aProperty({ kind: 'option', isReadOnly: true }),
    ]);
    const tight = packDefinitions(portal, 12 * 1024);
    expect(tight.length).toBeLessThanOrEqual(12 * 1024);
    const left = unpackDefinitions(tight, NOON).properties;
    expect([...left.keys()]).toEqual([...portal.properties.keys()]);
    expect(left.get(STAGE_PROPERTY)).toEqual(portal.properties.get(STAGE_PROPERTY));
  });
});
