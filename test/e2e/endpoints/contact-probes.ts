import { aContact, attempt } from './caller.ts';
import { badNumber, NOBODY, ofCompany, type Probes } from './probe.ts';
import { UNIQUE } from './unique-property.ts';

const CONTACTS = '/crm/v3/objects/contacts';

export const contactProbes: Probes = {
  [`POST ${CONTACTS}`]: [
    {
      title: 'a create',
      run: ({ crm, email }) =>
        crm.contacts.basicApi.create({ properties: { email: email(), firstname: 'Ada', city: '' }, associations: [] }),
    },
    {
      title: 'a create with associations',
      run: ({ crm, email }) =>
        crm.contacts.basicApi.create({
          properties: { email: email() },
          associations: [ofCompany('7'), ofCompany('8')],
        }),
    },
    {
      title: 'a create of somebody who is there',
      differs: ['c'],
      run: async ({ crm, email }) => {
        await crm.contacts.basicApi.create({ properties: { email: email() } });
        await attempt(crm.contacts.basicApi.create({ properties: { email: email('ADA') } }));
      },
    },
    {
      title: 'a create with a bad value and an unknown property',
      differs: ['d'],
      run: ({ crm, email }) =>
        attempt(
          crm.contacts.basicApi.create({ properties: { email: email(), ...badNumber, favourite_colour: 'green' } }),
        ),
    },
    {
      title: 'a create of nobody',
      differs: ['e'],
      run: ({ crm }) => attempt(crm.contacts.basicApi.create({ properties: { city: 'London' } })),
    },
  ],
  [`GET ${CONTACTS}`]: [
    {
      title: 'a page and the next one',
      differs: ['j'],
      run: async (caller) => {
        const before = String(Number(await aContact(caller)) - 1);
        await caller.crm.contacts.basicApi.create({ properties: { email: caller.email('next') } });
        await caller.crm.contacts.basicApi.getPage(1, before, ['email']);
        await caller.crm.contacts.basicApi.getPage(1, String(Number(before) + 1), ['email'], ['email'], ['companies']);
      },
    },
    { title: 'a page that is too long', run: ({ crm }) => attempt(crm.contacts.basicApi.getPage(101)) },
  ],
  [`GET ${CONTACTS}/{id}`]: [
    {
      title: 'a read by id and by e-mail',
      run: async (caller) => {
        const { basicApi } = caller.crm.contacts;
        const id = await aContact(caller, { firstname: 'Ada' });
        await basicApi.getById(id, ['firstname', 'city'], ['firstname'], ['companies']);
        const email = caller.email('owner');
        await basicApi.getById(email, ['email'], undefined, undefined, undefined, 'email');
      },
    },
    {
      title: 'a read of what a contact was created with, by a unique property',
      run: async ({ crm, email, name }) => {
        const { basicApi } = crm.contacts;
        const properties = { email: email(), [UNIQUE]: name('erp') };
        const { id } = await basicApi.create({ properties, associations: [ofCompany('7')] });
        await basicApi.getById(name('erp'), [UNIQUE], undefined, ['companies'], undefined, UNIQUE);
        await basicApi.getById(id, [UNIQUE], undefined, ['companies']);
      },
    },
    {
      title: 'a read of an archived contact',
      run: async (caller) => {
        const id = await aContact(caller);
        await caller.crm.contacts.basicApi.archive(id);
        await caller.crm.contacts.basicApi.getById(id, ['email'], undefined, undefined, true);
      },
    },
    {
      title: 'a read of nobody, and by what is not unique',
      run: async ({ crm }) => {
        await attempt(crm.contacts.basicApi.getById(NOBODY));
        await attempt(crm.contacts.basicApi.getById('x', [], undefined, undefined, undefined, 'city'));
      },
    },
  ],
  [`PATCH ${CONTACTS}/{id}`]: [
    {
      title: 'an update by id, which also clears',
      run: async (caller) => {
        const id = await aContact(caller, { city: 'Paris' });
        await caller.crm.contacts.basicApi.update(id, { properties: { firstname: 'Grace', city: '' } });
      },
    },
    {
      title: 'an update by e-mail',
      differs: ['b'],
      run: async (caller) => {
        await aContact(caller);
        await caller.crm.contacts.basicApi.update(caller.email('owner'), { properties: { city: 'NYC' } }, 'email');
      },
    },
    {
      title: 'an update by a unique property',
      differs: ['b'],
      run: async (caller) => {
        const { basicApi } = caller.crm.contacts;
        await aContact(caller, { [UNIQUE]: caller.name('erp') });
        await basicApi.update(caller.name('erp'), { properties: { city: 'NYC' } }, UNIQUE);
      },
    },
    {
      title: 'an update of nobody, by id and by e-mail',
      differs: ['c'],
      run: async ({ crm, email }) => {
        await attempt(crm.contacts.basicApi.update(NOBODY, { properties: { city: 'NYC' } }));
        await attempt(crm.contacts.basicApi.update(email('nobody'), { properties: { city: 'NYC' } }, 'email'));
      },
    },
    {
      title: 'an update by what is not unique',
      differs: ['e'],
      run: ({ crm }) => attempt(crm.contacts.basicApi.update('x', { properties: { firstname: 'Grace' } }, 'city')),
    },
    {
      title: 'an update to an e-mail that is taken',
      run: async (caller) => {
        const id = await aContact(caller);
        await caller.crm.contacts.basicApi.create({ properties: { email: caller.email('other') } });
        await attempt(caller.crm.contacts.basicApi.update(id, { properties: { email: caller.email('other') } }));
      },
    },
    {
      title: 'an update to a bad value',
      differs: ['d'],
      run: async (caller) => {
        const id = await aContact(caller);
        await attempt(caller.crm.contacts.basicApi.update(id, { properties: badNumber }));
      },
    },
  ],
  [`DELETE ${CONTACTS}/{id}`]: [
    {
      title: 'an archive, and another one of the same contact',
      run: async (caller) => {
        const id = await aContact(caller);
        await caller.crm.contacts.basicApi.archive(id);
        await caller.crm.contacts.basicApi.archive(id);
      },
    },
  ],
  [`POST ${CONTACTS}/merge`]: [
    {
      title: 'a merge',
      run: async (caller) => {
        const primaryObjectId = await aContact(caller);
        const other = await caller.crm.contacts.basicApi.create({ properties: { email: caller.email('other') } });
        await caller.crm.contacts.basicApi.merge({ primaryObjectId, objectIdToMerge: other.id });
      },
    },
    {
      title: 'a merge with nobody, and with itself',
      run: async (caller) => {
        const id = await aContact(caller);
        const { basicApi } = caller.crm.contacts;
        await attempt(basicApi.merge({ primaryObjectId: id, objectIdToMerge: NOBODY }));
        await attempt(basicApi.merge({ primaryObjectId: id, objectIdToMerge: id }));
      },
    },
  ],
  [`POST ${CONTACTS}/gdpr-delete`]: [
    {
      title: 'a deletion for good, by id and by an e-mail that nobody has',
      run: async (caller) => {
        const id = await aContact(caller);
        await caller.crm.contacts.basicApi.purge({ objectId: id });
        await caller.crm.contacts.basicApi.purge({ objectId: caller.email('nobody'), idProperty: 'email' });
      },
    },
    {
      title: 'a deletion for good of nobody',
      differs: ['l'],
      run: ({ crm }) => attempt(crm.contacts.basicApi.purge({ objectId: NOBODY })),
    },
  ],
  [`POST ${CONTACTS}/search`]: [
    {
      title: 'a search',
      run: async (caller) => {
        await aContact(caller, { firstname: 'Ada' });
        const filters = [{ propertyName: 'email', operator: 'EQ' as never, value: caller.email('owner') }];
        await caller.crm.contacts.searchApi.doSearch({ filterGroups: [{ filters }], properties: ['firstname'] });
      },
    },
    {
      title: 'a search for too much',
      run: ({ crm }) => attempt(crm.contacts.searchApi.doSearch({ limit: 1_000 })),
    },
  ],
};
