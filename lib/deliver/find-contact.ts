import * as z from 'zod/mini';
import { CLOCK_DIFFERENCE } from '../directory/clock-difference.ts';
import type { HubSpotAnswer } from '../hubspot/hubspot-answer.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { EpochMs } from '../runtime/units.ts';
import type { PendingWrite } from './pending-write.ts';
import type { CallRunner } from './run-call.ts';
import { writeIdOf, writeIdsOn } from './write-id.ts';

const Version = z.object({ value: z.nullable(z.string()), timestamp: z.string() });
const Contact = z.looseObject({
  id: z.string(),
  createdAt: z.optional(z.string()),
  properties: z.optional(z.record(z.string(), z.nullable(z.string()))),
  propertiesWithHistory: z.optional(z.record(z.string(), z.array(Version))),
});
/** A contact as `GET …/contacts/{id}` and `batch/read` show it. */
export type FoundContact = z.infer<typeof Contact>;

/** Undefined when `value` is no contact. */
export function parseContact(value: unknown): FoundContact | undefined {
  const parsed = Contact.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

export type Finding =
  | { readonly kind: 'found'; readonly id: ContactId; readonly contact: FoundContact }
  | { readonly kind: 'absent' }
  /** HubSpot could not be asked, or did not answer. */
  | { readonly kind: 'unknown' };

/** Reads one contact by record id, or by a unique property, with `properties` and their history. */
export async function findContact(
  id: string,
  idProperty: string | undefined,
  properties: readonly string[],
  { hubspot, paths, timeout }: CallRunner,
): Promise<Finding> {
  const query = new URLSearchParams();
  if (idProperty !== undefined) query.set('idProperty', idProperty);
  if (properties.length > 0) {
    query.set('properties', properties.join(','));
    query.set('propertiesWithHistory', properties.join(','));
  }
  const search = query.size > 0 ? `?${query}` : '';
  return readFinding(await hubspot.call({ method: 'GET', path: `${paths.one(id)}${search}` }, timeout));
}

function readFinding(answer: HubSpotAnswer): Finding {
  if (answer.kind !== 'answered') return { kind: 'unknown' };
  if (answer.status === 404) return { kind: 'absent' };
  const parsed = Contact.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) return { kind: 'unknown' };
  return { kind: 'found', id: parsed.data.id as ContactId, contact: parsed.data };
}

/** Whether a contact was created after `time`, as far as two clocks can tell. Unknown times count as young: nothing is excluded. */
export function isYoungerThan(createdAt: unknown, time: EpochMs): boolean {
  const created = typeof createdAt === 'string' ? Date.parse(createdAt) : Number.NaN;
  return !(created < time - CLOCK_DIFFERENCE);
}

/**
 * Whether a contact that stands in a create's way is the one the create itself made, in a call whose answer was lost. A
 * write id says it for sure; on a contact without one, it is younger than the write, and the first value that each
 * property ever had is the write's.
 */
export function wasMadeBy(pending: PendingWrite, contact: FoundContact, writeIdProperty?: string): boolean {
  const writeIds = writeIdProperty === undefined ? [] : writeIdsOn(contact, writeIdProperty);
  if (writeIds.length > 0) return writeIds.includes(writeIdOf(pending));
  if (!isYoungerThan(contact.createdAt, pending.acceptedAt)) return false;
  return Object.entries(pending.write.properties).every(([name, value]) => {
    // A create that clears a property leaves no version of it.
    if (value === '') return true;
    const first = contact.propertiesWithHistory?.[name]?.at(-1)?.value ?? '';
    return name === 'email' ? first === value.trim().toLowerCase() : first === value;
  });
}
