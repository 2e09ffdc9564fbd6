import { describe, expect, test } from '@jest/globals';
import { answerForwardedRequest } from '../../../lib/forward/answer-forwarded-request.ts';
import { withRelayLinks } from '../../../lib/forward/relay-links.ts';
import { aRequest, forwarderTo, startServer, textOf } from './forwarding-world.ts';

const RELAY = 'https://relay.example.com';
const relinked = (text: string): string => Buffer.from(withRelayLinks(Buffer.from(text), RELAY)).toString();

describe('links to further pages', () => {
  test.each([
    [
      '{"results":[],"paging":{"next":{"after":"10","link":"https://api.hubapi.com/crm/v3/objects/contacts?after=10"}}}',
      '{"results":[],"paging":{"next":{"after":"10","link":"https://relay.example.com/crm/v3/objects/contacts?after=10"}}}',
    ],
    [
      '{ "paging": { "next": { "link": "https://api-eu1.hubapi.com/crm/v4/x", "after": "1" } } }',
      '{ "paging": { "next": { "link": "https://relay.example.com/crm/v4/x", "after": "1" } } }',
    ],
    [
      '[{"next":{"link":"http://a.example.com/crm/1"}},{"next":{"link":"http://a.example.com/crm/2"}}]',
      '[{"next":{"link":"https://relay.example.com/crm/1"}},{"next":{"link":"https://relay.example.com/crm/2"}}]',
    ],
  ])('%s leads to the relay', (text, expected) => expect(relinked(text)).toBe(expected));

  test.each([
    '{"paging":{"next":{"after":"10","link":"/crm/v3/objects/contacts?after=10"}}}',
    '{"paging":{"next":{"after":"10","link":"https://api.hubapi.com/oauth/x"}}}',
    '{"properties":{"link":"https://api.hubapi.com/crm/v3/x"}}',
    JSON.stringify({ properties: { note: '"next":{"link":"https://api.hubapi.com/crm/v3/x"}' } }),
    '{"links":{"next":"https://api.hubapi.com/crm/x"}}',
    'no JSON, with a "link"',
    '',
  ])('%s stays as it is', (text) => expect(relinked(text)).toBe(text));

  test('leave all other bytes alone, whatever their character set', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"a":"ü漢'),
      Buffer.from([0xff, 0xfe, 0x00]),
      Buffer.from('","link":1}'),
    ]);
    expect(Buffer.from(withRelayLinks(bytes, RELAY)).equals(bytes)).toBe(true);
  });

  test.each([
    ['/crm/v3/objects/contacts', 'https://relay.example.com/crm/v3/objects/contacts?after=1'],
    ['/sync/crm/v3/objects/contacts', 'https://relay.example.com/sync/crm/v3/objects/contacts?after=1'],
  ])('of %s lead back to where the caller came in', async (path, link) => {
    const next = { after: '1', link: 'https://api.hubapi.com/crm/v3/objects/contacts?after=1' };
    const hubspot = await startServer((outgoing) => outgoing.end(JSON.stringify({ paging: { next } })));
    const answer = await answerForwardedRequest(aRequest({ path }), forwarderTo(hubspot.url));
    await hubspot.close();
    expect(JSON.parse(textOf(answer))).toEqual({ paging: { next: { after: '1', link } } });
  });
});
