import {
  PropertyCreateFieldTypeEnum,
  PropertyCreateTypeEnum,
} from '@hubspot/api-client/lib/codegen/crm/properties/models/PropertyCreate.js';
import { attempt, type Caller } from './caller.ts';
import type { Probes } from './probe.ts';

const PROPERTIES = '/crm/v3/properties/contacts';

const text = (name: string) => ({
  name,
  label: 'Size',
  type: PropertyCreateTypeEnum.String,
  fieldType: PropertyCreateFieldTypeEnum.Text,
  groupName: 'contactinformation',
});
const aProperty = ({ crm, name }: Caller) => crm.properties.coreApi.create('contacts', text(name('size')));
const aGroup = ({ crm, name }: Caller) =>
  crm.properties.groupsApi.create('contacts', { name: name('sizes'), label: 'Sizes' });

export const propertyProbes: Probes = {
  [`GET ${PROPERTIES}`]: [{ title: 'all', run: ({ crm }) => crm.properties.coreApi.getAll('contacts') }],
  [`POST ${PROPERTIES}`]: [
    {
      title: 'a property, and the same again',
      run: async (caller) => {
        await aProperty(caller);
        await attempt(aProperty(caller));
      },
    },
    {
      title: 'a property in a group that is none',
      run: ({ crm, name }) =>
        attempt(crm.properties.coreApi.create('contacts', { ...text(name('lost')), groupName: 'nowhere' })),
    },
  ],
  [`GET ${PROPERTIES}/{name}`]: [
    {
      title: 'one, and one that is not there',
      run: async ({ crm }) => {
        await crm.properties.coreApi.getByName('contacts', 'email');
        await attempt(crm.properties.coreApi.getByName('contacts', 'nothing'));
      },
    },
  ],
  [`PATCH ${PROPERTIES}/{name}`]: [
    {
      title: 'a change, and one of what is not there',
      run: async (caller) => {
        await aProperty(caller);
        const { coreApi } = caller.crm.properties;
        await coreApi.update('contacts', caller.name('size'), { label: 'Shoe size' });
        await attempt(coreApi.update('contacts', 'nothing', { label: 'Shoe size' }));
      },
    },
  ],
  [`DELETE ${PROPERTIES}/{name}`]: [
    {
      title: 'an archive, one of what is not there, and one of HubSpot’s own',
      run: async (caller) => {
        await aProperty(caller);
        await caller.crm.properties.coreApi.archive('contacts', caller.name('size'));
        await attempt(caller.crm.properties.coreApi.archive('contacts', 'nothing'));
        await attempt(caller.crm.properties.coreApi.archive('contacts', 'email'));
      },
    },
  ],
  [`POST ${PROPERTIES}/batch/create`]: [
    {
      title: 'properties, and one of them again',
      run: async ({ crm, name }) => {
        const inputs = ['size', 'weight'].map((each) => text(name(each)));
        await crm.properties.batchApi.create('contacts', { inputs });
        await attempt(crm.properties.batchApi.create('contacts', { inputs: inputs.slice(0, 1) }));
      },
    },
  ],
  [`POST ${PROPERTIES}/batch/read`]: [
    {
      title: 'properties, one of which is not there',
      run: async ({ crm }) => {
        const inputs = ['email', 'nothing'].map((name) => ({ name }));
        await crm.properties.batchApi.read('contacts', { archived: false, inputs: inputs.slice(0, 1) });
        await attempt(crm.properties.batchApi.read('contacts', { archived: false, inputs }));
      },
    },
  ],
  [`POST ${PROPERTIES}/batch/archive`]: [
    {
      title: 'archives, one of which is of nothing',
      run: async (caller) => {
        await aProperty(caller);
        const inputs = [caller.name('size'), 'nothing'].map((name) => ({ name }));
        await caller.crm.properties.batchApi.archive('contacts', { inputs });
      },
    },
  ],
  [`GET ${PROPERTIES}/groups`]: [{ title: 'all', run: ({ crm }) => crm.properties.groupsApi.getAll('contacts') }],
  [`POST ${PROPERTIES}/groups`]: [
    {
      title: 'a group, and the same again',
      run: async (caller) => {
        await aGroup(caller);
        await attempt(aGroup(caller));
      },
    },
  ],
  [`GET ${PROPERTIES}/groups/{name}`]: [
    {
      title: 'one, and one that is not there',
      run: async ({ crm }) => {
        await crm.properties.groupsApi.getByName('contacts', 'contactinformation');
        await attempt(crm.properties.groupsApi.getByName('contacts', 'nothing'));
      },
    },
  ],
  [`PATCH ${PROPERTIES}/groups/{name}`]: [
    {
      title: 'a change, and one of what is not there',
      run: async (caller) => {
        await aGroup(caller);
        const { groupsApi } = caller.crm.properties;
        await groupsApi.update('contacts', caller.name('sizes'), { label: 'All sizes' });
        await attempt(groupsApi.update('contacts', 'nothing', { label: 'All sizes' }));
      },
    },
  ],
  [`DELETE ${PROPERTIES}/groups/{name}`]: [
    {
      title: 'an archive, and one of what is not there',
      run: async (caller) => {
        await aGroup(caller);
        await caller.crm.properties.groupsApi.archive('contacts', caller.name('sizes'));
        await attempt(caller.crm.properties.groupsApi.archive('contacts', 'nothing'));
      },
    },
  ],
};
