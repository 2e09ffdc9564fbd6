import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type HubSpotSimulator,
  type SimulatorOptions,
  startHubSpotSimulator,
} from '../../../infra/local/hubspot/server.ts';
import { CONTACTS, type ReadBody } from './portal.ts';

const running: HubSpotSimulator[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function aSimulator(options: SimulatorOptions = {}): Promise<HubSpotSimulator> {
  const simulator = await startHubSpotSimulator(options);
  running.push(simulator);
  return simulator;
}

function aFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hubspot-simulator-'));
  folders.push(folder);
  return join(folder, 'contacts.jsonl');
}

const call = (simulator: HubSpotSimulator, method: string, path: string, body?: unknown, signal?: AbortSignal) =>
  fetch(`${simulator.url}${path}`, {
    method,
    headers: { authorization: 'Bearer simulator-token', 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });

/** The body of an answer. */
const bodyOf = async (answer: Response): Promise<ReadBody> => JSON.parse(await answer.text());

const create = (simulator: HubSpotSimulator, email: string, signal?: AbortSignal) =>
  call(simulator, 'POST', CONTACTS, { properties: { email } }, signal);

/** Time that passes when the test says so. */
function aHeldSchedule() {
  const held: { delayMs: number; run: () => void }[] = [];
  let arrived = () => {};
  const waiting = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  return {
    held,
    waiting,
    schedule: (delayMs: number, run: () => void) => {
      held.push({ delayMs, run });
      arrived();
      return () => {};
    },
  };
}

describe('the simulator over HTTP', () => {
  test("creates and reads a contact, with HubSpot's headers", async () => {
    const simulator = await aSimulator();
    const created = await create(simulator, 'A@example.com');
    expect(created.status).toBe(201);
    expect(created.headers.get('x-hubspot-ratelimit-remaining')).toBe('189');
    expect(created.headers.get('x-hubspot-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
    const { id } = await bodyOf(created);
    const read = await call(simulator, 'GET', `${CONTACTS}/${id}`);
    expect(await bodyOf(read)).toMatchObject({ id, properties: { email: 'a@example.com' } });
    expect((await call(simulator, 'DELETE', `${CONTACTS}/${id}`)).status).toBe(204);
  });

  test('answers HEAD as GET, without the body', async () => {
    const simulator = await aSimulator();
    const { id } = await bodyOf(await create(simulator, 'ada@example.com'));
    const [head, get] = await Promise.all(
      ['HEAD', 'GET'].map((method) => call(simulator, method, `${CONTACTS}/${id}`)),
    );
    const seen = (answer: Response | undefined) => [answer?.status, answer?.headers.get('content-length')];
    expect(seen(head)).toEqual(seen(get));
    expect(await head?.text()).toBe('');
    expect((await call(simulator, 'HEAD', `${CONTACTS}/999`)).status).toBe(404);
  });

  test('cuts the connection of a lost answer after the work was done', async () => {
    const simulator = await aSimulator();
    simulator.core.addFaults([{ times: 1, do: { loseAnswer: true, commit: true } }]);
    await expect(create(simulator, 'a@example.com')).rejects.toThrow('fetch failed');
    expect(simulator.core.size()).toBe(1);
    expect((await create(simulator, 'a@example.com')).status).toBe(409);
  });

  test('cuts the connection first when the commit comes later', async () => {
    const { schedule, held } = aHeldSchedule();
    const simulator = await aSimulator({ schedule });
    simulator.core.addFaults([{ do: { loseAnswer: true, commit: true, commitAfterMs: 90_000 } }]);
    await expect(create(simulator, 'a@example.com')).rejects.toThrow('fetch failed');
    expect(simulator.core.size()).toBe(0);
    held[0]?.run();
    expect(simulator.core.size()).toBe(1);
  });

  test('answers late', async () => {
    const { schedule, held, waiting } = aHeldSchedule();
    const simulator = await aSimulator({ schedule });
    simulator.core.addFaults([{ do: { delayMs: 500 } }]);
    const answer = create(simulator, 'a@example.com');
    await waiting;
    expect(simulator.core.size()).toBe(1);
    expect(held[0]?.delayMs).toBe(500);
    held[0]?.run();
    expect((await answer).status).toBe(201);
  });

  test('a client that gives up on a hanging call gets nothing', async () => {
    const simulator = await aSimulator();
    simulator.core.addFaults([{ do: { hang: true } }]);
    const patience = new AbortController();
    const answer = create(simulator, 'a@example.com', patience.signal);
    while (simulator.core.statistics().hung === 0) await new Promise(setImmediate);
    patience.abort();
    await expect(answer).rejects.toThrow('aborted');
    expect(simulator.core.size()).toBe(0);
  });

  test('closes though calls hang', async () => {
    const simulator = await startHubSpotSimulator();
    simulator.core.addFaults([{ do: { hang: true } }]);
    const answer = create(simulator, 'a@example.com').catch(() => 'cut');
    while (simulator.core.statistics().hung === 0) await new Promise(setImmediate);
    await simulator.close();
    expect(await answer).toBe('cut');
  });

  test('says so when its port is taken', async () => {
    const { port } = await aSimulator();
    await expect(startHubSpotSimulator({ port })).rejects.toThrow('EADDRINUSE');
  });
});

/** Whatever a control call may answer. */
interface ControlBody {
  readonly faults: readonly [{ readonly hits: number }];
  readonly limit: number;
  readonly calls: number;
  readonly error: string;
  readonly results: readonly [ReadBody];
  readonly versions: readonly [{ readonly values: object }];
  readonly paging: ReadBody['paging'];
}

describe('control calls', () => {
  const control = async (simulator: HubSpotSimulator, method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${simulator.url}/_simulator${path}`, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, body: JSON.parse(await answer.text()) as ControlBody };
  };

  test('set, list and clear faults', async () => {
    const simulator = await aSimulator();
    const set = await control(simulator, 'POST', '/faults', [{ times: 1, do: { status: 500 } }]);
    expect(set.body.faults).toEqual([{ times: 1, do: { status: 500 }, hits: 0 }]);
    expect((await create(simulator, 'a@example.com')).status).toBe(500);
    expect((await control(simulator, 'GET', '/faults')).body.faults[0].hits).toBe(1);
    expect((await control(simulator, 'DELETE', '/faults')).body.faults).toEqual([]);
  });

  test('read and change settings', async () => {
    const simulator = await aSimulator();
    expect((await control(simulator, 'PATCH', '/settings', { limit: 1 })).body.limit).toBe(1);
    expect((await control(simulator, 'GET', '/settings')).body.limit).toBe(1);
    await create(simulator, 'a@example.com');
    expect((await create(simulator, 'b@example.com')).status).toBe(429);
  });

  test('show contacts in pages, each with its versions, and never count as calls', async () => {
    const simulator = await aSimulator();
    for (const name of ['a', 'b']) await create(simulator, `${name}@example.com`);
    const first = (await control(simulator, 'GET', '/contacts?limit=1')).body;
    expect(first).toMatchObject({ total: 2, results: [{ properties: { email: 'a@example.com' } }] });
    const second = (await control(simulator, 'GET', `/contacts?limit=1&after=${first.paging.next.after}`)).body;
    expect(second.results[0].properties['email']).toBe('b@example.com');
    const one = await control(simulator, 'GET', `/contacts/${second.results[0].id}`);
    expect(one.body.versions[0].values).toEqual({ email: 'b@example.com' });
    expect((await control(simulator, 'GET', '/stats')).body.calls).toBe(2);
    expect((await control(simulator, 'GET', '/log?after=1')).body.results).toHaveLength(1);
  });

  test('reset', async () => {
    const simulator = await aSimulator();
    await create(simulator, 'a@example.com');
    await control(simulator, 'POST', '/reset', { only: ['contacts'] });
    expect([simulator.core.size(), simulator.core.statistics().calls]).toEqual([0, 1]);
    await control(simulator, 'POST', '/reset');
    expect(simulator.core.statistics().calls).toBe(0);
  });

  test.each([
    ['POST', '/faults', '[{]', 400, 'not JSON'],
    ['POST', '/faults', [{ do: { explode: true } }], 400, 'wants exactly one of'],
    ['PATCH', '/settings', { colour: 'red' }, 400, 'colour'],
    ['POST', '/reset', { only: ['everything'] }, 400, 'only'],
    ['GET', '/contacts?limit=-1', undefined, 400, 'limit'],
    ['GET', '/contacts/1', undefined, 404, 'no contact 1'],
    ['GET', '/nothing', undefined, 404, 'no such control call'],
  ])('%s %s %j is answered with what is wrong', async (method, path, body, status, text) => {
    const answer = await control(await aSimulator(), method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toContain(text);
  });
});

describe('the data file', () => {
  test('brings contacts, merges, archives and properties back as they were', async () => {
    const dataFile = aFile();
    const first = await aSimulator({ dataFile });
    const definition = {
      name: 'crm_key',
      label: 'Key',
      type: 'string',
      fieldType: 'text',
      groupName: 'contactinformation',
    };
    await call(first, 'POST', '/crm/v3/properties/contacts', { ...definition, hasUniqueValue: true });
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) ids.push((await bodyOf(await create(first, `${name}@example.com`))).id);
    await call(first, 'PATCH', `${CONTACTS}/${ids[0]}`, { properties: { crm_key: 'K', city: 'Oslo' } });
    await call(first, 'POST', `${CONTACTS}/merge`, { primaryObjectId: ids[0], objectIdToMerge: ids[1] });
    await call(first, 'DELETE', `${CONTACTS}/${ids[2]}`);
    const company = `/crm/v4/objects/contacts/${ids[0]}/associations/default/companies/7`;
    expect((await call(first, 'PUT', company)).status).toBe(200);

    const second = await aSimulator({ dataFile });
    expect(second.core.contacts(10)).toEqual(first.core.contacts(10));
    const survivor = second.core.contact(second.core.resolveId(ids[0] ?? ''));
    expect(survivor?.associations).toMatchObject([{ toType: 'companies', toId: '7', typeId: 279 }]);
    expect(second.core.resolveId(ids[1] ?? '')).toBe(first.core.resolveId(ids[1] ?? ''));
    expect((await create(second, 'b@example.com')).status).toBe(409);
    expect((await create(second, 'd@example.com')).status).toBe(201);
  });

  test('brings changed and archived properties and groups back', async () => {
    const dataFile = aFile();
    const properties = '/crm/v3/properties/contacts';
    const first = await aSimulator({ dataFile });
    await call(first, 'POST', `${properties}/groups`, { name: 'sizes', label: 'Sizes' });
    const size = { label: 'Size', type: 'string', fieldType: 'text', groupName: 'sizes' };
    for (const name of ['size', 'weight']) await call(first, 'POST', properties, { name, ...size });
    await call(first, 'PATCH', `${properties}/size`, { label: 'Shoe size' });
    await call(first, 'DELETE', `${properties}/weight`);

    const second = await aSimulator({ dataFile });
    const shown = async (path: string) => bodyOf(await call(second, 'GET', `${properties}/${path}`));
    expect(await shown('size')).toMatchObject({ label: 'Shoe size', groupName: 'sizes' });
    expect(await shown('weight?archived=true')).toMatchObject({ name: 'weight', archived: true });
    expect((await call(second, 'GET', `${properties}/weight`)).status).toBe(404);
    expect(await shown('groups/sizes')).toMatchObject({ label: 'Sizes' });
  });

  test('a torn last line is cut off and writing goes on', async () => {
    const dataFile = aFile();
    const first = await aSimulator({ dataFile });
    await create(first, 'a@example.com');
    appendFileSync(dataFile, '[{"kind":"contact-cre');
    const second = await aSimulator({ dataFile });
    expect(second.core.size()).toBe(1);
    await create(second, 'b@example.com');
    expect((await aSimulator({ dataFile })).core.size()).toBe(2);
  });

  test('a broken line before the last is named', async () => {
    const dataFile = aFile();
    writeFileSync(dataFile, 'nonsense\n[]\n');
    await expect(startHubSpotSimulator({ dataFile })).rejects.toThrow('contacts.jsonl:1');
  });

  test('is written before the answer is sent', async () => {
    const dataFile = aFile();
    const { schedule, waiting } = aHeldSchedule();
    const simulator = await aSimulator({ dataFile, schedule, settings: { latencyMs: 5 } });
    const answer = create(simulator, 'a@example.com').catch(() => undefined);
    await waiting;
    expect(readFileSync(dataFile, 'utf8')).toContain('a@example.com');
    await simulator.close();
    running.splice(running.indexOf(simulator), 1);
    await answer;
  });
});
