import { aContact, attempt } from './caller.ts';
import { badNumber, NOBODY, type Probes } from './probe.ts';
import { UNIQUE } from './unique-property.ts';

const BATCH = '/crm/v3/objects/contacts/batch';

export const contactBatchChangeProbes: Probes = {
  [`POST ${BATCH}/update`]: [
    {
      title: 'updates',
      differs: ['a'],
      run: async (caller) => {
        const id = await aContact(caller);
        await caller.crm.contacts.batchApi.update({ inputs: [{ id, properties: { city: 'NYC' } }] });
      },
    },
    {
      title: 'updates with trace ids',
      differs: ['a', 'k'],
      run: async (caller) => {
        const input = { id: await aContact(caller), objectWriteTraceId: 'trace', properties: { city: 'NYC' } };
        await caller.crm.contacts.batchApi.update({ inputs: [input] });
      },
    },
    {
      title: 'updates of whom one takes the e-mail of another contact',
      differs: ['g'],
      run: async (caller) => {
        const id = await aContact(caller);
        const other = await caller.crm.contacts.basicApi.create({ properties: { email: caller.email('other') } });
        const inputs = [
          { id, properties: { email: caller.email('other') } },
          { id: other.id, properties: { city: 'NYC' } },
        ];
        await attempt(caller.crm.contacts.batchApi.update({ inputs }));
      },
    },
    { title: 'a batch without inputs', differs: ['f'], run: ({ send }) => send('POST', `${BATCH}/update`, {}) },
    {
      title: 'updates by what is not unique',
      differs: ['e'],
      run: ({ crm }) => {
        const inputs = [{ id: 'x', idProperty: 'city', properties: { firstname: 'Grace' } }];
        return attempt(crm.contacts.batchApi.update({ inputs }));
      },
    },
    {
      title: 'updates of whom two are not there',
      differs: ['a', 'i'],
      run: async (caller) => {
        const ids = [await aContact(caller), NOBODY, '888888888'];
        await caller.crm.contacts.batchApi.update({ inputs: ids.map((id) => ({ id, properties: { city: 'NYC' } })) });
      },
    },
    {
      title: 'updates of one contact twice',
      differs: ['h'],
      run: async (caller) => {
        const id = await aContact(caller);
        const inputs = ['NYC', 'Paris'].map((city) => ({ id, properties: { city } }));
        await attempt(caller.crm.contacts.batchApi.update({ inputs }));
      },
    },
    {
      title: 'updates by e-mail',
      differs: ['h'],
      run: async (caller) => {
        await aContact(caller);
        const input = { id: caller.email('owner'), idProperty: 'email', properties: { city: 'NYC' } };
        await attempt(caller.crm.contacts.batchApi.update({ inputs: [input] }));
      },
    },
    {
      title: 'updates to a bad value',
      differs: ['d'],
      run: async (caller) => {
        const id = await aContact(caller);
        await attempt(caller.crm.contacts.batchApi.update({ inputs: [{ id, properties: badNumber }] }));
      },
    },
  ],
  [`POST ${BATCH}/upsert`]: [
    {
      title: 'upserts with trace ids, of whom one is there',
      differs: ['a'],
      run: async (caller) => {
        await aContact(caller);
        const inputs = ['owner', 'new'].map((name) => ({
          id: caller.email(name),
          idProperty: 'email',
          objectWriteTraceId: `trace of ${name}`,
          properties: { city: 'NYC' },
        }));
        await caller.crm.contacts.batchApi.upsert({ inputs });
      },
    },
    {
      title: 'upserts with trace ids, of whom one is faulty',
      differs: ['a'],
      run: ({ crm, email }) => {
        const inputs = ['good', 'faulty'].map((name) => ({
          id: email(name),
          idProperty: 'email',
          objectWriteTraceId: `trace of ${name}`,
          properties: name === 'good' ? { city: 'NYC' } : badNumber,
        }));
        return crm.contacts.batchApi.upsert({ inputs });
      },
    },
    {
      title: 'upserts with trace ids, of whom one goes by an e-mail that is none',
      differs: ['a'],
      run: ({ crm, email }) => {
        const inputs = [email(), 'not an e-mail'].map((id, index) => ({
          id,
          idProperty: 'email',
          objectWriteTraceId: `trace ${index}`,
          properties: { city: 'NYC' },
        }));
        return crm.contacts.batchApi.upsert({ inputs });
      },
    },
    {
      title: 'upserts by a unique property, of whom one is there',
      differs: ['a'],
      run: async (caller) => {
        await aContact(caller, { [UNIQUE]: caller.name('erp') });
        const inputs = ['erp', 'new'].map((name) => ({
          id: caller.name(name),
          idProperty: UNIQUE,
          properties: { city: 'NYC' },
        }));
        await caller.crm.contacts.batchApi.upsert({ inputs });
      },
    },
    {
      title: 'an upsert by record id',
      differs: ['n'],
      run: async (caller) => {
        const inputs = [{ id: await aContact(caller), properties: { city: 'NYC' } }];
        await attempt(caller.crm.contacts.batchApi.upsert({ inputs }));
      },
    },
    {
      title: 'upserts without trace ids, of whom one takes the e-mail of another contact',
      differs: ['g'],
      run: async (caller) => {
        await aContact(caller);
        await caller.crm.contacts.basicApi.create({ properties: { email: caller.email('other') } });
        const inputs = ['owner', 'new'].map((name) => ({
          id: caller.email(name),
          idProperty: 'email',
          properties: name === 'owner' ? { email: caller.email('other') } : { city: 'NYC' },
        }));
        await attempt(caller.crm.contacts.batchApi.upsert({ inputs }));
      },
    },
    {
      title: 'upserts of one contact twice',
      differs: ['h'],
      run: ({ crm, email }) => {
        const inputs = ['NYC', 'Paris'].map((city) => ({ id: email(), idProperty: 'email', properties: { city } }));
        return attempt(crm.contacts.batchApi.upsert({ inputs }));
      },
    },
    {
      title: 'upserts by what is not unique',
      differs: ['e'],
      run: ({ crm }) => {
        const inputs = [{ id: 'x', idProperty: 'city', properties: { firstname: 'Grace' } }];
        return attempt(crm.contacts.batchApi.upsert({ inputs }));
      },
    },
    { title: 'a batch without inputs', differs: ['f'], run: ({ send }) => send('POST', `${BATCH}/upsert`, {}) },
    {
      title: 'upserts without trace ids, of whom one is faulty',
      differs: ['d'],
      run: ({ crm, email }) => {
        const inputs = ['good', 'faulty'].map((name) => ({
          id: email(name),
          idProperty: 'email',
          properties: name === 'good' ? { city: 'NYC' } : badNumber,
        }));
        return attempt(crm.contacts.batchApi.upsert({ inputs }));
      },
    },
  ],
};
