import type { Verb } from '../operations/contact-write.ts';
import { KNOWN_VERSIONS, parseApiVersion } from './api-version.ts';

/** What a batch call does to associations, as its path ends. */
export type LinkJob = 'create' | 'associate/default' | 'archive' | 'labels/archive';

/** HubSpot's contact endpoints for an API version: `v3`, or a date version such as `2026-03`. */
export interface ContactPaths {
  readonly one: (id: string) => string;
  readonly batch: (job: Exclude<Verb, 'gdpr-delete'> | 'read') => string;
  /** One contact a call. */
  readonly gdprDelete: string;
  /** Batches of associations from contacts to objects of a type; of v3 they are the v4 ones, which know labels. */
  readonly associations: (toType: string, job: LinkJob) => string;
}

/** Throws when the relay does not know such a version: a fault of the deployment. */
export function contactPaths(version: string): ContactPaths {
  if (parseApiVersion(version) === undefined) {
    throw new Error(`HubSpot API version ${JSON.stringify(version)} is not one of ${KNOWN_VERSIONS}`);
  }
  const base = version === 'v3' ? '/crm/v3/objects/contacts' : `/crm/objects/${version}/contacts`;
  const associations = version === 'v3' ? '/crm/v4/associations' : `/crm/associations/${version}`;
  return {
    one: (id) => `${base}/${encodeURIComponent(id)}`,
    batch: (job) => `${base}/batch/${job}`,
    gdprDelete: `${base}/gdpr-delete`,
    associations: (toType, job) => `${associations}/contacts/${encodeURIComponent(toType)}/batch/${job}`,
  };
}
