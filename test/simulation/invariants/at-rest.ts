import type { HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import type { Verb } from '../../../lib/operations/contact-write.ts';
import type { InMemoryContactLedger } from '../../support/in-memory-contact-ledger.ts';
import type { FaultProfile } from '../fault-profile.ts';
import type { KeylessCreates } from '../portal-settings.ts';
import { type DeadLetterFact, haveInCommon, nameIn, type Witness, type WriteFact } from '../witness.ts';
import { STAGES } from '../workload.ts';
import { checkAssociations } from './of-associations.ts';
import { checkDeletions } from './of-deletions.ts';
import { checkRenamedSuperseded, checkRenamedValues } from './of-renames.ts';
import { checkIgnored, mustBeTaken } from './of-stages.ts';

/** What is checked once nothing moves any more. */
export interface AtRest {
  readonly witness: Witness;
  readonly core: HubSpotCore;
  readonly faults: FaultProfile;
  readonly keylessCreates: KeylessCreates;
  readonly ledger: InMemoryContactLedger;
  /** Contacts have several names, or are merged: what HubSpot saw twice in a call is judged at the wire. */
  readonly hasIdentities: boolean;
  /** Contacts change their e-mails. */
  readonly hasRenames: boolean;
}

export function checkAtRest(rest: AtRest): void {
  checkAccounting(rest);
  checkCreations(rest);
  if (rest.hasRenames) {
    checkRenamedValues(rest.witness, rest.core);
    checkRenamedSuperseded(rest.witness);
  } else {
    checkValues(rest);
    checkWanted(rest);
    checkSuperseded(rest);
  }
  checkDeletions(rest.witness, rest.core, rest.ledger);
  checkAssociations(rest.witness, rest.core, rest.hasRenames);
  checkDeadLetters(rest);
  checkPortal(rest);
  checkIgnored(rest.witness);
}

/** D1: each write has an outcome or is a dead letter. */
function checkAccounting({ witness }: AtRest): void {
  for (const key of witness.writes.keys()) {
    if (!witness.outcomes.has(key) && !witness.isDeadLetter(key)) witness.report('D1', `${key} is lost`);
  }
}

/** D8: as many contacts as writes that may make one, for each intent. Waived for keyless creates whom a setting lets be repeated. */
function checkCreations({ witness, core, keylessCreates }: AtRest): void {
  for (const [tag, ids] of witness.creations) {
    const writes = witness.writesByTag.get(tag) ?? [];
    if (writes.some(({ key }) => witness.repeatedByHand.has(key))) continue;
    if (keylessCreates === 'repeat' && writes.some(({ target }) => target.kind === 'nobody')) continue;
    // An archive that came in between, older or newer, lets a write whose answer was lost make its contact once more; also an archive of
    // the contact that its own was merged into.
    // So does a contact that has another e-mail by now.
    const live = ids.filter((id) => !witness.archived.has(core.resolveId(id)) && !witness.history.hasLost(id));
    const made = live.length < ids.length ? live : ids;
    if (made.length > writes.length)
      witness.report('D8', `${tag} made ${ids.join(' and ')} in ${writes.length} writes`);
  }
}

const CHECKED = ['city', 'phone', 'company', 'firstname'];

/** D5: each property holds the value of the newest write that was not rejected. */
function checkValues({ witness, core }: AtRest): void {
  const contacts = Map.groupBy(
    [...witness.writes.values()].filter(({ key }) => witness.outcomes.get(key)?.kind !== 'rejected'),
    (fact) => witness.contactOf(fact) ?? 'none',
  );
  for (const [id, all] of contacts) {
    if (id === 'none' || hasDeletion(witness, all)) continue;
    const contact = core.contact(core.resolveId(id));
    const archive = all.filter(({ verb }) => verb === 'archive').sort(newestFirst)[0];
    const floor = floorOf(witness, witness.namesOf({ kind: 'id', id }));
    const facts = all.filter(({ order }) => order > floor);
    if (archive !== undefined && archive.order === floor) checkArchive(witness, archive, facts, contact);
    if (contact?.archivedAt !== undefined) continue;
    for (const name of CHECKED) {
      const value = contact?.properties[name] ?? '';
      const expected = expectedSinceMerge(witness, id, all, name) ?? expectedValues(witness, facts, name);
      if (expected === undefined || expected.includes(value)) continue;
      witness.report('D5', `${name} of ${id} is ${value || 'empty'} and must be ${expected.join(' or ')}`);
    }
    // What was before an archive may be seen still when newer writes came first.
    if (floor === '' && !witness.mergedAt.has(id))
      checkStage(witness, facts, id, contact?.properties['lifecyclestage'] ?? '');
  }
}

/** A deletion for good takes all that there was, newer values too: `of-deletions.ts` says what must be left. */
const hasDeletion = (witness: Witness, [first]: readonly WriteFact[]): boolean =>
  first !== undefined &&
  [...witness.writes.values()].some(
    ({ verb, target }) => verb === 'gdpr-delete' && witness.nameOf(target) === witness.nameOf(first.target),
  );

/** The newest archive of a contact of these names, or of one that had one of them before: what is older may be gone with it. Empty without any. */
function floorOf(witness: Witness, names: ReadonlySet<string>): string {
  const archives = [...witness.writes.values()].filter(
    (fact) => fact.verb === 'archive' && haveInCommon(witness.reachOf(fact), names) && mayHaveTaken(witness, fact),
  );
  return archives.sort(newestFirst)[0]?.order ?? '';
}

/** One that was superseded took nothing, unless an earlier try at it did of which nobody heard. */
const mayHaveTaken = (witness: Witness, archive: WriteFact): boolean =>
  witness.outcomes.get(archive.key)?.kind !== 'superseded' || haveInCommon(witness.reachOf(archive), witness.archived);

/** The names that a write is about. */
const reachOf = (witness: Witness, fact: WriteFact): ReadonlySet<string> =>
  fact.verb === 'archive' ? witness.reachOf(fact) : witness.namesOf(fact.target);

/** D5: after the archive nothing is left of the contact, unless newer writes reached it. */
function checkArchive(
  witness: Witness,
  archive: WriteFact,
  newer: readonly WriteFact[],
  contact: { readonly id: string; readonly archivedAt?: number } | undefined,
): void {
  if (!witness.outcomes.has(archive.key)) return;
  const isLive = contact !== undefined && contact.archivedAt === undefined;
  const reached = newer.filter(({ key }) => ['created', 'updated'].includes(witness.outcomes.get(key)?.kind ?? ''));
  if (isLive && newer.length === 0 && witness.isMeantBy(archive, contact.id) && !wasWantedSince(witness, archive))
    witness.report('D5 archive', `${contact.id} lives, and was archived by ${archive.key}`);
  if (!isLive && reached.length > 0)
    witness.report('D5 archive', `${archive.key} took what ${reached[0]?.key} wrote to ${contact?.id}`);
}

/** D5: who was told that a contact is there already finds it there, whatever older archives come after. */
function checkWanted({ witness, core }: AtRest): void {
  for (const fact of witness.writes.values()) {
    if (!isWanted(witness, fact) || floorOf(witness, witness.namesOf(fact.target)) > fact.order) continue;
    if (hasDeletion(witness, [fact])) continue;
    const id = witness.contactOf(fact);
    const contact = id === undefined ? undefined : core.contact(core.resolveId(id));
    if (contact === undefined || contact.archivedAt !== undefined)
      witness.report('D5 archive', `${fact.key} (${fact.tag}) was told that its contact is there, and it was archived`);
  }
}

/** A create by e-mail that was refused because the contact is there. */
function isWanted(witness: Witness, { key, verb, target }: WriteFact): boolean {
  const outcome = witness.outcomes.get(key);
  const isConflict = outcome?.kind === 'rejected' && outcome.error.category === 'CONFLICT';
  return verb === 'create' && target.kind === 'email' && isConflict;
}

/** Whether a newer create than this archive was told that the contact is there. */
const wasWantedSince = (witness: Witness, archive: WriteFact): boolean =>
  [...witness.writes.values()].some(
    (other) =>
      other.order > archive.order && witness.reachOf(archive).has(nameIn(other.target)) && isWanted(witness, other),
  );

/** The newest settled value, or one of a newer dead letter that may have got through. Undefined when nobody set it. */
function expectedValues(witness: Witness, facts: readonly WriteFact[], name: string): readonly string[] | undefined {
  const setting = facts.filter(({ write }) => write.properties[name] !== undefined).sort(newestFirst);
  const settled = setting.find(({ key }) => witness.outcomes.has(key));
  if (settled === undefined) return undefined;
  const maybe = setting.filter(({ order, key }) => order > settled.order && !witness.outcomes.has(key));
  return [settled, ...maybe].map(({ write }) => write.properties[name] ?? '');
}

/**
 * Of a merged contact: which of the values before it survived was HubSpot's to say, and writes that reached neither it nor its past are
 * nobody's. Of the writes that reached the survivor the newest must be there, or, where a write before the merge is newer than all of
 * those, what the merge left. Undefined for all other contacts, and where the newest write of all reached the survivor.
 */
function expectedSinceMerge(
  witness: Witness,
  id: string,
  facts: readonly WriteFact[],
  name: string,
): readonly string[] | undefined {
  const mergedAt = witness.mergedAt.get(id);
  if (mergedAt === undefined) return undefined;
  const setting = facts.filter(({ write }) => write.properties[name] !== undefined).sort(newestFirst);
  const since = new Set(
    witness.commits.flatMap(({ id: to, at, values }) =>
      witness.resolve(to) === id && at >= mergedAt && values[name] !== undefined ? [values[name]] : [],
    ),
  );
  const reached = setting.filter(({ write }) => since.has(write.properties[name] ?? ''));
  if (reached[0] !== undefined && reached[0] === setting[0]) return undefined;
  const left = witness.valuesAtMerge.get(id)?.[name] ?? '';
  const maybe = setting.filter(({ key }) => !witness.outcomes.has(key));
  return [left, ...[reached[0], ...maybe].flatMap((fact) => fact?.write.properties[name] ?? [])];
}

const newestFirst = (a: WriteFact, b: WriteFact): number => (a.order < b.order ? 1 : -1);

/**
 * Whether the newest write is told that HubSpot kept the stage that an older one had brought by another name, after the clear that it came
 * before: nobody knew the two names to be one contact's, and HubSpot did not step back from it.
 */
function wasKeptAstray(witness: Witness, [newest, ...older]: readonly WriteFact[], value: string): boolean {
  const outcome = newest && witness.outcomes.get(newest.key);
  const note = outcome !== undefined && 'stage' in outcome ? outcome.stage : undefined;
  const clear = older.findIndex(({ write }) => write.properties['lifecyclestage'] === '');
  const nameOf = (fact: WriteFact | undefined) => JSON.stringify(fact?.target);
  return (
    note?.kind === 'kept' &&
    note.stage === value &&
    clear >= 0 &&
    older
      .slice(clear + 1)
      .some((fact) => fact.write.properties['lifecyclestage'] === value && nameOf(fact) !== nameOf(older[clear]))
  );
}

/**
 * A stage that was cleared last must be gone. Else it is the newest, or one that HubSpot did not step back from: also set since it
 * was last cleared. What was before the clear must not be seen any more. Where
 * steps backward are allowed, it is the newest.
 */
function checkStage(witness: Witness, facts: readonly WriteFact[], id: string, value: string): void {
  const setting = facts.filter(({ write }) => write.properties['lifecyclestage'] !== undefined).sort(newestFirst);
  if (setting.some(({ key }) => !witness.outcomes.has(key))) return;
  const stages = setting.map(({ write }) => write.properties['lifecyclestage'] ?? '');
  const [newest] = stages;
  if (newest === undefined) return;
  const sinceClear = stages.slice(0, stages.includes('') ? stages.indexOf('') : undefined);
  const isTaken = setting[0] !== undefined && mustBeTaken(witness, setting[0]);
  const expected = isTaken ? [newest] : sinceClear.filter((stage) => STAGES.indexOf(stage) >= STAGES.indexOf(newest));
  if (newest === '' ? value === '' : expected.includes(value)) return;
  if (!isTaken && wasKeptAstray(witness, setting, value)) return;
  witness.report('D5 stage', `lifecyclestage of ${id} is ${value || 'empty'} and must be ${newest || 'empty'}`);
}

/** Whether a newer write set the property of this contact, by a name that leads to another one, or to nobody, by now. */
const wasSetSince = (witness: Witness, { order }: WriteFact, contact: string | undefined, name: string): boolean =>
  witness.commits.some(({ id, values }) => {
    const facts = witness.resolve(id) === contact ? (witness.writesByTag.get(values[name] ?? '') ?? []) : [];
    return facts.some((fact) => fact.order > order);
  });

/** D5: what is called superseded was: each of its properties was set by a newer write. */
function checkSuperseded({ witness }: AtRest): void {
  for (const [key, outcome] of witness.outcomes) {
    const fact = witness.writes.get(key);
    if (outcome.kind !== 'superseded' || fact === undefined) continue;
    const contact = witness.contactOf(fact);
    const later = [...witness.writes.values()].filter(
      (other) => other.order > fact.order && witness.outcomes.get(other.key)?.kind !== 'rejected',
    );
    const names = reachOf(witness, fact);
    const ofThatName = later.filter((other) => haveInCommon(reachOf(witness, other), names));
    // Who asks to be deleted is, whatever was written since.
    if (fact.verb === 'gdpr-delete') witness.report('GDPR', `the deletion ${key} is superseded`);
    // What superseded it may have been sent once more after a deletion, which leaves no fence, and be refused then.
    if (ofThatName.some(({ verb }) => verb === 'archive') || hasDeletion(witness, [fact])) continue;
    if (fact.verb === 'archive' && ofThatName.length === 0 && !wasWantedSince(witness, fact))
      witness.report('D5', `${key} is superseded, by nothing`);
    const newer = later.filter((other) => witness.contactOf(other) === contact);
    for (const name of Object.keys(fact.write.properties)) {
      const isSet = newer.some(({ write }) => write.properties[name] !== undefined);
      if (!isSet && !wasSetSince(witness, fact, contact, name))
        witness.report('D5', `${key} (${fact.tag}) is superseded, by nothing in ${name}`);
    }
  }
}

/** F4: what may be a dead letter: a create that nothing could recognise and no setting lets be repeated, a message that kills, what crashes took along. */
function checkDeadLetters({ witness, faults, keylessCreates }: AtRest): void {
  const isTroubled =
    faults.crash + faults.storeFailsBefore + faults.storeFailsAfter + faults.storeLandsLate + faults.slow > 0 ||
    faults.sendUnconfirmedLost + faults.sendUnconfirmedStored + faults.duplicate + faults.deleteLost + faults.ghost > 0;
  for (const letter of witness.deadLetters) {
    const { reason, keys, isPoison } = letter;
    if ((reason === 'redriven' && (isPoison || isTroubled)) || isCreateInDoubt(witness, letter, keylessCreates))
      continue;
    witness.report('F4', `${keys.join(' ')} is a dead letter: ${reason}`);
  }
}

/** A create that nothing names, of which a try was noted and no answer heard. */
function isCreateInDoubt(witness: Witness, { reason, keys }: DeadLetterFact, keylessCreates: KeylessCreates): boolean {
  if (reason !== 'outcome-unknown' || keylessCreates !== 'dead-letter') return false;
  return keys.every((key) => {
    const fact = witness.writes.get(key);
    return fact?.verb === ('create' satisfies Verb) && fact.target.kind === 'nobody';
  });
}

/**
 * O1: what was dead is delivered once its cause is gone. But a create whose noted try died with the letter is in doubt only then: it becomes a
 * dead letter once more, and is made when a person sends that.
 */
export function checkRedriven({ witness, keylessCreates }: Pick<AtRest, 'witness' | 'keylessCreates'>): void {
  for (const letter of witness.deadLetters) {
    const { reason, keys } = letter;
    const isSentByHand = keys.some((key) => witness.repeatedByHand.has(key));
    if (isSentByHand || !isCreateInDoubt(witness, letter, keylessCreates))
      witness.report('O1', `${keys.join(' ')} is dead again: ${reason}`);
  }
}

/** F1 and D6 as the simulator itself counted them. */
function checkPortal({ witness, core, hasIdentities }: AtRest): void {
  for (const [name, count] of Object.entries(core.statistics().violations)) {
    // A type that nobody defined is among what is sent.
    if (name === 'before-retry-after' || name === 'unknown-association-type') continue;
    if (hasIdentities && (name === 'same-contact-twice' || name === 'same-association-twice')) continue;
    witness.report(name === 'over-limit' ? 'F1' : 'D6', `HubSpot saw ${name} ${count} times`);
  }
}
