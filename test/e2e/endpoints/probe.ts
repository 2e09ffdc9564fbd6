import type { Caller } from './caller.ts';
import type { Remark } from './remarks.ts';

/** One way to call an endpoint. What it calls besides, to prepare, is compared where it has its own row. */
export interface Case {
  /** What is asked, and how it ends. */
  readonly title: string;
  /** Gives nothing back: every answer is recorded. */
  readonly run: (caller: Caller) => Promise<unknown>;
  /** The README's remarks on what differs from HubSpot here. */
  readonly differs?: readonly Remark[];
}

/** The cases of each endpoint, by the text of its row in the README. */
export type Probes = Readonly<Record<string, readonly Case[]>>;

/** A record id that no contact has. */
export const NOBODY = '999999999';
/** An association with a company, by its type of v3. */
export const ofCompany = (id: string) => ({
  to: { id },
  types: [{ associationCategory: 'HUBSPOT_DEFINED' as never, associationTypeId: 279 }],
});
/** What HubSpot takes for no number. */
export const badNumber = { numberofemployees: 'a few' };
