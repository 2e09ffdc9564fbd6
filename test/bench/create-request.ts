import { toProxyEvent } from '../../infra/local/gateway/proxy-event.ts';
import { localAccountId } from '../../infra/local/physical-names.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { benchContact } from './bench-contacts.ts';

/** The event that API Gateway makes of `POST /crm/v3/objects/contacts` (payload 2.0), the authorizer's word included. */
export function createRequestEvent(tag: string, number: number): unknown {
  const path = '/crm/v3/objects/contacts';
  return toProxyEvent(
    {
      request: {
        method: 'POST',
        path,
        query: '',
        protocol: 'HTTP/1.1',
        headers: {
          accept: 'application/json',
          'accept-encoding': 'gzip, deflate, br',
          authorization: 'Bearer bench-key',
          'content-type': 'application/json',
          host: 'relay.example.com',
          'user-agent': 'hubspot-api-client-nodejs; 14.0.1',
        },
        cookies: [],
        body: Buffer.from(JSON.stringify({ properties: benchContact(tag, number) })),
        sourceIp: '203.0.113.7',
      },
      routeKey: `POST ${path}`,
      pathParameters: {},
      receivedAt: systemClock.now(),
      apiId: 'bench',
      accountId: localAccountId,
      stage: '$default',
    },
    { principal: 'bench', scopes: 'write' },
  );
}
