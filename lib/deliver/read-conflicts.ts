import { classifyAnswer } from '../hubspot/classify-answer.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { DeliveryState } from './delivery-state.ts';
import { type FoundContact, findContact, parseContact } from './find-contact.ts';
import type { LeasedEntry } from './lease-entries.ts';
import type { CallRunner, EntryVerdict } from './run-call.ts';
import { writeIdOf, writeIdsOn } from './write-id.ts';

/** A refused create that may have met its own work. */
export interface Conflict {
  /** The contact in its way; where HubSpot does not name it, the write id tells. */
  readonly existingId?: ContactId;
  readonly writeId: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** Contacts in the way, by id and by write id; those that are gone are missing. */
export type ContactsInTheWay = ReadonlyMap<string, FoundContact>;

/** With history HubSpot reads 50 contacts a call at the most (CRM API, batch read). */
const CONTACTS_PER_READ = 50;

/** What is to be read before a refusal is believed: undefined when it is a verdict as it stands. */
export function conflictOf(
  { entry, ledger }: LeasedEntry,
  verdict: EntryVerdict | undefined,
  state: DeliveryState,
  writeIdProperty: string | undefined,
): Conflict | undefined {
  const [pending] = entry.writes;
  if (pending.verb !== 'create' || verdict?.kind !== 'rejected') return undefined;
  const { existingId, error } = verdict;
  const conflict = { writeId: writeIdOf(pending), properties: entry.properties };
  if (existingId !== undefined) {
    // The ledger knows whose work it is: had it been this create's, nothing would have been sent.
    return ledger?.creation?.id === existingId ? undefined : { ...conflict, existingId };
  }
  if (writeIdProperty === undefined) return undefined;
  return state.isInDoubt(pending) || error.message.includes(writeIdProperty) ? conflict : undefined;
}

/**
 * Reads the contacts of conflicts, as they are and as they began: an earlier call of a create itself, whose answer nobody
 * saw, may have made them. `takeSlot` is asked before each call. Undefined when HubSpot does not tell.
 */
export async function readConflicts(
  conflicts: readonly Conflict[],
  takeSlot: () => Promise<boolean>,
  runner: CallRunner,
): Promise<ContactsInTheWay | undefined> {
  const found = new Map<string, FoundContact>();
  const named = conflicts.filter(({ existingId }) => existingId !== undefined);
  const nameless = conflicts.filter(({ existingId }) => existingId === undefined);
  for (const [group, idProperty] of [[named, undefined] as const, [nameless, runner.writeIdProperty] as const]) {
    for (let start = 0; start < group.length; start += CONTACTS_PER_READ) {
      const chunk = group.slice(start, start + CONTACTS_PER_READ);
      if (!(await readChunk(chunk, idProperty, takeSlot, runner, found))) return undefined;
    }
  }
  return found;
}

/** Reads contacts into `found`; false when HubSpot does not tell of all of them. */
async function readChunk(
  chunk: readonly Conflict[],
  idProperty: string | undefined,
  takeSlot: () => Promise<boolean>,
  runner: CallRunner,
  found: Map<string, FoundContact>,
): Promise<boolean> {
  if (!(await takeSlot())) return false;
  const { hubspot, paths, timeout, writeIdProperty } = runner;
  const written = chunk.flatMap(({ properties }) => Object.keys(properties));
  const names = [...new Set([...written, 'hs_additional_emails', ...(writeIdProperty ? [writeIdProperty] : [])])];
  const ids = new Set(chunk.map(({ existingId, writeId }) => existingId ?? writeId));
  const body = {
    ...(idProperty !== undefined && { idProperty }),
    inputs: [...ids].map((id) => ({ id })),
    properties: names,
    propertiesWithHistory: names,
  };
  const verdict = classifyAnswer(await hubspot.call({ method: 'POST', path: paths.batch('read'), body }, timeout));
  if (verdict.kind !== 'processed') return false;
  for (const result of verdict.batch.results) {
    const contact = parseContact(result);
    if (contact === undefined) continue;
    for (const name of [contact.id, ...(writeIdProperty ? writeIdsOn(contact, writeIdProperty) : [])])
      found.set(name, contact);
  }
  const missing = new Set(verdict.batch.errors.flatMap(({ context }) => context?.['ids'] ?? []));
  for (const id of ids) {
    if (found.has(id) || missing.has(id)) continue;
    // In neither: merged away, or left out without a word.
    if (!(await takeSlot())) return false;
    const finding = await findContact(id, idProperty, names, runner);
    if (finding.kind === 'unknown') return false;
    if (finding.kind === 'found') found.set(id, finding.contact);
  }
  return true;
}
