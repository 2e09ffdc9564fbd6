import { AssociationSpecAssociationCategoryEnum } from '@hubspot/api-client/lib/codegen/crm/associations/v4/models/AssociationSpec.js';
import { aContact, attempt } from './caller.ts';
import { NOBODY, type Probes } from './probe.ts';

const COMPANY = '7';
const V3 = '/crm/v3/objects/contacts/{id}/associations/{toType}/{toId}/{typeId}';
const V4 = '/crm/v4/objects/contacts/{id}/associations';
const V4_BATCH = '/crm/v4/associations/contacts/{toType}/batch';
const V3_BATCH = '/crm/v3/associations/contacts/{toType}/batch';

const hubspotDefined = (associationTypeId: number) => ({
  associationCategory: AssociationSpecAssociationCategoryEnum.HubspotDefined,
  associationTypeId,
});
const ends = (id: string, to = COMPANY) => ({ _from: { id }, to: { id: to } });
/** The path of a single association in v3, which the SDK does not have. */
const legacyPath = (id: string, typeId = '279') =>
  `/crm/v3/objects/contacts/${id}/associations/companies/${COMPANY}/${typeId}`;

export const associationProbes: Probes = {
  [`PUT ${V3}`]: [
    {
      title: 'an association, and one of a type that is none',
      differs: ['m'],
      run: async (caller) => {
        const id = await aContact(caller);
        await caller.send('PUT', legacyPath(id));
        await caller.send('PUT', legacyPath(id, '12345'));
      },
    },
    { title: 'an association of nobody', run: ({ send }) => send('PUT', legacyPath(NOBODY)) },
  ],
  [`DELETE ${V3}`]: [
    {
      title: 'an association taken away, twice',
      run: async (caller) => {
        const id = await aContact(caller);
        await caller.send('PUT', legacyPath(id));
        await caller.send('DELETE', legacyPath(id));
        await caller.send('DELETE', legacyPath(id));
      },
    },
  ],
  [`PUT ${V4}/{toType}/{toId}`]: [
    {
      title: 'a labeled association, and one of nobody',
      run: async (caller) => {
        const { basicApi } = caller.crm.associations.v4;
        const id = await aContact(caller);
        await basicApi.create('contacts', id, 'companies', COMPANY, [hubspotDefined(1)]);
        await attempt(basicApi.create('contacts', NOBODY, 'companies', COMPANY, [hubspotDefined(1)]));
      },
    },
  ],
  [`PUT ${V4}/default/{toType}/{toId}`]: [
    {
      title: 'an association without a label, twice',
      run: async (caller) => {
        const { basicApi } = caller.crm.associations.v4;
        const id = await aContact(caller);
        await basicApi.createDefault('contacts', id, 'companies', COMPANY);
        await basicApi.createDefault('contacts', id, 'companies', COMPANY);
      },
    },
  ],
  [`GET ${V4}/{toType}`]: [
    {
      title: 'the associations of a contact, and of nobody',
      differs: ['j'],
      run: async (caller) => {
        const { basicApi } = caller.crm.associations.v4;
        const id = await aContact(caller);
        await basicApi.createDefault('contacts', id, 'companies', COMPANY);
        await basicApi.createDefault('contacts', id, 'companies', '8');
        await basicApi.getPage('contacts', id, 'companies');
        await basicApi.getPage('contacts', id, 'companies', undefined, 1);
        await attempt(basicApi.getPage('contacts', NOBODY, 'companies'));
      },
    },
  ],
  [`DELETE ${V4}/{toType}/{toId}`]: [
    {
      title: 'all associations with a company taken away',
      run: async (caller) => {
        const { basicApi } = caller.crm.associations.v4;
        const id = await aContact(caller);
        await basicApi.createDefault('contacts', id, 'companies', COMPANY);
        await basicApi.archive('contacts', id, 'companies', COMPANY);
      },
    },
  ],
  [`POST ${V4_BATCH}/create`]: [
    {
      title: 'associations of which one is of nobody',
      run: async (caller) => {
        const { batchApi } = caller.crm.associations.v4;
        const types = [hubspotDefined(1)];
        const inputs = [await aContact(caller), NOBODY].map((id) => ({ ...ends(id), types }));
        await batchApi.create('contacts', 'companies', { inputs: inputs.slice(0, 1) });
        await batchApi.create('contacts', 'companies', { inputs });
      },
    },
  ],
  [`POST ${V4_BATCH}/associate/default`]: [
    {
      title: 'associations without a label',
      run: async (caller) => {
        const id = await aContact(caller);
        const inputs = [ends(id), ends(id, '8')];
        await caller.crm.associations.v4.batchApi.createDefault('contacts', 'companies', { inputs });
      },
    },
  ],
  [`POST ${V4_BATCH}/archive`]: [
    {
      title: 'associations taken away',
      run: async (caller) => {
        const id = await aContact(caller);
        const inputs = [{ _from: { id }, to: [{ id: COMPANY }] }];
        await caller.crm.associations.v4.batchApi.archive('contacts', 'companies', { inputs });
      },
    },
  ],
  [`POST ${V4_BATCH}/labels/archive`]: [
    {
      title: 'labels taken away',
      run: async (caller) => {
        const inputs = [{ ...ends(await aContact(caller)), types: [hubspotDefined(1)] }];
        await caller.crm.associations.v4.batchApi.archiveLabels('contacts', 'companies', { inputs });
      },
    },
  ],
  [`POST ${V4_BATCH}/read`]: [
    {
      title: 'associations of two, one of whom is nobody',
      run: async (caller) => {
        const { batchApi, basicApi } = caller.crm.associations.v4;
        const id = await aContact(caller);
        await basicApi.createDefault('contacts', id, 'companies', COMPANY);
        await batchApi.getPage('contacts', 'companies', { inputs: [{ id }] });
        await batchApi.getPage('contacts', 'companies', { inputs: [{ id }, { id: NOBODY }] });
      },
    },
  ],
  [`POST ${V3_BATCH}/create`]: [
    {
      title: 'associations of which one is of nobody',
      run: async (caller) => {
        const inputs = [await aContact(caller), NOBODY].map((id) => ({ ...ends(id), type: 'contact_to_company' }));
        await caller.crm.associations.batchApi.create('contacts', 'companies', { inputs: inputs.slice(0, 1) });
        await caller.crm.associations.batchApi.create('contacts', 'companies', { inputs });
      },
    },
  ],
  [`POST ${V3_BATCH}/read`]: [
    {
      title: 'associations of two, one of whom is nobody',
      run: async (caller) => {
        const id = await aContact(caller);
        await caller.crm.associations.v4.basicApi.createDefault('contacts', id, 'companies', COMPANY);
        await caller.crm.associations.batchApi.read('contacts', 'companies', { inputs: [{ id }] });
        await caller.crm.associations.batchApi.read('contacts', 'companies', { inputs: [{ id }, { id: NOBODY }] });
      },
    },
  ],
  [`POST ${V3_BATCH}/archive`]: [
    {
      title: 'associations taken away',
      run: async (caller) => {
        const inputs = [{ ...ends(await aContact(caller)), type: 'contact_to_company' }];
        await caller.crm.associations.batchApi.archive('contacts', 'companies', { inputs });
      },
    },
  ],
};
