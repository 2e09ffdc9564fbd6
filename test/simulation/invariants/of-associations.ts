import type { HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import { isPrimaryCompany, isUnlabelled, type Link } from '../../../lib/operations/link.ts';
import type { Outcome } from '../../../lib/operations/outcome.ts';
import { NO_SUCH_COMPANY, NO_SUCH_TYPE } from '../draw-associations.ts';
import type { Witness, WriteFact } from '../witness.ts';

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
export function checkAssociations(witness: Witness, core: HubSpotCore): void {
  const facts = [...witness.writes.values()].flatMap((fact) => linkFactsOf(witness, core, fact));
  for (const [contact, own] of Map.groupBy(facts, (fact) => fact.contact)) {
    const stored = core.contact(contact);
    if (stored === undefined || stored.archivedAt !== undefined) continue;
    const name = witness.nameOf({ kind: 'id', id: contact });
    const wasArchived = [...witness.writes.values()].some(
      ({ verb, target }) => (verb === 'archive' || verb === 'gdpr-delete') && witness.nameOf(target) === name,
    );
    // What an archive or a deletion took in between may be gone, and its contact be another by now.
    if (wasArchived) continue;
    for (const [pair, between] of Map.groupBy(own, ({ link }) => `${link.toType} ${link.toId}`)) {
      const has = new Set(
        stored.associations.filter((each) => `${each.toType} ${each.toId}` === pair).map(({ typeId }) => typeId),
      );
      checkPair(witness, `${contact} and ${pair}`, has, between, own);
    }
  }
}

const LABELS = [36, 38];

function checkPair(
  witness: Witness,
  pair: string,
  has: ReadonlySet<number>,
  between: readonly LinkFact[],
  own: readonly LinkFact[],
): void {
  // A dead letter may have got through, or not.
  if (between.some(({ result }) => result === undefined)) return;
  const settled = between.filter(({ result }) => result !== 'rejected');
  const expect = (what: string, isThere: boolean, isExpected: boolean) => {
    if (isThere === isExpected) return;
    const who = [...settled].sort((a, b) => (a.order < b.order ? 1 : -1)).map(describeFact);
    witness.report('D5 association', `${pair}: ${what} ${isExpected ? 'is lost' : 'should be gone'} (${who})`);
  };
  const gone = newest(settled.filter(({ isMade, link }) => !isMade && takesAll(link)));
  const unlabelled = newest(settled.filter(({ isMade }) => isMade));
  expect('the association', has.has(279) || has.has(4), unlabelled > gone);
  for (const id of LABELS) expect(`label ${id}`, has.has(id), standsBy(settled, id) > gone);
  // A contact has one primary company: who became it later took it from the one before.
  const primary = standsBy(settled, 1);
  const others = own.filter((fact) => !between.includes(fact) && fact.isMade && names(fact.link, 1));
  // One that never became it, refused or taken away by a newer write before its turn came, took it from nobody.
  const wasDropped = ({ order, result, link }: LinkFact) =>
    result !== 'done' || own.some((fact) => fact.order > order && !fact.isMade && isOnePair(fact.link, link));
  if (others.some((fact) => fact.order > primary && wasDropped(fact))) return;
  const isTaken = others.some(({ order }) => order > primary);
  expect('the primary company', has.has(1), primary > gone && !isTaken);
}

const describeFact = ({ key, isMade, link, result }: LinkFact): string =>
  `${key.slice(-8)} ${isMade ? 'makes' : 'takes'} ${link.types?.map(({ associationTypeId }) => associationTypeId) ?? 'all'}: ${result}`;

/** The order of the newest write that made a label, nothing when a newer one took it away. */
function standsBy(facts: readonly LinkFact[], id: number): string {
  const made = newest(facts.filter(({ isMade, link }) => isMade && names(link, id)));
  const taken = newest(facts.filter(({ isMade, link }) => !isMade && names(link, id)));
  return made > taken ? made : '';
}

const newest = (facts: readonly LinkFact[]): string =>
  facts
    .map(({ order }) => order)
    .sort()
    .at(-1) ?? '';
const names = ({ types = [] }: Link, id: number): boolean =>
  types.some((type) => type.associationTypeId === id && (isPrimaryCompany(type) || !isUnlabelled(type)));
const isOnePair = (a: Link, b: Link): boolean => a.toType === b.toType && a.toId === b.toId;
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
  const isGone = contact === undefined || witness.absent.has(contact) || witness.archived.has(contact);
  if (isUnsound !== true && !isGone)
    witness.report('D7', `${key} is rejected (${category}), and nothing is wrong with its association`);
}

function checkMade(witness: Witness, key: string, { toType, toId }: Link, contact: string): void {
  if (witness.archived.has(contact)) return;
  // One who was archived since may be told by the id of the contact that has its e-mail now: the fence knows no ids.
  const name = witness.nameOf({ kind: 'id', id: contact });
  const former = [...witness.archived].filter((id) => witness.nameOf({ kind: 'id', id }) === name);
  if ([contact, ...former].some((id) => witness.linked.has(`${id} ${toType} ${toId}`))) return;
  witness.report('D9', `${key} is said to have associated ${contact} with ${toId}, and HubSpot never did`);
}
