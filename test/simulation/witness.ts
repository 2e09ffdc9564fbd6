import type { Association } from '../../infra/local/hubspot/core/contact.ts';
import type { Change } from '../../infra/local/hubspot/core/contact-store.ts';
import { normaliseEmail } from '../../infra/local/hubspot/core/email-address.ts';
import { CLOCK_DIFFERENCE } from '../../lib/directory/clock-difference.ts';
import { type LedgerName, nameOfKey, type OrderKey, orderKey } from '../../lib/directory/contact-ledger.ts';
import type { OperationId, Verb } from '../../lib/operations/contact-write.ts';
import type { LifecyclePolicy, QueuedPolicy } from '../../lib/operations/lifecycle.ts';
import type { Link } from '../../lib/operations/link.ts';
import type { QueuedWrite, WriteMessage } from '../../lib/operations/message.ts';
import type { Settlement, WriteReference } from '../../lib/operations/operation-store.ts';
import type { Outcome } from '../../lib/operations/outcome.ts';
import { epochMs } from '../../lib/runtime/units.ts';
import { EmailHistory } from './email-history.ts';

/** A write as it was first sent to the queue. */
export interface WriteFact {
  /** `<operation>#<index>`. */
  readonly key: string;
  readonly operationId: OperationId;
  readonly verb: Verb;
  readonly write: QueuedWrite;
  readonly order: OrderKey;
  /** The value by which HubSpot's contents tell of this intent: every write of the workload sets one, e.g. `w17`. */
  readonly tag: string;
  readonly target: Target;
  /** What its caller wants done about its stage. */
  readonly lifecycle?: QueuedPolicy;
}

/** Whom a write is about, by a reading of its own: the code under test may be wrong about it. */
export type Target =
  | { readonly kind: 'email'; readonly email: string }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'nobody' };

/** A change of a contact that HubSpot made. */
export interface Commit {
  readonly at: number;
  readonly id: string;
  readonly isNew: boolean;
  readonly values: Readonly<Record<string, string>>;
}

/** A lifecycle stage that HubSpot was sent for a contact, and the one that the contact had then. */
export interface StageWrite {
  readonly id: string;
  readonly sent: string;
  readonly held: string;
}

/** What a call that HubSpot carried out did to the associations of a contact with one object. */
export interface LinkCall {
  readonly at: number;
  /** Who made it. */
  readonly process: string;
  /** The id that the contact had then. */
  readonly contact: string;
  readonly isMade: boolean;
  readonly link: Link;
}

/** A dead letter and how it came about. */
export interface DeadLetterFact {
  readonly at: number;
  /** A word of the relay's, or `redriven` by the queue. */
  readonly reason: string;
  readonly keys: readonly string[];
  readonly isPoison: boolean;
}

/** A person was deleted for good, which is settled. */
export interface Deletion {
  readonly key: string;
  readonly email: string;
  readonly order: OrderKey;
}

/** Whom an e-mail led to, since when, and whether that was a person's doing, of which HubSpot tells nobody. */
interface Holder {
  readonly id: string;
  readonly since: number;
  readonly isByPerson: boolean;
}

/** What an invariant found. */
export interface Violation {
  readonly invariant: string;
  readonly at: number;
  readonly detail: string;
}

const TAG = /^w\d+$/;
/** Writes with this property kill whoever delivers them. */
export const POISON_PROPERTY = 'jobtitle';
export const POISON_VALUE = 'poison';

/** The tags among the values of an input or a write. */
export const tagsOf = (properties: Readonly<Record<string, string>> = {}): ReadonlySet<string> =>
  new Set(Object.values(properties).filter((value) => TAG.test(value)));

/** All that happened in a run, as far as invariants ask for it. Facts come from the ports, never from the code under test. */
export class Witness {
  readonly writes = new Map<string, WriteFact>();
  readonly writesByTag = new Map<string, WriteFact[]>();
  readonly outcomes = new Map<string, Outcome>();
  /** Live copies of a write: in any queue, the dead letters included. */
  readonly copies = new Map<string, number>();
  readonly commits: Commit[] = [];
  readonly stageWrites: StageWrite[] = [];
  /** Of the relay, for writes whose callers do not say. */
  lifecyclePolicy: LifecyclePolicy = 'forward';
  /** Commits that made a contact, by tag. */
  readonly creations = new Map<string, string[]>();
  /** Tags that HubSpot was seen to refuse in an input that held this write alone. */
  readonly refusedAlone = new Set<string>();
  /** E-mails that HubSpot was seen not to give to a contact, in an input of which nothing else was left that tells whose it is. */
  readonly refusedEmails = new Set<string>();
  /** E-mails and ids that HubSpot was seen not to know. */
  readonly absent = new Set<string>();
  /** Contact, object type and object of each association that HubSpot ever had. */
  readonly linked = new Set<string>();
  /** Contacts that HubSpot archived, or deleted for good. */
  readonly archived = new Set<string>();
  /** E-mails that HubSpot takes no more. */
  readonly blocked = new Set<string>();
  /** E-mails of contacts that HubSpot deleted for good, and ids of those that had none. */
  readonly purged = new Set<string>();
  /** Ids by which HubSpot was asked to delete a contact for good, and did. */
  readonly purgedById = new Set<string>();
  readonly deletions: Deletion[] = [];
  /** Creates in doubt that a person had made again. */
  readonly repeatedByHand = new Set<string>();
  readonly deadLetters: DeadLetterFact[] = [];
  readonly violations: Violation[] = [];
  readonly #now: () => number;
  /** Contacts that a person merged with others, and when it was last done. */
  readonly mergedAt = new Map<string, number>();
  /** What the last merge left of each property. */
  readonly valuesAtMerge = new Map<string, Readonly<Record<string, string>>>();
  /** What the last merge left of the associations. */
  readonly associationsAtMerge = new Map<string, readonly Association[]>();
  readonly linkCalls: LinkCall[] = [];
  readonly history = new EmailHistory();
  /** Contacts that a person gave another e-mail, of which HubSpot tells nobody. */
  readonly renamedByPerson = new Set<string>();
  /** When a write was first sent to the queue; when its outcome was stored, and by whom, who may have given up on it by then. */
  readonly storedAt = new Map<string, number>();
  readonly settledAt = new Map<
    string,
    { readonly at: number; readonly process: string; readonly isUnheard: boolean }
  >();
  /** When a process last asked whether a write has an outcome. */
  readonly #askedAt = new Map<string, number>();
  /** Leases that were taken in doubt: of which name, when, and when the one before had ended. */
  readonly #doubts: { readonly name: LedgerName; readonly at: number; readonly until: number }[] = [];
  readonly #mergedTo = new Map<string, string>();
  readonly #firstIds = new Map<string, string>();
  readonly #emails = new Map<string, string>();
  readonly #emailOf = new Map<string, string>();
  /** E-mails and ids that ever led to a contact. */
  readonly #names = new Map<string, Set<string>>();
  /** Who had an e-mail, one after the other. */
  readonly #holders = new Map<string, Holder[]>();
  #letterReason: string | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  report(invariant: string, detail: string): void {
    this.violations.push({ invariant, at: this.#now(), detail });
  }

  /** A message was stored in a queue. */
  stored(body: string): void {
    for (const { key, fact } of factsOf(body)) {
      const known = this.writes.get(key);
      if (known === undefined) {
        this.writes.set(key, fact);
        this.storedAt.set(key, this.#now());
        this.writesByTag.set(fact.tag, [...(this.writesByTag.get(fact.tag) ?? []), fact]);
      } else if (known.order !== fact.order) {
        this.report('rule 21', `${key} travels as ${known.order} and as ${fact.order}`);
      }
      this.copies.set(key, (this.copies.get(key) ?? 0) + 1);
    }
  }

  /** A message is gone from a queue. */
  gone(body: string, why: string): void {
    for (const { key } of factsOf(body)) {
      const left = (this.copies.get(key) ?? 0) - 1;
      this.copies.set(key, left);
      if (left > 0 || this.outcomes.has(key)) continue;
      this.report('D1/D2', `${key} has neither an outcome nor a message (${why})`);
    }
  }

  noteDoubt(name: LedgerName, until: number): void {
    this.#doubts.push({ name, at: this.#now(), until });
  }

  /** Whether the lease of an e-mail was taken in doubt since `from`, about what was accepted at `acceptedAt`. */
  wasInDoubt(email: string, from: number, acceptedAt: number): boolean {
    const name = nameOfKey('email', email);
    return this.#doubts.some(
      (each) => each.name === name && each.at >= from && each.until + CLOCK_DIFFERENCE >= acceptedAt,
    );
  }

  noteLinkCall(call: Omit<LinkCall, 'at'>): void {
    this.linkCalls.push({ ...call, at: this.#now() });
  }

  /** A process is told which of these writes have an outcome now. */
  asked(references: readonly WriteReference[], process: string): void {
    for (const { operationId, index } of references)
      this.#askedAt.set(`${process} ${operationId}#${index}`, this.#now());
  }

  /** The outcome was not there when `process` last asked: its request was on the way still, given up by whoever had sent it. */
  cameTooLateFor(process: string, key: string): boolean {
    const settled = this.settledAt.get(key);
    return (
      settled?.isUnheard === true && settled.at >= (this.#askedAt.get(`${process} ${key}`) ?? Number.POSITIVE_INFINITY)
    );
  }

  settled({ operationId, outcomes }: Settlement, process: string, isUnheard: boolean): void {
    for (const outcome of outcomes) {
      const key = `${operationId}#${outcome.index}`;
      if (this.outcomes.has(key)) continue;
      this.outcomes.set(key, outcome);
      this.settledAt.set(key, { at: this.#now(), process, isUnheard });
      const fact = this.writes.get(key);
      if (outcome.kind === 'deleted' && fact !== undefined) this.#noteDeletion(fact, outcome.wasGone === true);
    }
  }

  /**
   * A deletion by id says nothing of another contact that has the e-mail by now. Of one whom HubSpot does not show any more, nobody can
   * tell the e-mail, nor of one whose e-mail the relay may have forgotten with an older deletion.
   */
  #noteDeletion({ key, order, target }: WriteFact, wasGone: boolean): void {
    const email = this.nameOf(target);
    // Told by the ledger, a repeated delivery does not know any more that there was nobody.
    const wasGoneBefore = wasGone || (target.kind === 'id' && !this.purgedById.has(target.id));
    const isOfAnother = target.kind === 'id' && (wasGoneBefore || this.#emails.get(email) !== target.id);
    const isOlderDeletion = (other: WriteFact): boolean =>
      other.verb === 'gdpr-delete' && other.order < order && this.nameOf(other.target) === email;
    const mayBeForgotten = target.kind === 'id' && [...this.writes.values()].some(isOlderDeletion);
    if (email.includes('@') && !isOfAnother && !mayBeForgotten) this.deletions.push({ key, email, order });
  }

  /** The reason of the letters that are stored next; the queue itself gives none. */
  letter(reason: string | undefined): void {
    this.#letterReason = reason;
  }

  storedDeadLetter(body: string): void {
    const keys = factsOf(body).map(({ key }) => key);
    const reason = this.#letterReason ?? 'redriven';
    this.deadLetters.push({ at: this.#now(), reason, keys, isPoison: isPoison(body) });
  }

  committed(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.kind === 'contact-archived' || change.kind === 'contact-purged') this.archived.add(change.id);
      if (change.kind === 'contact-purged') this.purged.add(this.nameOf({ kind: 'id', id: change.id })).add(change.id);
      if (change.kind === 'email-blocked') this.blocked.add(change.email);
      if (change.kind === 'contact-associated')
        for (const { toType, toId } of change.associations) this.linked.add(`${change.id} ${toType} ${toId}`);
      if (change.kind === 'contacts-merged') {
        for (const id of change.from) if (id !== change.into) this.#mergedTo.set(id, change.into);
        for (const id of change.from) for (const name of this.#namesOf(id)) this.#namesOf(change.into).add(name);
        this.mergedAt.set(change.into, change.at);
        this.valuesAtMerge.set(change.into, change.values);
        this.associationsAtMerge.set(change.into, change.associations);
        this.#lead(change.values, change.into, true);
        this.history.note(change.into, change.values, change.at);
      }
      if (change.kind !== 'contact-created' && change.kind !== 'contact-changed') continue;
      const { id, at, values } = change;
      const isNew = change.kind === 'contact-created';
      this.commits.push({ id, at, values, isNew });
      const email = values['email'];
      if (email !== undefined && email !== '') this.#emailOf.set(id, email);
      for (const lost of this.history.note(id, values, at))
        if (this.#emails.get(lost) === id) this.#emails.delete(lost);
      this.#lead(values, id, !isNew);
      if (isNew) for (const tag of tagsOf(values)) this.creations.set(tag, [...(this.creations.get(tag) ?? []), id]);
    }
  }

  /** E-mails, secondary ones too, that lead to a contact from now on. */
  #lead(values: Readonly<Record<string, string>>, id: string, isByPerson: boolean): void {
    for (const email of [values['email'] ?? '', ...(values['hs_additional_emails']?.split(';') ?? [])]) {
      if (email === '') continue;
      this.#emails.set(email, id);
      this.#namesOf(id).add(email);
      const holders = this.#holders.get(email) ?? [];
      if (holders.at(-1)?.id !== id) this.#holders.set(email, [...holders, { id, since: this.#now(), isByPerson }]);
      if (!this.#firstIds.has(email)) this.#firstIds.set(email, id);
    }
  }

  /** The contact that an e-mail names now. */
  idOf(email: string): string | undefined {
    return this.#emails.get(email);
  }

  /** The contact that an e-mail named first. */
  firstIdOf(email: string): string | undefined {
    return this.#firstIds.get(email);
  }

  /** Where an id leads after merges. */
  resolve(id: string): string {
    const next = this.#mergedTo.get(id);
    return next === undefined ? id : this.resolve(next);
  }

  #namesOf(id: string): Set<string> {
    const names = this.#names.get(id) ?? new Set([id]);
    this.#names.set(id, names);
    return names;
  }

  /** All e-mails and ids that ever led to the contact that a write by this name would go to. */
  namesOf(target: Target): ReadonlySet<string> {
    if (target.kind === 'nobody') return new Set();
    const id = target.kind === 'id' ? this.resolve(target.id) : this.idOf(target.email);
    return new Set([nameIn(target), ...(id === undefined ? [] : this.#namesOf(id))]);
  }

  /** The same, and those of all who ever had its e-mail. */
  namesEverOf(target: Target): ReadonlySet<string> {
    if (target.kind !== 'email') return this.namesOf(target);
    const holders = this.history.holdersOf(target.email);
    return new Set([target.email, ...holders.flatMap((id) => [...this.#namesOf(this.resolve(id))])]);
  }

  /** Of an archive: all names of those whom it may have taken, whom its own name led to from when it was accepted until it was settled. */
  reachOf(archive: WriteFact): ReadonlySet<string> {
    const { target } = archive;
    if (target.kind !== 'email') return this.namesOf(target);
    const taken = this.#holdersSince(archive, this.settledAt.get(archive.key)?.at ?? Number.POSITIVE_INFINITY);
    return new Set([target.email, ...taken.flatMap(({ id }) => [...this.#namesOf(this.resolve(id))])]);
  }

  /** Whom the e-mail of a write led to from when it was accepted until then. */
  #holdersSince({ key, target }: WriteFact, until: number): readonly Holder[] {
    const holders = target.kind === 'email' ? (this.#holders.get(target.email) ?? []) : [];
    const from = this.storedAt.get(key) ?? 0;
    return holders.filter(({ since }, n) => since <= until && (holders[n + 1]?.since ?? until) >= from);
  }

  /** All whom the e-mail of a write has led to since it was accepted. */
  everReachedBy(fact: WriteFact): readonly string[] {
    return this.#holdersSince(fact, Number.POSITIVE_INFINITY).map(({ id }) => this.resolve(id));
  }

  /** Whether an archive must not leave this contact, but for newer writes: its name led there already, or was given by the relay itself since. */
  isMeantBy(archive: WriteFact, id: string): boolean {
    if (archive.target.kind !== 'email') return true;
    const from = this.storedAt.get(archive.key) ?? 0;
    return this.#holdersSince(archive, Number.POSITIVE_INFINITY).some(
      (holder) => this.resolve(holder.id) === id && (!holder.isByPerson || holder.since <= from),
    );
  }

  /** All ids, merged away or not, that lead to the same contact as this one. */
  idsOf(id: string): readonly string[] {
    const survivor = this.resolve(id);
    return [survivor, ...[...this.#mergedTo.keys()].filter((each) => this.resolve(each) === survivor)];
  }

  /** The contact a write is about; undefined while HubSpot has none. */
  contactOf({ verb, target, key }: WriteFact): string | undefined {
    // An archive or a deletion by id means that very contact, not the one that has its e-mail now.
    if (target.kind === 'id')
      return verb === 'archive' || verb === 'gdpr-delete'
        ? this.resolve(target.id)
        : (this.#emails.get(this.nameOf(target)) ?? this.resolve(target.id));
    if (target.kind === 'email') return this.#emails.get(target.email);
    const outcome = this.outcomes.get(key);
    return outcome !== undefined && 'id' in outcome && outcome.id !== undefined ? this.resolve(outcome.id) : undefined;
  }

  /** What a contact and those that had its e-mail before it have in common: the e-mail, or the id of one that never had any. */
  nameOf(target: Target): string {
    if (target.kind === 'id') return this.#emailOf.get(target.id) ?? target.id;
    return target.kind === 'email' ? target.email : '';
  }

  /** The e-mail that a contact had when HubSpot deleted it for good. */
  formerEmailOf(id: string): string | undefined {
    return this.purged.has(id) ? this.#emailOf.get(id) : undefined;
  }

  /** HubSpot archived the contact that a write is about, or one that had its name before. */
  wasArchived(target: Target): boolean {
    return [...this.archived].some((id) => {
      const names = this.#namesOf(id);
      return names.has(this.nameOf(target)) || names.has(nameIn(target));
    });
  }

  /** Whether two contacts had a name in common, one after the other. */
  shareName(a: string, b: string): boolean {
    return haveInCommon(this.namesOf({ kind: 'id', id: a }), this.namesOf({ kind: 'id', id: b }));
  }

  /** Whether the values of a tag are those of writes that are all settled. */
  isSettled(tag: string): boolean {
    const writes = this.writesByTag.get(tag) ?? [];
    return writes.length > 0 && writes.every(({ key }) => this.outcomes.has(key));
  }

  /** The dead letters are sent once more. */
  redriven(): void {
    for (const { reason, keys } of this.deadLetters.splice(0)) {
      if (reason === 'outcome-unknown') for (const key of keys) this.repeatedByHand.add(key);
    }
  }

  isDeadLetter(key: string): boolean {
    return this.deadLetters.some(({ keys }) => keys.includes(key));
  }
}

/** The name by which a write goes. */
export const nameIn = (target: Target): string =>
  target.kind === 'email' ? target.email : target.kind === 'id' ? target.id : '';

export const haveInCommon = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  [...a].some((name) => b.has(name));

export const isPoison = (body: string): boolean => body.includes(`"${POISON_PROPERTY}":"${POISON_VALUE}"`);

const parsed = new Map<string, { key: string; fact: WriteFact }[]>();

/** The writes of a message. Bodies come again and again, so that they are parsed once. */
function factsOf(body: string): readonly { key: string; fact: WriteFact }[] {
  const known = parsed.get(body);
  if (known !== undefined) return known;
  const message: WriteMessage = JSON.parse(body);
  const facts = message.writes.map((write) => {
    const fact = factOf(message, write);
    return { key: fact.key, fact };
  });
  if (parsed.size > 1_000) parsed.clear();
  parsed.set(body, facts);
  return facts;
}

function factOf({ operationId, verb, acceptedAt, lifecycle }: WriteMessage, write: QueuedWrite): WriteFact {
  const time = Math.min(write.occurredAt ?? acceptedAt, acceptedAt);
  return {
    key: `${operationId}#${write.index}`,
    operationId,
    verb,
    write,
    order: orderKey(epochMs(time), write.sequence),
    tag: [...tagsOf(write.properties)][0] ?? '',
    target: targetOf(verb, write),
    ...(lifecycle !== undefined && { lifecycle }),
  };
}

function targetOf(verb: Verb, write: QueuedWrite): Target {
  if (verb === 'create') {
    const email = write.properties['email'];
    return email === undefined ? { kind: 'nobody' } : { kind: 'email', email: normaliseEmail(email) };
  }
  if (write.idProperty === 'email') return { kind: 'email', email: normaliseEmail(write.id ?? '') };
  return { kind: 'id', id: write.id ?? '' };
}
