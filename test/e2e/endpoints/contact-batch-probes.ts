import { aContact, attempt } from './caller.ts';
import { badNumber, NOBODY, ofCompany, type Probes } from './probe.ts';

const BATCH = '/crm/v3/objects/contacts/batch';

export const contactBatchProbes: Probes = {
  [`POST ${BATCH}/create`]: [
    {
      title: 'creates',
      differs: ['a'],
      run: ({ crm, email }) =>
        crm.contacts.batchApi.create({
          inputs: ['one', 'two'].map((name) => ({ properties: { email: email(name) }, associations: [] })),
        }),
    },
    {
      title: 'creates with trace ids, of whom one is there and one is faulty',
      differs: ['a', 'k'],
      run: async ({ crm, email }) => {
        await crm.contacts.basicApi.create({ properties: { email: email('taken') } });
        const inputs = ['free', 'taken', 'faulty'].map((name) => ({
          objectWriteTraceId: `trace of ${name}`,
          associations: [],
          properties: { email: email(name), ...(name === 'faulty' && badNumber) },
        }));
        await crm.contacts.batchApi.create({ inputs });
      },
    },
    {
      title: 'creates with trace ids, of whom one has an e-mail that is none, and one nobody',
      differs: ['a', 'k'],
      run: async ({ crm, email }) => {
        const given = { free: { email: email() }, faulty: { email: 'not an e-mail' }, nobody: { city: 'NYC' } };
        const inputs = Object.entries(given).map(([name, properties]) => ({
          objectWriteTraceId: `trace of ${name}`,
          associations: [],
          properties: properties as Record<string, string>,
        }));
        await crm.contacts.batchApi.create({ inputs });
      },
    },
    {
      title: 'creates with associations',
      differs: ['a'],
      run: ({ crm, email }) =>
        crm.contacts.batchApi.create({ inputs: [{ properties: { email: email() }, associations: [ofCompany('7')] }] }),
    },
    {
      title: 'creates without trace ids, of whom one is there',
      differs: ['g'],
      run: async ({ crm, email }) => {
        await crm.contacts.basicApi.create({ properties: { email: email('taken') } });
        const inputs = ['free', 'taken'].map((name) => ({ associations: [], properties: { email: email(name) } }));
        await attempt(crm.contacts.batchApi.create({ inputs }));
      },
    },
    {
      title: 'creates without trace ids, of whom one is faulty',
      differs: ['d'],
      run: ({ crm, email }) => {
        const inputs = [{}, badNumber].map((more, index) => ({
          associations: [],
          properties: { email: email(`of-${index}`), ...more },
        }));
        return attempt(crm.contacts.batchApi.create({ inputs }));
      },
    },
    {
      title: 'a create of nobody',
      differs: ['e'],
      run: ({ crm }) =>
        attempt(crm.contacts.batchApi.create({ inputs: [{ associations: [], properties: { city: 'NYC' } }] })),
    },
    {
      title: 'more than a hundred creates',
      differs: ['h'],
      run: ({ crm, email }) => {
        const inputs = Array.from({ length: 101 }, (_, n) => ({
          associations: [],
          properties: { email: email(`of-${n}`) },
        }));
        return attempt(crm.contacts.batchApi.create({ inputs }));
      },
    },
    { title: 'a batch without inputs', differs: ['f'], run: ({ send }) => send('POST', `${BATCH}/create`, {}) },
  ],
  [`POST ${BATCH}/read`]: [
    {
      title: 'reads of whom one is not there',
      run: async (caller) => {
        const ids = [await aContact(caller), NOBODY].map((id) => ({ id }));
        const asked = { properties: ['email', 'city'], propertiesWithHistory: ['email'] };
        await caller.crm.contacts.batchApi.read({ ...asked, inputs: ids.slice(0, 1) });
        await caller.crm.contacts.batchApi.read({ ...asked, inputs: ids });
      },
    },
    {
      title: 'a read of one contact twice',
      run: async (caller) => {
        const id = await aContact(caller);
        const inputs = [{ id }, { id }];
        await attempt(caller.crm.contacts.batchApi.read({ properties: [], propertiesWithHistory: [], inputs }));
      },
    },
  ],
  [`POST ${BATCH}/archive`]: [
    {
      title: 'archives, of whom one is not there',
      run: async (caller) => {
        const ids = [await aContact(caller), NOBODY];
        await caller.crm.contacts.batchApi.archive({ inputs: ids.map((id) => ({ id })) });
      },
    },
    {
      title: 'archives of one contact twice',
      differs: ['h'],
      run: async (caller) => {
        const id = await aContact(caller);
        await attempt(caller.crm.contacts.batchApi.archive({ inputs: [{ id }, { id }] }));
      },
    },
    { title: 'a batch without inputs', differs: ['f'], run: ({ send }) => send('POST', `${BATCH}/archive`, {}) },
  ],
};
