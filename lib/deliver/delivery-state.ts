import type { ContactKey, KnownContact } from '../directory/contact-directory.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { Answer, Outcome, WriteError } from '../operations/outcome.ts';
import type { EpochMs } from '../runtime/units.ts';
import {
  addressOf,
  contactOf,
  type KnownContacts,
  type PendingWrite,
  type UniqueKey,
  uniqueKey,
  type WriteKey,
} from './pending-write.ts';
import type { CallEntry, TravelRules } from './plan-calls.ts';

/** Where a write stands when the invocation ends. */
export type Fate =
  | { readonly kind: 'settled'; readonly outcome: Outcome; readonly answer?: Answer }
  /** Goes back to the queue; `inDoubt` when HubSpot may have carried it out. */
  | { readonly kind: 'deferred'; readonly notBefore: EpochMs; readonly inDoubt: boolean; readonly wasTried: boolean }
  /** Cannot be decided by the relay; a person has to look. */
  | { readonly kind: 'set-aside'; readonly reason: string; readonly detail: string };

/** All that one invocation knows of its writes and contacts, and how answers change it. */
export class DeliveryState {
  readonly #pending: Map<WriteKey, PendingWrite>;
  readonly #fates = new Map<WriteKey, Fate>();
  readonly #ids = new Map<UniqueKey, ContactId>();
  readonly #confirmed = new Set<UniqueKey>();
  readonly #moved = new Map<ContactId, ContactId>();
  readonly #learned = new Map<UniqueKey, KnownContact>();
  readonly #forgotten = new Map<UniqueKey, ContactKey>();
  readonly #unmerged = new Set<WriteKey>();
  readonly #quarantine = new Map<WriteKey, string>();
  /** Contacts of which a write was deferred: what comes after it must not overtake. */
  readonly #held = new Map<string, EpochMs>();
  #quarantines = 0;

  constructor(pending: Iterable<PendingWrite>) {
    this.#pending = new Map([...pending].map((write) => [write.key, write]));
  }

  get known(): KnownContacts {
    return { ids: this.#ids, confirmed: this.#confirmed, moved: this.#moved };
  }

  get rules(): TravelRules {
    return { unmerged: this.#unmerged, quarantine: this.#quarantine };
  }

  get pending(): readonly PendingWrite[] {
    return [...this.#pending.values()];
  }

  /** What answers taught, to be stored in the directory. */
  get learned(): readonly KnownContact[] {
    return [...this.#learned.values()];
  }

  get forgotten(): readonly ContactKey[] {
    return [...this.#forgotten.values()];
  }

  fateOf(key: WriteKey): Fate | undefined {
    return this.#fates.get(key);
  }

  /** Takes over what the directory knows; it tells contacts apart, and if fresh, where to write. */
  recall(contact: KnownContact, isFresh: boolean): void {
    const key = uniqueKey(contact.key.idProperty, contact.key.value);
    this.#ids.set(key, contact.id);
    if (isFresh) this.#confirmed.add(key);
  }

  /** An answer said that `key` names the contact `id`. */
  learn(key: ContactKey, id: ContactId, now: EpochMs): void {
    const name = uniqueKey(key.idProperty, key.value);
    this.#ids.set(name, id);
    this.#confirmed.add(name);
    this.#forgotten.delete(name);
    this.#learned.set(name, { key, id, confirmedAt: now });
  }

  /** An answer said that `key` names nobody, or somebody else. */
  forget(key: ContactKey): void {
    const name = uniqueKey(key.idProperty, key.value);
    this.#ids.delete(name);
    this.#confirmed.delete(name);
    this.#learned.delete(name);
    this.#forgotten.set(name, key);
  }

  wasForgotten(key: ContactKey): boolean {
    return this.#forgotten.has(uniqueKey(key.idProperty, key.value));
  }

  /** The contact `from` was merged into `to`. */
  move(from: ContactId, to: ContactId): void {
    this.#moved.set(from, to);
  }

  hasMoved(id: ContactId): boolean {
    return [...this.#moved.values()].includes(id);
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
        for (const { key } of entry.writes) this.#quarantine.set(key, String(this.#quarantines));
      }
    }
  }

  settle(pending: PendingWrite, outcome: Outcome, body: Answer['body'] | WriteError): void {
    this.#decide(pending, {
      kind: 'settled',
      outcome,
      ...(pending.keepsAnswer && { answer: { index: pending.write.index, body: { ...body } } }),
    });
  }

  setAside(pending: PendingWrite, reason: string, detail: string): void {
    this.#decide(pending, { kind: 'set-aside', reason, detail });
  }

  /** Puts a write off, and with it all later writes of its contact. */
  defer(pending: PendingWrite, notBefore: EpochMs, inDoubt: boolean): void {
    this.#hold(pending, notBefore);
    this.#decide(pending, { kind: 'deferred', notBefore, inDoubt, wasTried: true });
  }

  /** Puts off what must not overtake a deferred write of the same contact. */
  deferHeld(): void {
    if (this.#held.size === 0) return;
    for (const pending of this.pending) {
      const until = this.#heldUntil(pending);
      if (until === undefined) continue;
      this.#decide(pending, { kind: 'deferred', notBefore: until, inDoubt: false, wasTried: false });
    }
  }

  /** Puts off everything that is still open. */
  deferAll(notBefore: EpochMs): void {
    for (const pending of this.pending) {
      this.#decide(pending, { kind: 'deferred', notBefore, inDoubt: false, wasTried: false });
    }
  }

  #decide(pending: PendingWrite, fate: Fate): void {
    this.#pending.delete(pending.key);
    this.#fates.set(pending.key, fate);
  }

  #hold(pending: PendingWrite, until: EpochMs): void {
    for (const name of this.#namesOf(pending)) this.#held.set(name, until);
  }

  #heldUntil(pending: PendingWrite): EpochMs | undefined {
    return this.#namesOf(pending)
      .map((name) => this.#held.get(name))
      .find((until) => until !== undefined);
  }

  /** A contact may be named by its key or, once that is known, by its id. */
  #namesOf(pending: PendingWrite): readonly string[] {
    const address = addressOf(pending);
    const contact = contactOf(pending, this.known);
    return address.kind === 'key' ? [address.key, contact] : [contact];
  }
}
