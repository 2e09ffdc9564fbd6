import { expect, test } from '@jest/globals';
import { readSample } from '../../../infra/local/demo/read-sample.ts';
import { type DemoFacts, renderReport } from '../../../infra/local/demo/render-report.ts';
import { sampleRequests } from '../../../infra/local/demo/sample-requests.ts';
import { milliseconds } from '../../../lib/runtime/units.ts';

const door = { baseUrl: 'http://127.0.0.1:3000', apiKey: 'local-dev-key' };
const facts: DemoFacts = {
  requests: 307,
  contacts: 1_000,
  accepted: 998,
  delivered: 986,
  superseded: 0,
  rejected: 12,
  pending: 0,
  refused: 2,
  reasons: [
    'CONFLICT: Contact already exists. Existing ID: 17',
    'CONFLICT: Contact already exists. Existing ID: 18',
    'VALIDATION_ERROR: Property values were not valid: [{"isValid":false,"message":"Property \\"x\\" does not exist"}]',
  ],
  elapsed: milliseconds(8_940),
  calls: { total: 16, records: 988 },
  exampleOperation: '01JD00000000000000000000000',
};

test('the report says what became of every contact, and of which reason how many were refused', () => {
  const report = renderReport(facts, door).join('\n');
  expect(report).toContain('1,000 contacts in 307 requests, every one accounted for after 8.9 s');
  expect(report).toMatch(/accepted\s+998/);
  expect(report).toMatch(/refused by HubSpot\s+12/);
  expect(report).toContain('2 x CONFLICT: Contact already exists. Existing ID: …');
  expect(report).toContain('1 x VALIDATION_ERROR: Property "x" does not exist');
  expect(report).toMatch(/HubSpot calls\s+16, where one call a contact would have been 998/);
  expect(report).toMatch(/records per call\s+61\.8/);
  expect(report.match(/curl /g)).toHaveLength(3);
});

test('what is still open when patience ends is said, not hidden', () => {
  const report = renderReport({ ...facts, pending: 3 }, door).join('\n');
  expect(report).toContain('3 still pending');
  expect(report).not.toContain('every one accounted for');
});

test('the sample is a thousand contacts of example.com, by one and by the hundred', () => {
  const sample = readSample();
  expect(sample).toHaveLength(1_000);
  const addresses = sample
    .flatMap(({ id, properties }) => [id, properties['email']])
    .filter((each) => each !== undefined);
  expect(addresses.filter((each) => !/[@)]example\.com$/i.test(each))).toEqual([]);
  const requests = sampleRequests(sample);
  expect(requests.reduce((total, { contacts }) => total + contacts, 0)).toBe(1_000);
  expect(requests.filter(({ contacts }) => contacts === 100)).toHaveLength(7);
});
