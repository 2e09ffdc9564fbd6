import type { Association } from '../../../infra/local/hubspot/core/contact.ts';
import type { HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import { type AssociationType, isPrimaryCompany, isUnlabelled, type Link } from '../../../lib/operations/link.ts';
import type { Outcome } from '../../../lib/operations/outcome.ts';
import { NO_SUCH_COMPANY, NO_SUCH_TYPE } from '../draw-associations.ts';
import type { Lapse, WireCall } from '../hubspot-wire.ts';
import { haveInCommon, type LinkCall, type Witness, type WriteFact } from '../witness.ts';

type Pair = Pick<Link, 'toType' | 'toId'>;

/** What one write wanted of one pair of objects, in the order of writes. */
interface LinkFact {
  readonly key: string;
  readonly order: string;
  readonly isMade: boolean;
  readonly contact: string;
  readonly link: Link;
  /** Absent while the write has no outcome. */
  readonly result?: 'done' | 'superseded' | 'rejected';
}

/**
 * D5 for associations: of each contact, object and type HubSpot has what the write with the highest order key wanted, that was not
 * rejected. It reckons from the writes as they were sent, and from HubSpot's contents: nothing of it comes from the code under test.
 */
export function checkAssociations(witness: Witness, core: HubSpotCore, hasRenames: boolean): void {
  const all = [...witness.writes.values()].flatMap((fact) => linkFactsOf(witness, core, fact));
  // What overtook them, by the same e-mail, may have gone to the contact that had it before.
  const isOfFormer = (fact: LinkFact): boolean =>
    witness.history.predecessorsOf(fact.contact).length > 0 &&
    (fact.result === 'superseded' || wasMadeToFormer(witness, fact));
  const facts = hasRenames ? all.filter((fact) => !isOfFormer(fact)) : all;
  for (const [contact, own] of Map.groupBy(facts, (fact) => fact.contact)) {
    const stored = core.contact(contact);
    if (stored === undefined || stored.archivedAt !== undefined) continue;
    const names = witness.namesOf({ kind: 'id', id: contact });
    const wasArchived = [...witness.writes.values()].some(
      (fact) => (fact.verb === 'archive' || fact.verb === 'gdpr-delete') && haveInCommon(witness.reachOf(fact), names),
    );
    // What an archive or a deletion took in between may be gone, and its contact be another by now.
    if (wasArchived || witness.renamedByPerson.has(contact)) continue;
    // What was made to it may be told of the contact that has its former e-mail now.
    if (hasRenames && witness.history.wasSucceeded(contact)) continue;
    for (const between of Map.groupBy(own, ({ link }) => `${link.toType} ${link.toId}`).values()) {
      const [{ link: pair } = { link: undefined }] = between;
      if (pair !== undefined)
        checkPair(witness, { contact, pair, has: typesOf(stored.associations, pair) }, between, own);
    }
  }
}

/** It is told of the contact that has the e-mail now, and part of it at least was made to the one that had it then: the fence knows no ids. */
function wasMadeToFormer(witness: Witness, { isMade, result, contact, link }: LinkFact): boolean {
  if (!isMade || result !== 'done') return false;
  const calls = witness.linkCalls.filter(
    (call) => call.contact === contact && call.isMade && isOnePair(call.link, link),
  );
  const isIn = (id: number) =>
    calls.some((call) => call.link.types?.some(({ associationTypeId }) => associationTypeId === id));
  return link.types === undefined ? calls.length === 0 : !link.types.every((type) => isIn(type.associationTypeId));
}

/** An invocation lasts so long at the most. */
const INVOCATION = 60_000;
const LABELS = [36, 38];
const PRIMARY = 1;

/** What a write says of one type between two objects: it is to be there, or not. */
interface Word {
  readonly fact: LinkFact;
  readonly isWanted: boolean;
}

/** A contact and another object, and what HubSpot has between them in the end. */
interface Ends {
  readonly contact: string;
  readonly pair: Pair;
  readonly has: ReadonlySet<number>;
}

const typesOf = (associations: readonly Association[], pair: Pair): ReadonlySet<number> =>
  new Set(associations.filter((each) => isOnePair(each, pair)).map(({ typeId }) => typeId));

function checkPair(witness: Witness, ends: Ends, between: readonly LinkFact[], own: readonly LinkFact[]): void {
  // A dead letter may have got through, or not.
  if (between.some(({ result }) => result === undefined)) return;
  const settled = between.filter(({ result }) => result !== 'rejected').sort(newestFirst);
  const expect = (name: string, types: readonly number[], words: readonly Word[]) => {
    const isThere = types.some((id) => ends.has.has(id));
    const isExpected = words[0]?.isWanted ?? false;
    if (isThere === isExpected || mayBeSinceMerge(witness, ends, isThere, types, words)) return;
    const { contact, pair } = ends;
    const what = `${contact} and ${pair.toType} ${pair.toId}: ${name} ${isExpected ? 'is lost' : 'should be gone'}`;
    witness.report('D5 association', `${what} (${settled.map(describeFact)})`);
  };
  const wordsOn = (id?: number): readonly Word[] =>
    settled.filter((fact) => isAbout(fact, id)).map((fact) => ({ fact, isWanted: fact.isMade }));
  expect('the association', UNLABELLED, wordsOn());
  for (const id of LABELS) expect(`label ${id}`, [id], wordsOn(id));
  // A contact has one primary company: who became it later took it from the one before.
  const primary = wordsOn(PRIMARY);
  const others = own.filter((fact) => !between.includes(fact) && fact.isMade && names(fact.link, PRIMARY));
  const standing = primary[0]?.isWanted === true ? primary[0].fact.order : undefined;
  // One that never became it, refused or taken away by a newer write before its turn came, took it from nobody.
  const wasDropped = ({ order, result, link }: LinkFact) =>
    result !== 'done' || own.some((fact) => fact.order > order && !fact.isMade && isOnePair(fact.link, link));
  if (standing !== undefined && others.some((fact) => fact.order > standing && wasDropped(fact))) return;
  const taken = others.map((fact): Word => ({ fact, isWanted: false }));
  const words = [...primary, ...taken].sort((a, b) => newestFirst(a.fact, b.fact));
  expect('the primary company', [PRIMARY], words);
}

/**
 * Of a merged contact: which associations of before survived was HubSpot's to say, and what was written before to one of those that it
 * was may be unknown under the names of the other. Of the writes that reached the survivor since, the newest must have the last word,
 * however old it is; where none did, what the merge left may stand. A write that reached it for sure, and is the newest of all, is no
 * matter of this. `words` are the newest first.
 */
function mayBeSinceMerge(
  witness: Witness,
  { contact, pair }: Ends,
  isThere: boolean,
  types: readonly number[],
  words: readonly Word[],
): boolean {
  const mergedAt = witness.mergedAt.get(contact);
  if (mergedAt === undefined) return false;
  const id = types === UNLABELLED ? undefined : types[0];
  const calls = witness.linkCalls.filter((call) => call.at >= mergedAt && witness.resolve(call.contact) === contact);
  const isOf = ({ fact }: Word, call: LinkCall): boolean =>
    isAbout(call, id) &&
    call.isMade === fact.isMade &&
    isOnePair(call.link, fact.link) &&
    (witness.storedAt.get(fact.key) ?? 0) <= call.at;
  const isOpen = ({ fact }: Word, { at }: LinkCall): boolean => (witness.settledAt.get(fact.key)?.at ?? at) >= at;
  /** The invocation that made the call has stored its outcome. */
  const isSettledByIt = ({ fact }: Word, { at, process }: LinkCall): boolean => {
    const settled = witness.settledAt.get(fact.key);
    return settled?.process === process && settled.at >= at && settled.at <= at + INVOCATION;
  };
  const mayHaveReached = (word: Word): boolean => calls.some((call) => isOf(word, call));
  const hasReached = (word: Word): boolean => {
    const { key, result } = word.fact;
    if (result === 'done' && (witness.storedAt.get(key) ?? 0) >= mergedAt && mayHaveReached(word)) return true;
    return calls.some((call) => {
      const open = words.filter((each) => isOf(each, call) && isOpen(each, call));
      const settled = open.filter((each) => isSettledByIt(each, call));
      const sources = settled.length > 0 ? settled : open;
      return sources.length === 1 && sources[0] === word;
    });
  };
  const sure = words.findIndex(hasReached);
  const maybe = sure === -1 ? words : words.slice(0, sure + 1);
  if (maybe.some((word) => word.isWanted === isThere && mayHaveReached(word))) return true;
  const left = typesOf(witness.associationsAtMerge.get(contact) ?? [], pair);
  return sure === -1 && types.some((each) => left.has(each)) === isThere;
}

const describeFact = ({ key, isMade, link, result }: LinkFact): string =>
  `${key.slice(-8)} ${isMade ? 'makes' : 'takes'} ${link.types?.map(({ associationTypeId }) => associationTypeId) ?? 'all'}: ${result}`;

/** The association without a label, to companies and to deals. */
const UNLABELLED: readonly number[] = [279, 4];

/** Whether something that is made or taken away touches a label, or the association itself, which every label brings. */
const isAbout = ({ isMade, link }: Pick<LinkFact, 'isMade' | 'link'>, id?: number): boolean =>
  isMade ? id === undefined || names(link, id) : takesAll(link) || (id !== undefined && names(link, id));

const newestFirst = (a: LinkFact, b: LinkFact): number => (a.order < b.order ? 1 : -1);
const names = ({ types = [] }: Link, id: number): boolean =>
  types.some((type) => type.associationTypeId === id && (isPrimaryCompany(type) || !isUnlabelled(type)));
const isOnePair = (a: Pair, b: Pair): boolean => a.toType === b.toType && a.toId === b.toId;
const takesAll = ({ types }: Link): boolean => types?.some(isUnlabelled) ?? true;

function linkFactsOf(witness: Witness, core: HubSpotCore, fact: WriteFact): LinkFact[] {
  const { key, order, verb, write } = fact;
  const outcome = witness.outcomes.get(key);
  if (write.link !== undefined) {
    const result = resultOf(outcome);
    const contact = core.resolveId(write.id ?? '');
    const common = { key, order, contact, isMade: verb === 'associate', link: write.link };
    return [{ ...common, ...(result !== undefined && { result }) }];
  }
  if (verb !== 'update' && verb !== 'upsert') return [];
  const contact = (outcome !== undefined && 'id' in outcome ? outcome.id : undefined) ?? witness.contactOf(fact);
  if (contact === undefined || outcome?.kind === 'rejected') return [];
  return (write.associations ?? []).map(({ to, types, toObjectType: toType = '' }): LinkFact => {
    const told = outcome !== undefined && 'associations' in outcome ? outcome.associations : undefined;
    const found = told?.find((each) => each.toObjectType === toType && each.toObjectId === to.id);
    if (outcome !== undefined && found === undefined)
      witness.report('D9', `${key} is settled without a word on its association with ${to.id}`);
    return {
      key,
      order,
      isMade: true,
      contact: core.resolveId(contact),
      link: { toType, toId: to.id, types },
      ...(found !== undefined && { result: found.outcome === 'associated' ? 'done' : found.outcome }),
    };
  });
}

function resultOf(outcome: Outcome | undefined): LinkFact['result'] {
  if (outcome === undefined) return undefined;
  return outcome.kind === 'rejected' || outcome.kind === 'superseded' ? outcome.kind : 'done';
}

/** D7 and D9 for what is called rejected or made when outcomes are stored. */
export function checkLinkOutcome(witness: Witness, { key, write }: WriteFact, outcome: Outcome): void {
  if (write.link !== undefined) {
    if (outcome.kind === 'rejected') checkRejected(witness, key, write.link, write.id, outcome.error.category);
    if (outcome.kind === 'associated') checkMade(witness, key, write.link, outcome.id);
    return;
  }
  if (!('associations' in outcome) || outcome.associations === undefined) return;
  for (const each of outcome.associations) {
    const link: Link = { toType: each.toObjectType, toId: each.toObjectId };
    const types = write.associations?.find(({ to }) => to.id === link.toId)?.types ?? [];
    if (each.outcome === 'rejected') checkRejected(witness, key, { ...link, types }, outcome.id, each.error.category);
    else if (each.outcome === 'associated' && outcome.id !== undefined) checkMade(witness, key, link, outcome.id);
  }
}

function checkRejected(witness: Witness, key: string, link: Link, contact: string | undefined, category: string): void {
  const isUnsound =
    link.toId === NO_SUCH_COMPANY || link.types?.some(({ associationTypeId }) => associationTypeId === NO_SUCH_TYPE);
  const isGone = contact === undefined || witness.absent.has(contact) || witness.archived.has(witness.resolve(contact));
  if (isUnsound !== true && !isGone)
    witness.report('D7', `${key} is rejected (${category}), and nothing is wrong with its association`);
}

function checkMade(witness: Witness, key: string, { toType, toId }: Link, contact: string): void {
  if (witness.archived.has(contact)) return;
  // One who was archived since, or has another e-mail, may be told by the id of the contact that has its e-mail now: the fence knows no ids.
  const name = witness.nameOf({ kind: 'id', id: contact });
  const archived = [...witness.archived].filter((id) => witness.nameOf({ kind: 'id', id }) === name);
  const former = [...archived, ...witness.history.predecessorsOf(contact)];
  // Of one who was merged HubSpot made it under the id that leads to the survivor, or under the survivor's.
  const ids = new Set([contact, ...former].flatMap((id) => witness.idsOf(id)));
  if ([...ids].some((id) => witness.linked.has(`${id} ${toType} ${toId}`))) return;
  witness.report('D9', `${key} is said to have associated ${contact} with ${toId}, and HubSpot never did`);
}

/** Notes what a call that HubSpot carried out has made or taken away. */
export function noteLinkCall(
  witness: Witness,
  core: HubSpotCore,
  { process, request, inputs }: WireCall,
  lapse: Lapse,
): void {
  const [, toType, job] = /\/associations\/contacts\/([^/]+)\/batch\/(.+)$/.exec(request.path) ?? [];
  if (toType === undefined || job === undefined || job === 'read') return;
  const isMade = !job.endsWith('archive');
  for (const { from, to, types } of (inputs as unknown as readonly LinkInput[]).filter(
    (_, position) => position !== lapse.ignoredInput,
  )) {
    const contact = core.resolveId(from.id);
    for (const { id: toId } of [to].flat()) {
      const link: Link = { toType, toId, ...(types !== undefined && { types }) };
      // Refused by itself, in an answer of which the other inputs are done.
      if (isMade && !core.contact(contact)?.associations.some((each) => isOnePair(each, link))) continue;
      witness.noteLinkCall({ process: process.name, contact, isMade, link });
    }
  }
}

interface LinkInput {
  readonly from: { readonly id: string };
  readonly to: { readonly id: string } | readonly { readonly id: string }[];
  readonly types?: readonly AssociationType[];
}
