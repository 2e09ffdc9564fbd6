import { describe, expect, test } from '@jest/globals';
import { aPortal, CONTACTS } from './portal.ts';

describe('a read', () => {
  test('finds by record id, e-mail and a unique property, and by nothing else', () => {
    const portal = aPortal();
    portal.defineKey('crm_key');
    const id = portal.create({ email: 'a@example.com', crm_key: 'K 1' });
    for (const path of [
      id,
      'A@example.com?idProperty=email',
      'K%201?idProperty=crm_key',
      `${id}?idProperty=hs_object_id`,
    ]) {
      expect(portal.send('GET', `${CONTACTS}/${path}`)).toMatchObject({ status: 200, body: { id } });
    }
    expect(portal.send('GET', `${CONTACTS}/x?idProperty=city`).status).toBe(400);
    expect(portal.send('GET', `${CONTACTS}/%E0%A4%A`).status).toBe(404);
  });

  test('of archived contacts shows them and no others', () => {
    const portal = aPortal();
    const [a, b] = [portal.create({ firstname: 'a' }), portal.create({ firstname: 'b' })];
    portal.send('DELETE', `${CONTACTS}/${a}`);
    expect(portal.send('GET', `${CONTACTS}/${b}?archived=true`).status).toBe(404);
    expect(portal.send('GET', `${CONTACTS}?archived=true`).body.results.map(({ id }) => id)).toEqual([a]);
    const { status, body } = portal.post('/batch/read?archived=true', { inputs: [{ id: a }, { id: b }] });
    expect([status, body.results.map(({ id }) => id), body.errors[0].context.ids]).toEqual([207, [a], [b]]);
  });
});

describe('a list', () => {
  test('names the next page on HubSpot’s host, with the whole query', () => {
    const portal = aPortal();
    const [a] = [portal.create({ firstname: 'a' }), portal.create({ firstname: 'b' })];
    const { paging } = portal.send('GET', `${CONTACTS}?limit=1&properties=city`).body;
    expect(paging.next).toEqual({
      after: a,
      link: `https://api.hubapi.com/crm/v3/objects/contacts?limit=1&properties=city&after=${a}`,
    });
  });

  test('has ten contacts unless it is asked for more, and a hundred at most', () => {
    const portal = aPortal();
    for (let index = 0; index < 12; index += 1) portal.create({ firstname: 'a' });
    expect(portal.send('GET', CONTACTS).body.results).toHaveLength(10);
    expect(portal.send('GET', `${CONTACTS}?limit=100`).body.results).toHaveLength(12);
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'after=x', 'after=-1']) {
      expect([query, portal.send('GET', `${CONTACTS}?${query}`).body.category]).toEqual([query, 'VALIDATION_ERROR']);
    }
  });
});

describe('histories', () => {
  test('are shown to fewer contacts at a time', () => {
    const portal = aPortal({ maxReadsWithHistory: 1 });
    const ids = [portal.create({ firstname: 'a' }), portal.create({ firstname: 'b' })];
    expect(portal.send('GET', `${CONTACTS}?limit=2`).status).toBe(200);
    expect(portal.send('GET', `${CONTACTS}?limit=2&propertiesWithHistory=city`).status).toBe(400);
    expect(portal.send('GET', `${CONTACTS}?limit=1&propertiesWithHistory=city`).status).toBe(200);
    const batch = (...propertiesWithHistory: string[]) =>
      portal.post('/batch/read', { inputs: ids.map((id) => ({ id })), propertiesWithHistory }).status;
    expect([batch(), batch('city')]).toEqual([200, 400]);
  });
});

describe('a search', () => {
  test('shows 200 a page and no result beyond the ten thousandth', () => {
    const portal = aPortal({ searchesPerSecond: 100 });
    const status = (body: object) => portal.post('/search', body).status;
    expect([status({ limit: 200 }), status({ limit: 201 })]).toEqual([200, 400]);
    expect([status({ limit: 200, after: '9800' }), status({ limit: 200, after: '9801' })]).toEqual([200, 400]);
    expect([status({ query: 'x'.repeat(3_000) }), status({ query: 'x'.repeat(3_001) })]).toEqual([200, 400]);
  });

  test('takes as many filter groups as are set', () => {
    const status = (maxFilterGroups: number) =>
      aPortal({ maxFilterGroups }).post('/search', { filterGroups: Array(6).fill({ filters: [] }) }).status;
    expect([status(5), status(6)]).toEqual([400, 200]);
  });
});
