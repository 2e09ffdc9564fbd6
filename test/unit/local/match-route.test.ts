import { describe, expect, test } from '@jest/globals';
import { matchRoute, parseRouteKey } from '../../../infra/local/gateway/match-route.ts';

const routes = [
  '$default',
  'ANY /crm/{proxy+}',
  'POST /crm/v3/objects/contacts',
  'POST /crm/v3/objects/contacts/batch/create',
  'PATCH /crm/v3/objects/contacts/{id}',
  'ANY /crm/v3/objects/contacts/{id}',
  'POST /crm/objects/{version}/contacts',
].map((routeKey) => ({ pattern: parseRouteKey(routeKey) }));

const match = (method: string, path: string, among = routes) => {
  const found = matchRoute(among, method, path);
  return found && [found.route.pattern.routeKey, found.pathParameters];
};

describe('the route of a request', () => {
  test.each([
    ['exact before greedy', 'POST', '/crm/v3/objects/contacts', 'POST /crm/v3/objects/contacts', {}],
    [
      'a variable before greedy',
      'PATCH',
      '/crm/v3/objects/contacts/5',
      'PATCH /crm/v3/objects/contacts/{id}',
      { id: '5' },
    ],
    ['a method before ANY', 'GET', '/crm/v3/objects/contacts/5', 'ANY /crm/v3/objects/contacts/{id}', { id: '5' }],
    ['greedy for the rest', 'GET', '/crm/v3/objects/deals/1', 'ANY /crm/{proxy+}', { proxy: 'v3/objects/deals/1' }],
    [
      'a variable inside',
      'POST',
      '/crm/objects/2026-03/contacts',
      'POST /crm/objects/{version}/contacts',
      { version: '2026-03' },
    ],
    ['$default last', 'GET', '/elsewhere', '$default', {}],
    [
      'greedy for another method',
      'GET',
      '/crm/v3/objects/contacts',
      'ANY /crm/{proxy+}',
      { proxy: 'v3/objects/contacts' },
    ],
  ])('is %s', (_, method, path, routeKey, parameters) => {
    expect(match(method, path)).toEqual([routeKey, parameters]);
  });

  test('has its parameters decoded, a slash inside of one included', () => {
    expect(match('PATCH', '/crm/v3/objects/contacts/a%2Bb%2Fc%40example.com')?.[1]).toEqual({
      id: 'a+b/c@example.com',
    });
  });

  test('is none where no route fits: a greedy or a variable segment needs something', () => {
    const without = routes.filter(({ pattern }) => !pattern.isDefault);
    expect(match('GET', '/crm', without)).toBeUndefined();
    expect(match('GET', '/crm/', without)).toBeUndefined();
    expect(match('GET', '/operations/1', without)).toBeUndefined();
  });
});
