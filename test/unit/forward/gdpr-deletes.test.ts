import { describe, expect, test } from '@jest/globals';
import { answerForwardedRequest, scopeOfForwarded } from '../../../lib/forward/answer-forwarded-request.ts';
import { aRequest, forwarderTo } from './forwarding-world.ts';

/** Nobody listens there: what is forwarded all the same fails with 503. */
const NOWHERE = 'http://127.0.0.1:1';

const WAYS = [
  '/crm/v3/objects/contacts/gdpr-delete',
  '/crm/v3/objects/contact/gdpr-delete',
  '/crm/v3/objects/0-1/gdpr-delete',
  '/crm/v4/objects/contacts/gdpr-delete',
  '/crm/objects/2026-03/contacts/gdpr-delete',
  '/crm/objects/2026-09/0-1/gdpr-delete/',
  '/sync/crm/v3/objects/CONTACTS/GDPR-Delete',
  '/crm/v3/objects/contacts//gdpr-delete',
  '/crm/v3/objects/contacts/%67dpr%2Ddelete',
  '/crm/v3/objects/contacts%2Fgdpr-delete',
  '/crm/v3/objects/contacts/gdpr-delete%20',
  '/crm/v3/objects/contacts/gdpr-delete;a=b',
  '/crm/v3/objects/p1_people/gdpr-delete',
];

describe('a GDPR delete is never forwarded', () => {
  test.each(WAYS)('%s is refused while the setting is off, which is named', async (path) => {
    const request = aRequest({ method: 'POST', path, body: '{"objectId":"5"}' });
    const { status, body } = await answerForwardedRequest(request, forwarderTo(NOWHERE));
    expect(status).toBe(403);
    expect(body).toMatchObject({
      status: 'error',
      category: 'FORBIDDEN',
      message: expect.stringContaining('gdprDelete=on'),
    });
  });

  test.each(WAYS)('%s is sent to the queue’s own route while it is on', async (path) => {
    const request = aRequest({ method: 'POST', path, body: '{"objectId":"5"}' });
    const { status, body } = await answerForwardedRequest(request, { ...forwarderTo(NOWHERE), gdprDelete: 'on' });
    expect(status).toBe(403);
    expect(body).toMatchObject({ message: expect.stringContaining('POST /crm/v3/objects/contacts/gdpr-delete') });
  });

  test.each(WAYS)('%s needs no scope to be refused', (path) => {
    expect(scopeOfForwarded({ method: 'POST', path })).toBeUndefined();
  });

  test.each([
    ['GET', '/crm/v3/objects/contacts/gdpr-delete@example.com'],
    ['GET', '/crm/v3/objects/contacts/gdpr-delete'],
    ['POST', '/crm/v3/objects/contacts/gdpr-delete-me/associations'],
    ['POST', '/crm/v3/objects/contacts/merge'],
  ])('%s %s is none', (method, path) => {
    expect(scopeOfForwarded({ method, path })).toBeDefined();
  });
});
