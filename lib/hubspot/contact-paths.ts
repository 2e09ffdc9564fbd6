import type { Verb } from '../operations/contact-write.ts';

/** HubSpot's contact endpoints for an API version: `v3`, or a date version such as `2026-03` (same bodies, other prefix). */
export interface ContactPaths {
  readonly one: (id: string) => string;
  readonly batch: (job: Verb | 'read') => string;
}

const DATE_VERSION = /^\d{4}-(0[1-9]|1[0-2])$/;

/** Throws when `version` is neither `v3` nor a date: a fault of the deployment. */
export function contactPaths(version: string): ContactPaths {
  if (version !== 'v3' && !DATE_VERSION.test(version)) {
    throw new Error(`HubSpot API version ${JSON.stringify(version)} is neither v3 nor of the form 2026-03`);
  }
  const base = version === 'v3' ? '/crm/v3/objects/contacts' : `/crm/objects/${version}/contacts`;
  return { one: (id) => `${base}/${encodeURIComponent(id)}`, batch: (job) => `${base}/batch/${job}` };
}
