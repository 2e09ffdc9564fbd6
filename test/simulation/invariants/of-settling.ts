import type { Settlement } from '../../../lib/operations/operation-store.ts';
import type { Outcome } from '../../../lib/operations/outcome.ts';
import type { Witness, WriteFact } from '../witness.ts';
import { checkLinkOutcome } from './of-associations.ts';
import { checkStageNote } from './of-stages.ts';

/**
 * D7 and D9 when outcomes are stored, before the store has them: what is called delivered was seen in HubSpot, what is called
 * rejected was refused by itself, what is called created was made by this write.
 */
export function checkSettlement(witness: Witness, { operationId, outcomes }: Settlement): void {
  for (const outcome of outcomes) {
    const key = `${operationId}#${outcome.index}`;
    const fact = witness.writes.get(key);
    if (fact === undefined) witness.report('D9', `${key} is settled and was never sent`);
    else if (!witness.outcomes.has(key)) checkOutcome(witness, fact, outcome);
  }
}

function checkOutcome(witness: Witness, fact: WriteFact, outcome: Outcome): void {
  checkLinkOutcome(witness, fact, outcome);
  if (fact.write.link !== undefined) return;
  switch (outcome.kind) {
    case 'rejected':
      checkRejected(witness, fact, outcome.error.category);
      return;
    case 'created':
      checkCreated(witness, fact, outcome.id);
      checkDelivered(witness, fact, outcome.id);
      checkStageNote(witness, fact, outcome.id, outcome.stage);
      return;
    case 'updated':
      checkDelivered(witness, fact, outcome.id);
      checkStageNote(witness, fact, outcome.id, outcome.stage);
      return;
    case 'archived':
      checkArchived(witness, fact, outcome.id);
      return;
    case 'deleted':
      checkDeleted(witness, fact);
      return;
    case 'associated':
    case 'dissociated':
      witness.report('D9', `${fact.key} is no association`);
      return;
    case 'superseded':
      return;
  }
}

/** HubSpot was seen to archive it, or not to know it any more. */
function checkArchived(witness: Witness, { key, target }: WriteFact, id: string | undefined): void {
  const name = target.kind === 'email' ? target.email : target.kind === 'id' ? target.id : '';
  const isGone =
    witness.absent.has(name) ||
    (id === undefined ? witness.wasArchived(target) : witness.archived.has(witness.resolve(id)));
  if (!isGone) witness.report('D9', `${key} is said to have archived ${name}, and HubSpot did not`);
}

/** HubSpot was seen to delete it for good, to block its e-mail, or not to know it any more. */
function checkDeleted(witness: Witness, { key, target }: WriteFact): void {
  const name = witness.nameOf(target);
  const id = target.kind === 'id' ? target.id : '';
  const isGone = [name, id].some((each) => witness.purged.has(each) || witness.absent.has(each));
  if (!isGone && !witness.blocked.has(name))
    witness.report('D9', `${key} is said to have deleted ${name}, and HubSpot did not`);
}

function checkRejected(witness: Witness, { key, tag, verb, target, write }: WriteFact, category: string): void {
  const name = target.kind === 'email' ? target.email : target.kind === 'id' ? target.id : '';
  const isUnknown = verb === 'update' && (witness.absent.has(name) || witness.wasArchived(target));
  // A caller's own repeat is a write of its own, with the same tag.
  // What an archive took in between, another may have made again by now.
  // What a person merged since shows the other's values: whose work it was cannot be told any more.
  const made = (witness.creations.get(tag) ?? []).some(
    (id) => !witness.archived.has(id) && !witness.mergedAt.has(witness.resolve(id)) && !witness.history.hasLost(id),
  );
  const isMergedOnly =
    target.kind === 'id' &&
    witness.resolve(target.id) !== target.id &&
    !witness.archived.has(witness.resolve(target.id));
  if (category === 'OBJECT_NOT_FOUND' && isMergedOnly)
    witness.report('D9', `${key} (${tag}) is given up (${category}), and its contact was only merged`);
  if (verb === 'create' && made && witness.writesByTag.get(tag)?.length === 1) {
    witness.report('D9', `${key} (${tag}) is rejected (${category}), and HubSpot had made its contact`);
  }
  // A stage that is all what is left of a write holds no tag to tell it by; to somebody deleted for good it is refused like all else.
  const isStageOfNobody = write.properties['lifecyclestage'] !== undefined && witness.blocked.has(name);
  const isOnlyEmail = verb === 'update' && witness.refusedEmails.has(write.properties['email'] ?? 'none');
  if (!isUnknown && !isStageOfNobody && !isOnlyEmail && !witness.refusedAlone.has(tag)) {
    witness.report('D7/D9', `${key} (${tag}) is rejected (${category}), and HubSpot never refused it alone`);
  }
  if (verb === 'upsert' && isSound(write.properties) && !witness.blocked.has(name)) {
    witness.report('D7', `${key} (${tag}) is rejected (${category}), and nothing is wrong with it`);
  }
}

const UNSOUND = ['numberofemployees', 'no_such_property', 'hs_lead_status'];

/** Whether HubSpot has no reason to refuse these properties on an upsert. */
const isSound = (properties: Readonly<Record<string, string>>): boolean =>
  UNSOUND.every((name) => properties[name] === undefined);

function checkDelivered(witness: Witness, fact: WriteFact, id: string): void {
  for (const [name, value] of Object.entries(fact.write.properties)) {
    if (value !== fact.tag || wasWritten(witness, fact, id, name)) continue;
    witness.report('D9', `${fact.key} is delivered to ${id}, and HubSpot never got its ${name} (${fact.tag})`);
  }
}

/** The property was committed with the write's own value, or with that of a newer write that it was merged into. */
function wasWritten(witness: Witness, fact: WriteFact, id: string, name: string): boolean {
  return witness.commits.some((commit) => {
    const value = commit.values[name];
    if (value === undefined || !isSameContact(witness, commit.id, id)) return false;
    if (value === fact.tag) return true;
    return (witness.writesByTag.get(value) ?? []).some(({ order }) => order > fact.order);
  });
}

/** One who was archived since, or has another e-mail, may be told by the id of the contact that has its e-mail now: the fence knows no ids. */
const isSameContact = (witness: Witness, written: string, told: string): boolean => {
  const id = witness.resolve(written);
  if (id === witness.resolve(told)) return true;
  return (witness.archived.has(id) || witness.history.hasLost(id)) && witness.shareName(written, told);
};

function checkCreated(witness: Witness, fact: WriteFact, id: string): void {
  const other = [...witness.outcomes].find(([, outcome]) => outcome.kind === 'created' && outcome.id === id);
  // Two creates whose contacts were merged before they were told have each made it.
  if (other !== undefined && !witness.mergedAt.has(id))
    witness.report('D8', `${fact.key} and ${other[0]} are both said to have created ${id}`);
  if (
    fact.verb !== 'create' ||
    witness.creations.get(fact.tag)?.some((made) => witness.resolve(made) === witness.resolve(id)) === true
  )
    return;
  witness.report('D9', `${fact.key} is said to have created ${id}, and it was not made by it`);
}
