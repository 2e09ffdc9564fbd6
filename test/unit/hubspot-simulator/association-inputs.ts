import type { Portal, ReadAnswer } from './portal.ts';

export const V4_BATCH = '/crm/v4/associations/contacts/companies/batch';
export const V3_BATCH = '/crm/v3/associations/contact/company/batch';

export const hubspotDefined = (associationTypeId: number) => ({
  associationCategory: 'HUBSPOT_DEFINED',
  associationTypeId,
});
export const unlabeled = hubspotDefined(279);
export const primary = hubspotDefined(1);

export const pair = (from: string, to: string) => ({ from: { id: from }, to: { id: to } });
export const labeled = (from: string, to: string, ...types: object[]) => ({ ...pair(from, to), types });
export const named = (from: string, to: string, type: string) => ({ ...pair(from, to), type });

export const sendBatch = (portal: Portal, path: string, ...inputs: object[]): ReadAnswer =>
  portal.send('POST', path, { inputs });

/** PUT of one v4 association, by default of a contact with a company. */
export const associate = (portal: Portal, id: string, company: string | number, ...types: object[]): ReadAnswer =>
  portal.send('PUT', `/crm/v4/objects/contacts/${id}/associations/companies/${company}`, types);

/** What a contact is linked to: kind, id and type of each. */
export const linksOf = (portal: Portal, id: string): string[] | undefined =>
  portal.core.contact(id)?.associations.map(({ toType, toId, typeId }) => `${toType} ${toId} ${typeId}`);
