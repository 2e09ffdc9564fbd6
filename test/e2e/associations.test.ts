import { Client } from '@hubspot/api-client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { atOnce, HOOK_TIMEOUT_MS, startTestRelay, type TestRelay, testApiKey } from '../support/running-relay.ts';

const V3 = '/crm/v3/objects/contacts';
const V4 = '/crm/v4/objects/contacts';
const TEST_TIMEOUT_MS = 60_000;
const toCompany = { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 };

let stack: TestRelay;

beforeAll(async () => {
  stack = await startTestRelay({ overrides: atOnce });
}, HOOK_TIMEOUT_MS);

afterAll(() => stack.stop(), HOOK_TIMEOUT_MS);

/** Makes a contact, and gives its record id. */
async function aContact(email: string): Promise<string> {
  const { body } = await stack.client.send({ path: `/sync${V3}`, body: { properties: { email } } });
  return String(Object(body).id);
}

/** What HubSpot has of a contact's associations with one type of object, e.g. `7: 279, 36`. */
async function linksOf(id: string, toType: string): Promise<readonly string[]> {
  const { body } = await stack.client.send({ method: 'GET', path: `${V4}/${id}/associations/${toType}` });
  const results: readonly { toObjectId: unknown; associationTypes: readonly { typeId: number }[] }[] =
    Object(body).results;
  return results.map(
    ({ toObjectId, associationTypes }) => `${toObjectId}: ${associationTypes.map(({ typeId }) => typeId)}`,
  );
}

async function outcomeOf(method: 'PUT' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
  const { id } = await stack.client.accept({ method, path, ...(body !== undefined && { body }) });
  const { results, errors } = await stack.client.completed(id);
  return results[0] ?? errors[0];
}

test(
  'associations are queued, made and taken away by every path that HubSpot has for them',
  async () => {
    const id = await aContact('ada@example.com');
    const made = { index: 0, outcome: 'associated', id };
    const taken = { index: 0, outcome: 'dissociated', id };
    expect(await outcomeOf('PUT', `${V3}/${id}/associations/companies/7/1`)).toEqual(made);
    expect(await outcomeOf('PUT', `${V4}/${id}/associations/companies/8`, [toCompany])).toEqual(made);
    expect(await outcomeOf('PUT', `/crm/v4/objects/contact/${id}/associations/default/deal/9`)).toEqual(made);
    expect(
      await outcomeOf('PUT', `/crm/objects/2026-03/0-1/${id}/associations/0-5/6`, [
        { ...toCompany, associationTypeId: 15 },
      ]),
    ).toEqual(made);
    expect([await linksOf(id, 'companies'), await linksOf(id, 'deals'), await linksOf(id, 'tickets')]).toEqual([
      ['7: 279,1', '8: 279'],
      ['9: 4'],
      ['6: 15'],
    ]);
    expect(await outcomeOf('DELETE', `${V3}/${id}/associations/companies/7/1`)).toEqual(taken);
    expect(await outcomeOf('DELETE', `${V4}/${id}/associations/companies/8`)).toEqual(taken);
    expect(await linksOf(id, 'companies')).toEqual(['7: 279']);
    const unknown = await outcomeOf('PUT', `${V4}/${id}/associations/companies/8`, [
      { ...toCompany, associationTypeId: 999 },
    ]);
    expect(unknown).toMatchObject({ index: 0, category: 'VALIDATION_ERROR' });
  },
  TEST_TIMEOUT_MS,
);

test(
  'the official SDK associates through the relay as it does at HubSpot',
  async () => {
    const id = await aContact('grace@example.com');
    const { basicApi } = new Client({ accessToken: testApiKey, basePath: `${stack.relay.url}/sync` }).crm.associations
      .v4;
    const labelled = await basicApi.create('contacts', id, 'companies', '7', [toCompany as never]);
    expect(labelled).toMatchObject({ fromObjectTypeId: '0-1', toObjectTypeId: '0-2', labels: [] });
    const plain = await basicApi.createDefault('contacts', id, 'deals', '9');
    expect(plain.status).toBe('COMPLETE');
    expect(plain.results.map(({ to }) => String(to?.id)).sort()).toEqual(['9', id].sort());
    expect([await linksOf(id, 'companies'), await linksOf(id, 'deals')]).toEqual([['7: 279'], ['9: 4']]);
    await basicApi.archive('contacts', id, 'companies', '7');
    expect(await linksOf(id, 'companies')).toEqual([]);
    await expect(basicApi.create('contacts', '1', 'companies', '7', [toCompany as never])).rejects.toMatchObject({
      code: 400,
    });
  },
  TEST_TIMEOUT_MS,
);

test(
  'associations of upserts follow their properties, in one call for all of them',
  async () => {
    const emails = Array.from({ length: 20 }, (_, n) => `u${n}@example.com`);
    const inputs = emails.map((email, n) => ({
      id: email,
      idProperty: 'email',
      properties: { city: 'Rome' },
      associations: [{ to: { id: String(n + 1) }, types: [toCompany] }],
    }));
    await stack.simulator.forgetStatistics();
    const { id } = await stack.client.accept({ path: `${V3}/batch/upsert`, body: { inputs } });
    const { counts, results } = await stack.client.completed(id);
    expect(counts).toMatchObject({ total: 20, delivered: 20, rejected: 0 });
    for (const [n, { id: contact = '' }] of results.entries())
      expect(await linksOf(contact, 'companies')).toEqual([`${n + 1}: 279`]);
  },
  TEST_TIMEOUT_MS,
);

test(
  'a removal and an association that were sent one after the other leave what was sent last',
  async () => {
    const id = await aContact('joan@example.com');
    const path = `${V4}/${id}/associations`;
    const sent: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      sent.push((await stack.client.accept({ method: 'PUT', path: `${path}/default/companies/7` })).id);
      sent.push((await stack.client.accept({ method: 'DELETE', path: `${path}/companies/7` })).id);
      sent.push((await stack.client.accept({ method: 'PUT', path: `${path}/companies/7`, body: [toCompany] })).id);
    }
    for (const operation of sent) expect((await stack.client.completed(operation)).errors).toEqual([]);
    expect(await linksOf(id, 'companies')).toEqual(['7: 279']);
  },
  TEST_TIMEOUT_MS,
);
