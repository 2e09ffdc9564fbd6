import { describe, expect, test } from '@jest/globals';
import { redactValues } from '../../../lib/deliver/redact-values.ts';
import { aPendingWrite } from '../../support/a-contact-write.ts';

const redact = (message: string, properties: Readonly<Record<string, string>>): string =>
  redactValues({ status: 'error', category: 'VALIDATION_ERROR', message }, aPendingWrite(1, 'create', { properties }))
    .message;

describe('an error of HubSpot’s, before it is stored', () => {
  test('names the property instead of quoting its value, however HubSpot writes it', () => {
    const properties = { email: 'Ada@Example.com', city: 'say "Ada"' };
    expect(redact('Email ada@example.com is invalid', properties)).toBe('Email <email> is invalid');
    expect(redact('[{"value":"say \\"Ada\\""}]', properties)).toBe('[{"value":"<city>"}]');
    expect(redact('value=Ada@Example.com} on 7', properties)).toBe('value=<email>} on 7');
  });

  test('keeps its words where a value only happens to be a part of them', () => {
    expect(redact('Something in there is not valid', { city: 'Here' })).toBe('Something in there is not valid');
    expect(redact('12345 is no option', { zip: '234' })).toBe('12345 is no option');
    expect(redact('Here is no option of thereabouts', { city: 'Here' })).toBe('<city> is no option of thereabouts');
  });
});
