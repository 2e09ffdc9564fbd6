import type { HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import { nameOfKey } from '../../../lib/directory/contact-ledger.ts';
import type { InMemoryContactLedger } from '../../support/in-memory-contact-ledger.ts';
import type { WireCall } from '../hubspot-wire.ts';
import { type Deletion, tagsOf, type Witness } from '../witness.ts';

/** Once a person's deletion is settled, no write that is older reaches HubSpot. */
export function checkOlderWrites(witness: Witness, call: WireCall): void {
  if (witness.deletions.length === 0) return;
  // An id is never given again: what is sent to one that is gone reaches nobody.
  const reaching = call.inputs.filter(
    ({ id, idProperty }) => idProperty !== undefined || !witness.archived.has(id ?? ''),
  );
  const tags = reaching.flatMap(({ properties }) => [...tagsOf(properties)]);
  for (const fact of tags.flatMap((tag) => witness.writesByTag.get(tag) ?? [])) {
    // Another copy of the intent, by its caller's repetition, may be newer.
    const copies = witness.writesByTag.get(fact.tag) ?? [];
    const deletion = witness.deletions.find(
      ({ email, order }) => email === witness.nameOf(fact.target) && copies.every((copy) => copy.order < order),
    );
    if (deletion !== undefined)
      witness.report('GDPR order', `${fact.tag} is sent to ${deletion.email}, deleted by ${deletion.key} before`);
  }
}

/** At rest nobody who was deleted is there, in HubSpot or in the ledger, unless somebody wrote the address anew. */
export function checkDeletions(witness: Witness, core: HubSpotCore, ledger: InMemoryContactLedger): void {
  for (const deletion of witness.deletions) {
    if (isWrittenAnew(witness, deletion)) continue;
    const { email, key } = deletion;
    const id = witness.idOf(email);
    const contact = id === undefined ? undefined : core.contact(core.resolveId(id));
    if (contact !== undefined && contact.archivedAt === undefined)
      witness.report('GDPR contact', `${email} lives as ${contact.id}, and was deleted by ${key}`);
    checkRecords(witness, deletion, ledger);
  }
}

/** What an owner left who died is going to expire. */
function checkRecords(witness: Witness, { email, key }: Deletion, { items }: InMemoryContactLedger): void {
  const name = nameOfKey('email', email);
  for (const [each, { home, isFading }] of items) {
    if (home === name || (each === name && isFading !== true))
      witness.report('GDPR records', `${each} still tells of ${email}, deleted by ${key}`);
  }
}

const isWrittenAnew = (witness: Witness, { email, order }: Deletion): boolean =>
  [...witness.writes.values()].some((fact) => {
    const kind = witness.outcomes.get(fact.key)?.kind;
    // A dead letter may have been carried out, and what was carried out may have been archived before anybody could tell.
    const wasMade = witness.creations.has(fact.tag);
    const mayBeThere = kind === undefined || kind === 'created' || kind === 'updated' || wasMade;
    return fact.order > order && mayBeThere && witness.nameOf(fact.target) === email;
  });
