import { describe, expect, test } from '@jest/globals';
import { scopeOfForwarded } from '../../../lib/forward/answer-forwarded-request.ts';
import { classifyRequest } from '../../../lib/forward/classify-request.ts';

describe('a forwarded request', () => {
  test.each([
    ['GET', '/crm/v3/objects/contacts/5', 'main'],
    ['HEAD', '/crm/v3/objects/contacts', 'main'],
    ['OPTIONS', '/crm/v3/objects/contacts', 'main'],
    ['GET', '/crm/v3/objects/contacts/search', 'main'],
    ['POST', '/crm/v3/objects/contacts/batch/read', 'main'],
    ['POST', '/crm/objects/2026-03/companies/batch/read', 'main'],
    ['POST', '/crm/v3/properties/contacts/batch/read', 'main'],
    ['POST', '/crm/properties/2026-03/contacts/batch/read', 'main'],
    ['POST', '/crm/v4/objects/0-1/batch/read/', 'main'],
    ['POST', '/crm/objects/2026-09-beta/contacts/batch/read', 'main'],
    ['POST', '/crm/v3/associations/contacts/companies/batch/read', 'associations'],
    ['POST', '/crm/v3/objects/contacts/search', 'search'],
    ['POST', '/crm/v3/objects/contacts/search/', 'search'],
    ['POST', '/crm/objects/2026-03/contacts/search', 'search'],
    ['POST', '/crm/v4/associations/contacts/companies/batch/read', 'associations'],
    ['POST', '/crm/associations/2026-03/contacts/companies/batch/read', 'associations'],
    ['GET', '/crm/v4/objects/contacts/5/associations/companies', 'main'],
  ])('%s %s is a read, in the lane %s', (method, path, lane) => {
    expect(classifyRequest(method, path)).toEqual({ isRead: true, lane });
    expect(scopeOfForwarded({ method, path: `/sync${path}` })).toBe('read');
  });

  test.each([
    ['POST', '/crm/v3/objects/companies', 'main'],
    ['POST', '/crm/v3/objects/contacts/', 'main'],
    ['POST', '/crm/v3/objects/contacts/merge', 'main'],
    ['POST', '/crm/v3/objects/companies/batch/create', 'main'],
    ['PATCH', '/crm/v3/objects/companies/batch/read', 'main'],
    ['PUT', '/crm/v3/objects/contacts/search', 'main'],
    ['DELETE', '/crm/v3/objects/contacts/search', 'main'],
    ['POST', '/crm/v3/objects/contacts/batch/archive/batch/read', 'main'],
    ['POST', '/crm/objects/2026-03/contacts/merge/batch/read', 'main'],
    ['POST', '/crm/v3/objects/batch/read', 'main'],
    ['POST', '/crm/v3/lists/batch/read', 'main'],
    ['POST', '/crm/v4/associations/contacts/batch/read', 'main'],
    ['POST', '/crm/v4/associations/contacts/companies/batch/archive/batch/read', 'associations'],
    ['POST', '/crm/v3/objects/search', 'main'],
    ['POST', '/crm/v3/objects/contacts/x/search', 'main'],
    ['POST', '/crm/v3/objects/contacts%2Fx/batch%2Fread', 'main'],
    ['get', '/crm/v3/objects/contacts/5', 'main'],
    ['POST', '/crm/v4/associations/contacts/companies/batch/create', 'associations'],
    ['POST', '/crm/v3/associations/contacts/companies/batch/archive', 'associations'],
    ['PUT', '/crm/v4/objects/contacts/5/associations/companies/6', 'main'],
  ])('%s %s may change something, in the lane %s', (method, path, lane) => {
    expect(classifyRequest(method, path)).toEqual({ isRead: false, lane });
    expect(scopeOfForwarded({ method, path })).toBe('forward');
  });

  test('is judged by the path that HubSpot sees, not by how it was written', () => {
    const path = '/sync/crm/v3/objects/contacts/%62atch/rea%64';
    expect(scopeOfForwarded({ method: 'POST', path })).toBe('read');
    expect(scopeOfForwarded({ method: 'POST', path: '/crm/v3/objects/merge%2Fbatch/read%2F..' })).toBe('forward');
  });
});
