import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkValues } from '../../../infra/local/hubspot/core/check-values.ts';
import { defaultSettings } from '../../../infra/local/hubspot/core/settings.ts';
import { standardDefinitions } from '../../../infra/local/hubspot/core/standard-properties.ts';
import { checkValue, MAX_TEXT_LENGTH } from '../../../lib/portal/check-value.ts';
import { aProperty, thePortal } from '../../support/portal-definitions.ts';

/** E-mails have a check of their own, before this one. */
const NOT_HERE = new Set(['email', 'hs_additional_emails']);
const simulated = new Map(
  standardDefinitions.filter(({ name }) => !NOT_HERE.has(name)).map((each) => [each.name, each]),
);
const portal = thePortal();

/** What HubSpot's simulator says against a value, with the value taken out of its sentence. */
function saidByHubSpot(name: string, value: string) {
  const [fault] = checkValues(simulated, { [name]: value }, defaultSettings, false).faults;
  if (fault === undefined) return undefined;
  const { code, message } = fault;
  const quotes = ['INVALID_LONG', 'INVALID_DATE', 'INVALID_OPTION'].includes(code);
  return { code, message: quotes ? `<${name}>${message.slice(value.length)}` : message };
}

function saidAtTheDoor(name: string, value: string) {
  const fault = checkValue(name, value, portal.properties.get(name));
  return fault === undefined ? undefined : { code: fault.code, message: fault.message };
}

const anyName = fc.oneof(fc.constantFrom(...simulated.keys()), fc.constantFrom('favourite_colour', 'x'));
const nearly = fc.oneof(
  fc.constantFrom(
    '',
    'true',
    'false',
    'Yes',
    'lead',
    'customer',
    'Lead',
    'NEW',
    ';lead',
    'a few',
    '1e3',
    '0',
    '-1',
    '1,000',
    'NaN',
  ),
  fc.constantFrom('2026-11-23', '2026-13-01', '1795392000000', '1795392000001', '2026-11-23T12:00:00Z', 'yesterday'),
  fc.integer().map(String),
  fc.double().map(String),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.string(),
);

describe('a value', () => {
  test('is refused at the door only where HubSpot refuses it, with HubSpot’s code and sentence', () => {
    fc.assert(
      fc.property(anyName, nearly, (name, value) => {
        const said = saidAtTheDoor(name, value);
        if (said !== undefined) expect(said).toEqual(saidByHubSpot(name, value));
      }),
      { numRuns: 2_000 },
    );
  });

  test('is let through that HubSpot refuses only where its form is documented nowhere', () => {
    fc.assert(
      fc.property(anyName, nearly, (name, value) => {
        const isUnsettled =
          value !== value.trim() ||
          (portal.properties.get(name)?.kind === 'date' && /^\d{4}-\d{2}-\d{2}./.test(value)) ||
          name === 'hs_merged_object_ids' ||
          // Its options are the portal's users, which its definition does not list.
          name === 'hubspot_owner_id';
        if (!isUnsettled && saidAtTheDoor(name, value) === undefined) {
          expect(saidByHubSpot(name, value)).toBeUndefined();
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['favourite_colour', 'green', 'PROPERTY_DOESNT_EXIST'],
    ['createdate', '2026-11-23', 'READ_ONLY_VALUE'],
    ['createdate', '', 'READ_ONLY_VALUE'],
    ['numberofemployees', 'a few', 'INVALID_LONG'],
    ['numberofemployees', ' ', 'INVALID_LONG'],
    ['birthday', 'yesterday', 'INVALID_DATE'],
    ['birthday', '1795392000001', 'INVALID_DATE'],
    ['closedate', 'soon', 'INVALID_DATE'],
    ['vip', 'maybe', 'INVALID_OPTION'],
    ['lifecyclestage', 'very_interested', 'INVALID_OPTION'],
    ['city', 'x'.repeat(MAX_TEXT_LENGTH + 1), 'PROPERTY_VALUE_TOO_LONG'],
  ])('%s of %.20j is %s', (name, value, code) => expect(saidAtTheDoor(name, value)?.code).toBe(code));

  test.each([
    ['numberofemployees', ''],
    ['numberofemployees', '12.5'],
    ['birthday', '2026-11-23'],
    ['birthday', '1795392000000'],
    ['closedate', '2026-11-23T12:00:00Z'],
    ['closedate', '1795392000001'],
    ['vip', 'true'],
    ['lifecyclestage', 'lead'],
    ['city', 'x'.repeat(MAX_TEXT_LENGTH)],
  ])('%s of %.20j passes', (name, value) => expect(saidAtTheDoor(name, value)).toBeUndefined());

  test('of several options has to consist of them, and may add to those that are chosen', () => {
    const several = aProperty({ kind: 'options', options: ['red', 'green'] });
    for (const value of ['red', 'red;green', ';green', 'green;']) {
      expect(checkValue('colours', value, several)).toBeUndefined();
    }
    for (const value of ['blue', 'red;blue', 'red,green']) {
      expect(checkValue('colours', value, several)).toMatchObject({
        code: 'INVALID_OPTION',
        message: '<colours> was not one of the allowed options: [red, green]',
      });
    }
  });

  test('passes where the options are not known, and where the type is none that is known', () => {
    expect(checkValue('owner', '7', aProperty({ kind: 'option' }))).toBeUndefined();
    expect(checkValue('json', '{', aProperty({ kind: 'other' }))).toBeUndefined();
  });

  test('is not told all of a long list of options', () => {
    const options = Array.from({ length: 5_000 }, (_, number) => `option_${number}`);
    const { message = '' } = checkValue('country', 'x', aProperty({ kind: 'option', options })) ?? {};
    expect(message).toMatch(/option_19, and 4980 more\]$/);
  });

  test('is not told of options that would fill an answer by themselves', () => {
    const long = (number: number) => `${number}`.repeat(450);
    const { message = '' } =
      checkValue('country', 'x', aProperty({ kind: 'option', options: [long(1), long(2), 'c'] })) ?? {};
    expect(message).toBe(`<country> was not one of the allowed options: [${long(1)}, and 2 more]`);
    expect(checkValue('country', 'x', aProperty({ kind: 'option', options: [long(12), 'b'] }))?.message).toBe(
      '<country> was not one of the allowed options: [2 more]',
    );
  });

  test('of thousands of options is compared with each option once, not once for each that it chooses', () => {
    let looks = 0;
    const listed = Array.from({ length: 3_000 }, (_, number) => `option_${number}`);
    const options = new Proxy(listed, {
      get: (list, key) => {
        looks += 1;
        return Reflect.get(list, key);
      },
    });
    const colours = aProperty({ kind: 'options', options });
    const value = Array(5_000).fill('option_2999').join(';');
    expect(checkValue('colours', value, colours)).toBeUndefined();
    expect(checkValue('colours', `${value};blue`, colours)).toMatchObject({ code: 'INVALID_OPTION' });
    expect(looks).toBeLessThan(10 * listed.length);
  });

  test('only a name and an option can be newer than the definitions', () => {
    const outdated = [...simulated.keys(), 'favourite_colour'].flatMap((name) => {
      const fault = checkValue(name, '?', portal.properties.get(name));
      return fault?.mayBeOutdated === true ? [fault.code] : [];
    });
    expect(new Set(outdated)).toEqual(new Set(['PROPERTY_DOESNT_EXIST', 'INVALID_OPTION']));
  });
});
