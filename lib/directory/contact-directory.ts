import type { ContactId } from '../operations/contact-write.ts';
import type { EpochMs } from '../runtime/units.ts';

/** A unique property and its normalised value, e.g. `email`, `ada@example.com`. */
export interface ContactKey {
  readonly idProperty: string;
  readonly value: string;
}

/** That a key names a contact, as an answer of HubSpot's last confirmed it. */
export interface KnownContact {
  readonly key: ContactKey;
  readonly id: ContactId;
  readonly confirmedAt: EpochMs;
}

/** The map from e-mail (or another unique property) to contact id. */
export interface ContactDirectory {
  /** The contacts known for `keys`; a key that nobody knows is missing from the answer. */
  find(keys: readonly ContactKey[]): Promise<readonly KnownContact[]>;
  /** Stores what an answer of HubSpot's told. */
  learn(contacts: readonly KnownContact[]): Promise<void>;
  /** Forgets keys that turned out to name a contact that is not there. */
  forget(keys: readonly ContactKey[]): Promise<void>;
}
