import { nameOfId } from '../directory/contact-ledger.ts';
import type { BatchResult } from '../hubspot/batch-answer.ts';
import { type ContactId, normaliseKey } from '../operations/contact-write.ts';
import { type EpochMs, epochMs } from '../runtime/units.ts';
import { emailNamesOf } from './contact-names.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { LeasedEntry } from './lease-entries.ts';
import type { CallEntry } from './plan-calls.ts';

/** Whom a name leads to, and when HubSpot said so. */
export interface Mapping {
  readonly id: ContactId;
  readonly confirmedAt: EpochMs;
}

/**
 * Whom the home of an entry leads to, now that HubSpot has written the entry to `id`. An entry that was addressed by its key found its contact
 * by that. One that was addressed by record id says nothing of the key, which may be another contact's by now: unless the answer shows it, the
 * key is as sure as it was, and is asked for again in its time (delivery rule 15). Undefined where the ledger has heard of another contact
 * since.
 */
export function mappingAfter(
  { entry, ledger }: LeasedEntry,
  id: ContactId,
  body: Pick<BatchResult, 'properties'>,
  state: DeliveryState,
  now: EpochMs,
): Mapping | undefined {
  if (takesKeyAway(entry)) return { id, confirmedAt: epochMs(0) };
  if (ledger === undefined || entry.id === undefined || showsKey(entry, id, body)) return { id, confirmedAt: now };
  const { ids, moved } = state.known;
  const isMeant = (other: ContactId | undefined) => other !== undefined && (moved.get(other) ?? other) === id;
  const names = entry.address.kind === 'key' ? [entry.address.name, ledger.name] : [ledger.name];
  const learned = Math.max(...names.map((name) => (isMeant(ids.get(name)) ? state.confirmedAt(name) : 0)));
  const told = ledger.confirmedAt ?? 0;
  if (ledger.id !== undefined && !isMeant(ledger.id) && (learned === 0 || learned < told)) return undefined;
  const isDoubted = names.some((name) => state.isOverdue(name, ledger.name));
  return { id, confirmedAt: epochMs(isDoubted ? 0 : Math.max(learned, isMeant(ledger.id) ? told : 0)) };
}

/** Whether an entry gives its contact another value of the key that it is addressed by, or none. */
export function takesKeyAway({ address, properties }: CallEntry): boolean {
  if (address.kind === 'nobody') return false;
  if (address.kind === 'record') return properties['email']?.trim() === '';
  const given = properties[address.idProperty];
  return given !== undefined && normaliseKey(address.idProperty, given) !== address.value;
}

function showsKey(
  { address, home }: CallEntry,
  id: ContactId,
  { properties }: Pick<BatchResult, 'properties'>,
): boolean {
  if (home === undefined || home === nameOfId(id) || emailNamesOf(properties).includes(home)) return true;
  if (address.kind !== 'key' || home !== address.name) return false;
  const shown = properties?.[address.idProperty];
  return typeof shown === 'string' && normaliseKey(address.idProperty, shown) === address.value;
}
