import { classifyAnswer } from '../hubspot/classify-answer.ts';
import type { ContactId } from '../operations/contact-write.ts';
import { type FoundContact, parseContact } from './find-contact.ts';
import type { CallRunner } from './run-call.ts';

/** A contact that stood in the way of a create, and what the create brought. */
export interface Conflict {
  readonly existingId: ContactId;
  readonly properties: Readonly<Record<string, string>>;
}

/** The contacts in the way, by id; those that are gone are missing. */
export type ContactsInTheWay = ReadonlyMap<ContactId, FoundContact>;

/** With history HubSpot reads 50 contacts a call at the most (CRM API, batch read). */
const CONTACTS_PER_READ = 50;

/**
 * Reads the contacts that conflicts name, as they are and as they began: an earlier call of a create itself, whose answer nobody
 * saw, may have made them. `takeSlot` is asked before each call. Undefined when HubSpot does not tell.
 */
export async function readConflicts(
  conflicts: readonly Conflict[],
  takeSlot: () => Promise<boolean>,
  { hubspot, paths, timeout }: CallRunner,
): Promise<ContactsInTheWay | undefined> {
  const found = new Map<ContactId, FoundContact>();
  for (let start = 0; start < conflicts.length; start += CONTACTS_PER_READ) {
    if (!(await takeSlot())) return undefined;
    const chunk = conflicts.slice(start, start + CONTACTS_PER_READ);
    const names = [...new Set(chunk.flatMap(({ properties }) => Object.keys(properties)))];
    const inputs = [...new Set(chunk.map(({ existingId }) => existingId))].map((id) => ({ id }));
    const body = { inputs, properties: names, propertiesWithHistory: names };
    const verdict = classifyAnswer(await hubspot.call({ method: 'POST', path: paths.batch('read'), body }, timeout));
    if (verdict.kind !== 'processed') return undefined;
    for (const result of verdict.batch.results) {
      const contact = parseContact(result);
      if (contact !== undefined) found.set(contact.id as ContactId, contact);
    }
  }
  return found;
}
