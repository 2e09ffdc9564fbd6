import type { HttpRequest } from '../../lib/accept/http-request.ts';
import { seconds } from '../../lib/runtime/units.ts';

/** A request to create one contact; `json` is sent as its body. */
export function anHttpRequest(fields: Partial<HttpRequest> & { readonly json?: unknown } = {}): HttpRequest {
  const { json = { properties: { email: 'ada@example.com' } }, headers, ...rest } = fields;
  return {
    method: 'POST',
    path: '/crm/v3/objects/contacts',
    query: '',
    body: JSON.stringify(json),
    isBase64Encoded: false,
    principal: 'shop',
    correlationId: '0193a0f0-0000-7000-8000-000000000001',
    remainingTime: () => seconds(29),
    ...rest,
    headers: { 'content-type': 'application/json', ...headers },
  };
}
