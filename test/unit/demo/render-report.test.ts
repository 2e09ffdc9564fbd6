import { expect, test } from '@jest/globals';
import { readSample } from '../../../infra/local/demo/read-sample.ts';
import { type DemoFacts, renderReport } from '../../../infra/local/demo/render-report.ts';
import { sampleRequests } from '../../../infra/local/demo/sample-requests.ts';
import { answerContactRequest } from '../../../lib/accept/answer-contact-request.ts';
import { milliseconds } from '../../../lib/runtime/units.ts';
import { createInMemoryPorts } from '../../support/accept-ports.ts';
import { anHttpRequest } from '../../support/an-http-request.ts';
import { definitionsOf, thePortal } from '../../support/portal-definitions.ts';

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
  expect(report).toMatch(/records per call\s+61\.8 \(988 records in 16 calls, lookups and repeats included\)/);
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

test('the door refuses four contacts of the sample, and leaves faulty rows of a batch to HubSpot', async () => {
  const ports = { ...createInMemoryPorts(), definitions: definitionsOf(thePortal()) };
  const refused: string[] = [];
  for (const { method, path, body } of sampleRequests(readSample())) {
    const verb = method === 'PATCH' ? 'update' : path.endsWith('/upsert') ? 'upsert' : 'create';
    const [at = '', query = ''] = path.split('?');
    const idProperty = query === '' ? undefined : 'email';
    const request = anHttpRequest({ method, path: at, query, idProperty, json: body });
    const answer = await answerContactRequest(verb, request, ports);
    if (answer.status !== 202)
      refused.push(...(answer.body as { errors: { code: string }[] }).errors.map(({ code }) => code));
  }
  expect(refused).toEqual(['PROPERTY_DOESNT_EXIST', 'INVALID_EMAIL', 'INVALID_OPTION', 'NO_IDENTITY']);
  expect(ports.queue.sent.reduce((sum, { message }) => sum + message.writes.length, 0)).toBe(996);
});
