import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hubspotPath } from '../../../lib/forward/hubspot-path.ts';

describe('paths', () => {
  test.each([
    ['/crm/v3/objects/contacts/ada%40example.com', '/crm/v3/objects/contacts/ada%40example.com'],
    ['/crm/v3/objects/contacts/ada@example.com', '/crm/v3/objects/contacts/ada%40example.com'],
    ['/crm/v3/objects/contacts/ada+news@example.com', '/crm/v3/objects/contacts/ada%2Bnews%40example.com'],
    ['/sync/crm/v3/objects/contacts', '/crm/v3/objects/contacts'],
    ['/crm/v3/objects/contacts/', '/crm/v3/objects/contacts/'],
    ['/crm/v4/objects/contacts/5/associations/companies', '/crm/v4/objects/contacts/5/associations/companies'],
    ['/crm/v3/objects/2-3456789/7', '/crm/v3/objects/2-3456789/7'],
  ])('%s is %s at HubSpot', (path, expected) => {
    expect(hubspotPath(path)).toEqual({ kind: 'path', path: expected });
  });

  test.each([
    '/crm/../oauth/v1/token',
    '/crm/%2e%2e/oauth',
    '/oauth/v1/token',
    '//evil.example.com/crm/x',
    '/crm/%zz',
    'crm/x',
    '/sync/sync/crm/x',
    '/syncrm/x',
  ])('%s leads nowhere', (path) => {
    expect(hubspotPath(path)).toEqual({ kind: 'bad-path' });
  });

  test('an encoded slash cannot leave its segment', () => {
    expect(hubspotPath('/crm/a%2F..%2F..%2Foauth')).toEqual({ kind: 'path', path: '/crm/a%2F..%2F..%2Foauth' });
  });

  test('whatever comes, HubSpot gets a path under /crm/ or none', () => {
    const piece = fc.constantFrom(
      'crm',
      'sync',
      '..',
      '.',
      '%2e',
      '%2F',
      '\\',
      '%5C',
      '?',
      '#',
      ';',
      '@',
      'x',
      '',
      '%',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 8 }), (pieces) => {
        const target = hubspotPath(`/crm/${pieces.join('/')}`);
        if (target.kind !== 'path') return;
        const url = new URL(`https://hubspot.example.com${target.path}?q`);
        expect(url.host).toBe('hubspot.example.com');
        expect(`${url.pathname}${url.search}`).toBe(`${target.path}?q`);
        expect(url.pathname).toMatch(/^\/crm(\/|$)/);
      }),
    );
  });
});

describe('date versions', () => {
  test.each(['2025-09', '2026-03', '2026-12', '2027-03-beta'])('%s may be there', (version) => {
    const path = `/crm/objects/${version}/contacts`;
    expect(hubspotPath(path)).toEqual({ kind: 'path', path });
    expect(hubspotPath(`/sync${path}/5`)).toEqual({ kind: 'path', path: `${path}/5` });
  });

  test.each(['2026-13', '2026-00', '2026-3', '2026-031', '2026-03x', '2026-1-03'])('%s cannot be', (version) => {
    expect(hubspotPath(`/crm/objects/${version}/contacts`)).toEqual({ kind: 'bad-version' });
    expect(hubspotPath(`/sync/crm/properties/${version}/contacts`)).toEqual({ kind: 'bad-version' });
  });

  test('are not looked for in ids', () => {
    const path = '/crm/v3/objects/contacts/2026-13';
    expect(hubspotPath(path)).toEqual({ kind: 'path', path });
  });
});
