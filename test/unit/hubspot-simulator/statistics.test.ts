import { describe, expect, test } from '@jest/globals';
import { aPortal, CONTACTS } from './portal.ts';

describe('statistics', () => {
  test('count calls by route, records per call, statuses and the peak', () => {
    const portal = aPortal({ limit: 3 });
    const id = portal.create({ email: 'a@example.com' });
    const inputs = [
      { id, properties: { city: 'Oslo' } },
      { id: '1', properties: {} },
    ];
    portal.post('/batch/update', { inputs });
    portal.send('GET', `${CONTACTS}/${id}`);
    portal.send('GET', `${CONTACTS}/${id}`);
    expect(portal.core.statistics()).toEqual({
      startedAt: '2026-11-02T08:00:00.000Z',
      firstCallAt: '2026-11-02T08:00:00.000Z',
      lastCallAt: '2026-11-02T08:00:00.000Z',
      calls: 4,
      records: 3,
      rateLimited: 1,
      lost: 0,
      hung: 0,
      callsByRoute: { [`POST ${CONTACTS}`]: 1, [`POST ${CONTACTS}/batch/update`]: 1, [`GET ${CONTACTS}/{id}`]: 2 },
      recordsByRoute: {
        [`POST ${CONTACTS}`]: { calls: 1, records: 1, histogram: { 1: 1 } },
        [`POST ${CONTACTS}/batch/update`]: { calls: 1, records: 2, histogram: { 2: 1 } },
        [`GET ${CONTACTS}/{id}`]: { calls: 1, records: 0, histogram: { 0: 1 } },
      },
      statuses: { 200: 1, 201: 1, 207: 1, 429: 1 },
      peakCallsPer10Seconds: 4,
      violations: { 'over-limit': 1 },
    });
  });

  test('the log keeps the last calls, without e-mails or values', () => {
    const portal = aPortal({ logSize: 2 });
    for (const name of ['a', 'b', 'c']) portal.create({ email: `${name}@example.com` });
    const log = portal.core.log();
    expect(log.map((call) => call.sequence)).toEqual([2, 3]);
    expect(portal.core.log(2)).toEqual([
      { sequence: 3, at: expect.any(Number), route: `POST ${CONTACTS}`, records: 1, status: 201, fate: 'answered' },
    ]);
    expect(JSON.stringify(log)).not.toContain('@');
  });

  test('a reset starts over in the named parts only', () => {
    const portal = aPortal();
    portal.core.changeSettings({ limit: 5 });
    portal.create({ email: 'a@example.com' });
    portal.core.reset(['statistics']);
    expect([portal.core.statistics().calls, portal.core.size(), portal.core.settings().limit]).toEqual([0, 1, 5]);
    portal.core.reset();
    expect([portal.core.size(), portal.core.settings().limit]).toEqual([0, 10_000]);
    expect(portal.create({ email: 'a@example.com' })).toBeDefined();
  });

  test('unknown settings and wrong values change nothing and are named', () => {
    const portal = aPortal();
    expect(() => portal.core.changeSettings({ limit: 5, colour: 'red' })).toThrow('colour');
    expect(() => portal.core.changeSettings({ limit: 'many' })).toThrow('limit');
    expect(() => portal.core.changeSettings({ validationRules: { zip: '(' } })).toThrow('validationRules.zip');
    expect(portal.core.settings().limit).toBe(10_000);
  });
});
