import {
  ARCHIVED,
  type FormerHome,
  type LedgerEntry,
  type LedgerName,
  type LedgerSettlement,
  nameOfId,
  type OrderKey,
} from '../directory/contact-ledger.ts';
import type { ContactId, OperationId } from '../operations/contact-write.ts';
import type { LinkOutcome } from '../operations/link.ts';
import type { QueuedWrite } from '../operations/message.ts';
import type { Answer, Outcome, WriteError } from '../operations/outcome.ts';
import { type EpochMs, epochMs } from '../runtime/units.ts';
import { homeIn } from './contact-names.ts';
import type { EntryLink } from './entry-links.ts';
import { decideLink, type FollowUp, followUpOf, markOf, outcomeOf, resume, withoutContact } from './follow-up.ts';
import type { AstrayEntry } from './mend-astray.ts';
import { contactOf, homeOf, type KnownContacts, type PendingWrite, type WriteKey } from './pending-write.ts';
import type { CallEntry, TravelRules } from './plan-calls.ts';

/** Where a write stands when the invocation ends. */
export type Fate =
  | { readonly kind: 'settled'; readonly outcome: Outcome; readonly answer?: Answer }
  /** Another copy of it was settled before. */
  | { readonly kind: 'settled-before' }
  /** Goes back to the queue; `inDoubt` when HubSpot may have carried it out. */
  | {
      readonly kind: 'deferred';
      readonly notBefore: EpochMs;
      readonly inDoubt: boolean;
      readonly wasTried: boolean;
      readonly createdAs?: ContactId;
    }
  /** Cannot be decided by the relay; a person has to look. */
  | { readonly kind: 'set-aside'; readonly reason: string; readonly detail: string };

/** What is to become of a lease when the invocation ends: one under which something is in doubt runs out by itself. */
type LeaseEnd = 'release' | 'keep';

/** All that one invocation knows of its writes and contacts, and how answers change it. */
export class DeliveryState {
  readonly #pending: Map<WriteKey, PendingWrite>;
  readonly #fates = new Map<WriteKey, Fate>();
  readonly #homes = new Map<LedgerName, LedgerName>();
  /** What names that point elsewhere still keep. */
  readonly #formers = new Map<LedgerName, FormerHome>();
  readonly #ids = new Map<LedgerName, ContactId>();
  readonly #confirmed = new Set<LedgerName>();
  readonly #confirmedAt = new Map<LedgerName, EpochMs>();
  /** By name, the time up to which answers about its id are older than what the ledger has. */
  readonly #outdated = new Map<LedgerName, number>();
  readonly #forgotten = new Set<LedgerName>();
  /** Names for which the ledger has no id. */
  readonly #nobodies = new Set<LedgerName>();
  /** Homes whose lease was in doubt, and since when it is ours: answers before that may have been overtaken by a call of which nobody heard. */
  readonly #doubtedUntil = new Map<LedgerName, EpochMs>();
  readonly #moved = new Map<ContactId, ContactId>();
  readonly #unsure = new Set<LedgerName>();
  readonly #identified = new Set<LedgerName>();
  readonly #renamed = new Set<LedgerName>();
  readonly #gathered = new Set<LedgerName>();
  readonly #asked = new Set<WriteKey>();
  readonly #gone = new Set<ContactId>();
  readonly #emailNames = new Map<ContactId, readonly LedgerName[]>();
  readonly #unmerged = new Set<WriteKey>();
  readonly #quarantine = new Map<WriteKey, string>();
  readonly #doubtful = new Set<WriteKey>();
  readonly #made = new Map<WriteKey, ContactId>();
  readonly #marked = new Set<WriteKey>();
  readonly #followUps = new Map<WriteKey, FollowUp>();
  readonly #mended = new Set<WriteKey>();
  /** Write and position. */
  readonly #mendedLinks = new Set<string>();
  #astray: AstrayEntry[] = [];
  readonly #leases = new Map<LedgerName, LeaseEnd>();
  /** Names of persons deleted for good under which nothing was delivered since, and their places in the order. */
  readonly #erased = new Map<LedgerName, OrderKey>();
  /** Contacts that somebody else holds, since when, and when to ask again. */
  readonly #resting = new Map<string, { readonly since: EpochMs; readonly until: EpochMs }>();
  /** Contacts of which a write was deferred: what comes after it must not overtake. */
  readonly #held = new Map<string, EpochMs>();
  /** By contact, settled writes of which the fence will not tell, and whose outcome is not stored yet. */
  readonly #untold = new Map<string, PendingWrite[]>();
  readonly #owner: string;
  #quarantines = 0;

  /** `owner` names the invocation: what it learns of its writes travels on with them. */
  constructor(pending: Iterable<PendingWrite>, owner: string) {
    this.#owner = owner;
    this.#pending = new Map([...pending].map((write) => [write.key, write]));
    for (const { key, write } of this.#pending.values()) {
      if (write.inDoubt) this.#doubtful.add(key);
      if (write.alone) this.#unmerged.add(key);
      if (write.company !== undefined) this.#quarantine.set(key, write.company);
      if (write.followUp !== undefined) this.#followUps.set(key, resume(write.followUp));
    }
  }

  get known(): KnownContacts {
    return { homes: this.#homes, ids: this.#ids, confirmed: this.#confirmed, moved: this.#moved, unsure: this.#unsure };
  }

  get rules(): TravelRules {
    return { unmerged: this.#unmerged, quarantine: this.#quarantine, made: this.#made, followUps: this.#followUps };
  }

  /** Writes without an outcome. */
  get pending(): readonly PendingWrite[] {
    return [...this.#pending.values()];
  }

  fateOf(key: WriteKey): Fate | undefined {
    return this.#fates.get(key);
  }

  /** The lease and fence of `name` are kept at `home`; `former` is what is still kept under the name itself. */
  setHome(name: LedgerName, home: LedgerName, former?: FormerHome): void {
    const until = this.#held.get(name);
    this.#homes.set(name, home);
    if (former !== undefined && home !== name) this.#formers.set(name, former);
    // What was deferred by the one name must not be overtaken by the other.
    if (until !== undefined) this.#held.set(this.homeOf(name), until);
  }

  /** A home was erased, and with it all that pointed there: what its names lead to has to be asked anew. */
  forgetHome(home: LedgerName): void {
    for (const name of [...this.#homes.keys()].filter((each) => this.homeOf(each) === home)) {
      this.#homes.delete(name);
      this.#formers.delete(name);
    }
  }

  homeOf(name: LedgerName): LedgerName {
    return homeIn(this.#homes, name);
  }

  /** Whether the ledger was asked where `name` points to. */
  knowsHome(name: LedgerName): boolean {
    return this.#homes.has(name);
  }

  formerOf(name: LedgerName): FormerHome | undefined {
    return this.#formers.get(name);
  }

  /** What is still kept under `name` and the names between it and its home. */
  formerHomesOf(name: LedgerName): readonly FormerHome[] {
    const formers: FormerHome[] = [];
    const home = this.homeOf(name);
    for (let at = name; at !== home; at = this.#homes.get(at) ?? home) {
      const former = this.#formers.get(at);
      if (former !== undefined) formers.push(former);
    }
    return formers;
  }

  /** An answer at `confirmedAt` said that `name` leads to the contact `id`: `isFresh` when that is sure enough to write to. */
  learn(name: LedgerName, id: ContactId, confirmedAt: EpochMs, isFresh: boolean): void {
    this.#ids.set(name, id);
    this.#confirmedAt.set(name, confirmedAt);
    if (isFresh) this.#confirmed.add(name);
    else this.#confirmed.delete(name);
  }

  /** When the id of `name` was last confirmed; the beginning of time when it is not known. */
  confirmedAt(name: LedgerName): EpochMs {
    return this.#confirmedAt.get(name) ?? epochMs(0);
  }

  /** The lease of `home` is ours since `now`, and was in doubt: who had it before may have made another contact under its names. */
  doubtHome(home: LedgerName, now: EpochMs): void {
    if (!this.#doubtedUntil.has(home)) this.#doubtedUntil.set(home, now);
  }

  /** Whether the id of `name`, whose home is `home`, is from before the doubt about it. */
  isOverdue(name: LedgerName, home: LedgerName): boolean {
    return this.confirmedAt(name) < (this.#doubtedUntil.get(home) ?? 0);
  }

  /** The id of `name` is to be asked for again before it is written to. */
  unconfirm(name: LedgerName): void {
    this.#confirmed.delete(name);
  }

  /** `name` leads to nobody, or to somebody else. */
  forget(name: LedgerName): void {
    this.#ids.delete(name);
    this.#confirmed.delete(name);
    this.#forgotten.add(name);
  }

  wasForgotten(name: LedgerName): boolean {
    return this.#forgotten.has(name);
  }

  /** The contact `from` was merged into `to`, and with it all that were merged into `from`. */
  move(from: ContactId, to: ContactId): void {
    const last = this.#moved.get(to) ?? to;
    for (const [earlier, at] of this.#moved) if (at === from) this.#moved.set(earlier, last);
    this.#moved.set(from, last);
  }

  /** Whether `to` is said to have gone to `from`: then neither can be believed. */
  isCircle(from: ContactId, to: ContactId): boolean {
    return this.#moved.get(to) === from;
  }

  /** HubSpot is to be asked whom a name leads to; once in an invocation. */
  askAgain(name: LedgerName): void {
    this.#unsure.add(name);
    this.unconfirm(name);
  }

  /** HubSpot was asked whom a name leads to. */
  setIdentified(name: LedgerName): void {
    this.#unsure.delete(name);
    this.#identified.add(name);
  }

  wasIdentified(name: LedgerName): boolean {
    return this.#identified.has(name);
  }

  /** The contact of an id has another home than was thought: true once in an invocation. */
  hearsOfRenaming(name: LedgerName): boolean {
    const isNews = !this.#renamed.has(name);
    this.#renamed.add(name);
    return isNews;
  }

  /** HubSpot was asked for this very write whom its name leads to. */
  setAsked(pending: PendingWrite): void {
    this.#asked.add(pending.key);
  }

  wasAsked(pending: PendingWrite): boolean {
    return this.#asked.has(pending.key);
  }

  /** All e-mails of the contact that a name leads to were led to its home, to be archived. */
  setGathered(name: LedgerName): void {
    this.#gathered.add(name);
  }

  wasGathered(name: LedgerName): boolean {
    return this.#gathered.has(name);
  }

  /** All e-mails that were read to lead to a contact. */
  setEmailNames(id: ContactId, names: readonly LedgerName[]): void {
    this.#emailNames.set(id, names);
  }

  emailNamesOf(id: ContactId): readonly LedgerName[] {
    return this.#emailNames.get(id) ?? [];
  }

  /** HubSpot does not know the id. */
  setGone(id: ContactId): void {
    this.#gone.add(id);
  }

  isGone(id: ContactId): boolean {
    return this.#gone.has(id);
  }

  /** The writes of an entry travel by themselves from now on. */
  separate(entry: CallEntry): void {
    for (const { key } of entry.writes) this.#unmerged.add(key);
  }

  /** Entries of a refused call travel on in smaller company. */
  quarantine(groups: ReadonlyMap<number, readonly CallEntry[]>): void {
    for (const entries of groups.values()) {
      this.#quarantines += 1;
      for (const entry of entries) {
        for (const { key } of entry.writes) this.#quarantine.set(key, `${this.#owner}.${this.#quarantines}`);
      }
    }
  }

  /** How a write that goes back to the queue is to travel; else a consumer short of time would begin anew for ever. */
  travelMarksOf(key: WriteKey, tries = 0): Pick<QueuedWrite, 'alone' | 'company' | 'tries' | 'followUp'> {
    const company = this.#quarantine.get(key);
    const followUp = this.#followUps.get(key);
    return {
      ...(followUp !== undefined && markOf(followUp)),
      ...(this.#marked.has(key) && { tries: tries + 1 }),
      ...(this.#unmerged.has(key) && { alone: true }),
      ...(company !== undefined && { company }),
    };
  }

  /** HubSpot may have carried this write out before: a conflict is no verdict. */
  doubt(pending: PendingWrite): void {
    this.#doubtful.add(pending.key);
  }

  /** This create made the contact `id` before; what older writes have overwritten since is still to be repeated. */
  foundMade(pending: PendingWrite, id: ContactId): void {
    this.#made.set(pending.key, id);
  }

  /** The contact that a create made before this invocation settled it. */
  madeBy(pending: PendingWrite): ContactId | undefined {
    return this.#made.get(pending.key);
  }

  /** Leased, and to be looked after before it is sent. */
  noteAstray(entry: AstrayEntry): void {
    this.#astray.push(entry);
  }

  /** Those noted since they were last asked for. */
  takeAstray(): readonly AstrayEntry[] {
    return this.#astray.splice(0);
  }

  /** Whatever this write did under another lease is set right. */
  setMended(pending: PendingWrite): void {
    this.#mended.add(pending.key);
  }

  isMended(pending: PendingWrite): boolean {
    return this.#mended.has(pending.key);
  }

  /** Whatever this association's write did to it under another lease is set right. */
  setLinkMended({ of, position }: EntryLink): void {
    this.#mendedLinks.add(`${of.key} ${position}`);
  }

  isLinkMended({ of, position }: EntryLink): boolean {
    return this.#mendedLinks.has(`${of.key} ${position}`);
  }

  isInDoubt(pending: PendingWrite): boolean {
    return this.#doubtful.has(pending.key);
  }

  /** This try at the write is noted: whoever finds the note takes it for sent, so that the next one needs a new number. */
  mark(pending: PendingWrite): void {
    this.#marked.add(pending.key);
  }

  /** A lease of this invocation's; `keep` once given is never taken back by a later `release`. */
  endLease(home: LedgerName, end: LeaseEnd): void {
    if (this.#leases.get(home) !== 'keep') this.#leases.set(home, end);
  }

  /** The lease was given back together with what it stored. */
  leaseEnded(home: LedgerName): void {
    this.#leases.delete(home);
  }

  /** The person of a name was deleted for good, and nothing was delivered under it since; undefined when it is not so. */
  noteErasure(name: LedgerName, order: OrderKey | undefined): void {
    if (order === undefined) this.#erased.delete(name);
    else this.#erased.set(name, order);
  }

  erasureOf(name: LedgerName): OrderKey | undefined {
    return this.#erased.get(name);
  }

  get leasesToRelease(): readonly LedgerName[] {
    return [...this.#leases].flatMap(([home, end]) => (end === 'release' ? [home] : []));
  }

  /** The ledger as it was when its lease was taken: what was learned of its id before is no news, nor after an archive. */
  compare({ name, id, confirmedAt, fence }: LedgerEntry): void {
    if (id === undefined) this.#nobodies.add(name);
    else this.#nobodies.delete(name);
    this.#outdated.set(name, fence.has(ARCHIVED) ? Number.POSITIVE_INFINITY : (confirmedAt ?? 0));
  }

  /**
   * What answers told of the id of a name in this invocation: null when it leads to nobody. Under a lease that was in doubt, without
   * an answer since, nothing is sure any more: who writes to the id next has to ask. Where the ledger knows no id neither is any news: a name
   * that was erased is not kept for it.
   */
  lessonOf(name: LedgerName): Pick<LedgerSettlement, 'id' | 'confirmedAt'> | undefined {
    const id = this.#ids.get(name);
    const leadsToNobody = this.#nobodies.has(name);
    if (id === undefined && this.#forgotten.has(name)) return leadsToNobody ? undefined : { id: null };
    if (this.isOverdue(name, name)) return leadsToNobody ? undefined : { confirmedAt: epochMs(0) };
    const confirmedAt = this.confirmedAt(name);
    const isNews = this.#confirmed.has(name) && confirmedAt > (this.#outdated.get(name) ?? 0);
    return id !== undefined && isNews ? { id, confirmedAt } : undefined;
  }

  /** Decides a write; one whose associations are still to be made goes into its second wave instead. */
  settle(pending: PendingWrite, outcome: Outcome, body?: Answer['body'] | WriteError): void {
    const followUp = followUpOf(pending, outcome, body === undefined ? undefined : { ...body });
    if (followUp === undefined) this.#settle(pending, withoutContact(pending, outcome), body);
    else this.#beginFollowUp(pending, followUp);
  }

  /** The write's associations belong to the very contact that its properties went to, whatever its e-mail is by now. */
  #beginFollowUp(pending: PendingWrite, followUp: FollowUp): void {
    const home = homeOf(pending, this.known);
    const name = nameOfId(followUp.id);
    if (home !== undefined && !this.#homes.has(name)) this.#homes.set(name, home);
    this.#followUps.set(pending.key, followUp);
    this.#pending.set(pending.key, { ...pending, write: { ...pending.write, ...markOf(followUp) } });
  }

  isFollowUp({ key }: PendingWrite): boolean {
    return this.#followUps.has(key);
  }

  /** One association of a write between its waves is decided, and with the last one the write. */
  decideLink(pending: PendingWrite, position: number, outcome: LinkOutcome): void {
    const before = this.#followUps.get(pending.key);
    if (before === undefined) return;
    const followUp = decideLink(before, position, outcome);
    this.#followUps.set(pending.key, followUp);
    const whole = outcomeOf(pending, followUp);
    if (whole !== undefined) this.#settle(pending, whole, followUp.body);
  }

  /** The associations of a write between its waves go one by one from now on. */
  separateLinks(pending: PendingWrite): void {
    const followUp = this.#followUps.get(pending.key);
    if (followUp !== undefined) this.#followUps.set(pending.key, { ...followUp, isApart: true });
  }

  #settle(pending: PendingWrite, outcome: Outcome, body?: Answer['body'] | WriteError): void {
    if (isRefused(outcome)) {
      const contact = contactOf(pending, this.known);
      this.#untold.set(contact, [...(this.#untold.get(contact) ?? []), pending]);
    }
    this.#decide(pending, {
      kind: 'settled',
      outcome,
      ...(pending.keepsAnswer && body !== undefined && { answer: { index: pending.write.index, body: { ...body } } }),
    });
  }

  /**
   * Refused writes of the contact of `home`, once, whose outcomes have to be stored before the lease is given back: they stand in
   * no fence, so that the next owner would send them again.
   */
  takeUntold(home: LedgerName): readonly PendingWrite[] {
    const untold = this.#untold.get(home) ?? [];
    this.#untold.delete(home);
    return untold;
  }

  /**
   * Refused writes whose outcome nobody knows to be stored, nor not to be: no fence tells of them, and the store may show it later. Their
   * contacts rest until their leases end by themselves, or another would send them again meanwhile.
   */
  keepUntold(writes: readonly PendingWrite[], unsettled: ReadonlySet<OperationId>): void {
    for (const pending of writes) {
      if (!unsettled.has(pending.operationId)) continue;
      const fate = this.#fates.get(pending.key);
      const home = homeOf(pending, this.known);
      const isRefused = fate?.kind === 'settled' && fate.outcome.kind === 'rejected';
      if (isRefused && home !== undefined && this.#leases.has(home)) this.endLease(home, 'keep');
    }
  }

  settledBefore(pending: PendingWrite): void {
    this.#decide(pending, { kind: 'settled-before' });
  }

  setAside(pending: PendingWrite, reason: string, detail: string): void {
    this.#decide(pending, { kind: 'set-aside', reason, detail });
  }

  /** Puts a write off, and with it all later writes of its contact. */
  defer(pending: PendingWrite, notBefore: EpochMs, inDoubt: boolean): void {
    this.#held.set(contactOf(pending, this.known), notBefore);
    this.#decide(pending, { kind: 'deferred', notBefore, inDoubt, wasTried: true });
  }

  /** Leaves a write to a message that comes again: nothing was tried, and nothing else waits for it. */
  await(pending: PendingWrite, notBefore: EpochMs): void {
    this.#decide(pending, { kind: 'deferred', notBefore, inDoubt: false, wasTried: false });
  }

  /** Puts off what must not overtake a deferred write of the same contact. */
  deferHeld(): void {
    if (this.#held.size === 0) return;
    for (const pending of this.pending) {
      const until = this.#held.get(contactOf(pending, this.known));
      if (until === undefined) continue;
      this.#decide(pending, {
        kind: 'deferred',
        notBefore: until,
        inDoubt: this.isInDoubt(pending),
        wasTried: false,
      });
    }
  }

  /** Puts off everything that is still open. */
  deferAll(notBefore: EpochMs): void {
    for (const pending of this.pending) {
      this.#decide(pending, { kind: 'deferred', notBefore, inDoubt: this.isInDoubt(pending), wasTried: false });
    }
  }

  /** Somebody else holds the contact: it rests until `until`. Returns since when it has been resting. */
  rest(contact: string, now: EpochMs, until: EpochMs): EpochMs {
    const since = this.#resting.get(contact)?.since ?? now;
    this.#resting.set(contact, { since, until });
    return since;
  }

  /** Writes whose contact does not rest at `now`. */
  movable(now: EpochMs): readonly PendingWrite[] {
    if (this.#resting.size === 0) return this.pending;
    return this.pending.filter((pending) => (this.#resting.get(contactOf(pending, this.known))?.until ?? now) <= now);
  }

  /** Somebody else held the contact of this write when its lease was last asked for. */
  hasRested(pending: PendingWrite): boolean {
    return this.#resting.has(contactOf(pending, this.known));
  }

  /** When the first resting contact may be asked for again. */
  get nextWaking(): EpochMs | undefined {
    const times = this.pending.flatMap((pending) => this.#resting.get(contactOf(pending, this.known))?.until ?? []);
    return times.length === 0 ? undefined : epochMs(Math.min(...times));
  }

  #decide(pending: PendingWrite, fate: Fate): void {
    this.#pending.delete(pending.key);
    this.#fates.set(pending.key, fate);
  }
}

/** Whether HubSpot refused something of a write, of which no fence will tell. */
const isRefused = (outcome: Outcome): boolean =>
  outcome.kind === 'rejected' ||
  ('associations' in outcome && outcome.associations?.some((each) => each.outcome === 'rejected') === true);
