import { Client } from '@hubspot/api-client';
import { AssociationSpecAssociationCategoryEnum } from '@hubspot/api-client/lib/codegen/crm/associations/v4/models/AssociationSpec.js';
import { BatchResponsePublicAssociationMultiWithLabelWithErrors } from '@hubspot/api-client/lib/codegen/crm/associations/v4/models/BatchResponsePublicAssociationMultiWithLabelWithErrors.js';
import {
  PropertyCreateFieldTypeEnum,
  PropertyCreateTypeEnum,
} from '@hubspot/api-client/lib/codegen/crm/properties/models/PropertyCreate.js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type HubSpotSimulator, startHubSpotSimulator } from '../../../infra/local/hubspot/server.ts';

let simulator: HubSpotSimulator;
let crm: Client['crm'];

beforeEach(async () => {
  simulator = await startHubSpotSimulator({ settings: { resultOrder: 'input' } });
  crm = new Client({ accessToken: 'simulator-token', basePath: simulator.url }).crm;
});

afterEach(() => simulator.close());

const hubspotDefined = (associationTypeId: number) => ({
  associationCategory: AssociationSpecAssociationCategoryEnum.HubspotDefined,
  associationTypeId,
});

async function aContact(properties: Record<string, string> = { firstname: 'Ada' }): Promise<string> {
  return (await crm.contacts.basicApi.create({ properties, associations: [] })).id;
}

const typesOf = async (id: string): Promise<readonly (readonly [id: string, ...types: number[]])[]> => {
  const { results } = await crm.associations.v4.basicApi.getPage('contacts', id, 'companies');
  return results.map(({ toObjectId, associationTypes }) => [
    String(toObjectId),
    ...associationTypes.map(({ typeId }) => typeId),
  ]);
};

describe('the official SDK', () => {
  test('associates one contact with a label and without one, and takes that back', async () => {
    const { basicApi } = crm.associations.v4;
    const id = await aContact();
    const labeled = await basicApi.create('contacts', id, 'companies', '7', [hubspotDefined(1)]);
    expect(labeled).toMatchObject({ toObjectTypeId: '0-2', labels: ['Primary'] });
    const plain = await basicApi.createDefault('contacts', id, 'companies', '8');
    expect(plain.results.map(({ associationSpec }) => associationSpec.associationTypeId)).toEqual([279, 280]);
    expect(await typesOf(id)).toEqual([
      ['7', 279, 1],
      ['8', 279],
    ]);
    await basicApi.archive('contacts', id, 'companies', '7');
    expect(await typesOf(id)).toEqual([['8', 279]]);
  });

  test('associates in batches of v4', async () => {
    const { batchApi } = crm.associations.v4;
    const id = await aContact();
    const ends = (company: string) => ({ _from: { id }, to: { id: company } });
    const made = await batchApi.create('contacts', 'companies', {
      inputs: [{ ...ends('7'), types: [hubspotDefined(1)] }],
    });
    expect(made.results).toHaveLength(1);
    const plain = await batchApi.createDefault('contacts', 'companies', { inputs: [ends('8'), ends('9')] });
    expect(plain.results).toHaveLength(4);
    await batchApi.archiveLabels('contacts', 'companies', {
      inputs: [{ ...ends('7'), types: [hubspotDefined(1)] }],
    });
    await batchApi.archive('contacts', 'companies', { inputs: [{ _from: { id }, to: [{ id: '9' }] }] });
    const read = await batchApi.getPage('contacts', 'companies', { inputs: [{ id }, { id: '5' }] });
    expect(read.results.map(({ to }) => to.map(({ toObjectId }) => String(toObjectId)))).toEqual([['7', '8']]);
    expect(read).toBeInstanceOf(BatchResponsePublicAssociationMultiWithLabelWithErrors);
    expect(read).toMatchObject({ numErrors: 1 });
  });

  test('associates in batches of v3', async () => {
    const { batchApi } = crm.associations;
    const id = await aContact();
    const inputs = [{ _from: { id }, to: { id: '7' }, type: 'contact_to_company' }];
    expect((await batchApi.create('contacts', 'companies', { inputs })).results).toHaveLength(1);
    const read = await batchApi.read('contacts', 'companies', { inputs: [{ id }] });
    expect(read.results[0]?.to.map(({ type }) => type)).toEqual(['contact_to_company_unlabeled', 'contact_to_company']);
    await batchApi.archive('contacts', 'companies', { inputs });
    expect(await typesOf(id)).toEqual([['7', 279]]);
  });

  test('is told what is wrong with an association', async () => {
    const refused = crm.associations.v4.basicApi.create('contacts', '5', 'companies', '7', [hubspotDefined(279)]);
    await expect(refused).rejects.toMatchObject({
      code: 400,
      body: { context: { INVALID_OBJECT_IDS: ['CONTACT=5 is not valid'] } },
    });
  });

  test('lists contacts with their associations, page by page', async () => {
    const ids = [await aContact(), await aContact(), await aContact()];
    await crm.associations.v4.basicApi.createDefault('contacts', ids[1] ?? '', 'companies', '7');
    const all = await crm.contacts.getAll(2, undefined, ['firstname'], undefined, ['companies']);
    expect(
      all.map(({ id, associations }) => [id, associations?.['companies']?.results.map((each) => each.id)]),
    ).toEqual([
      [ids[0], undefined],
      [ids[1], ['7']],
      [ids[2], undefined],
    ]);
  });

  test('makes, changes and archives a property and its group', async () => {
    const { coreApi, groupsApi, batchApi } = crm.properties;
    await groupsApi.create('contacts', { name: 'sizes', label: 'Sizes' });
    const size = {
      label: 'Size',
      type: PropertyCreateTypeEnum.String,
      fieldType: PropertyCreateFieldTypeEnum.Text,
      groupName: 'sizes',
    };
    await coreApi.create('contacts', { name: 'size', ...size });
    expect((await coreApi.update('contacts', 'size', { label: 'Shoe size' })).label).toBe('Shoe size');
    await batchApi.create('contacts', { inputs: [{ name: 'weight', ...size }] });
    const read = await batchApi.read('contacts', { archived: false, inputs: [{ name: 'size' }, { name: 'weight' }] });
    expect(read.results.map(({ name, archived }) => [name, archived])).toEqual([
      ['size', false],
      ['weight', false],
    ]);
    await coreApi.archive('contacts', 'size');
    await batchApi.archive('contacts', { inputs: [{ name: 'weight' }] });
    await groupsApi.archive('contacts', 'sizes');
    expect((await coreApi.getAll('contacts', true)).results.map(({ name }) => name)).toEqual(['size', 'weight']);
    expect((await groupsApi.getAll('contacts')).results.map(({ name }) => name)).not.toContain('sizes');
  });

  test('merges, deletes for good and archives', async () => {
    const [a, b, c] = [await aContact(), await aContact(), await aContact({ email: 'c@example.com' })];
    const survivor = await crm.contacts.basicApi.merge({ primaryObjectId: a, objectIdToMerge: b });
    expect((await crm.contacts.basicApi.getById(b)).id).toBe(survivor.id);
    await crm.contacts.basicApi.purge({ objectId: 'c@example.com', idProperty: 'email' });
    await crm.contacts.basicApi.archive(survivor.id);
    await crm.contacts.batchApi.archive({ inputs: [{ id: c }] });
    const archived = await crm.contacts.basicApi.getPage(10, undefined, undefined, undefined, undefined, true);
    expect(archived.results.map(({ id }) => id)).toEqual([survivor.id]);
  });
});
