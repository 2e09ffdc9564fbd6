import type { AssociationType } from './association-types.ts';
import { objectExists, unknownObjects } from './associations.ts';
import type { Call } from './call.ts';
import type { Association } from './contact.ts';
import type { Change } from './contact-store.ts';
import { findContact } from './find-contact.ts';
import type { LinkDirection } from './link-direction.ts';
import { linked, type OtherEnd, unlinked } from './linked.ts';
import { objectTypeOf } from './object-types.ts';
import type { Refusal } from './refusal.ts';

/** Two ends of an association as a request names them. */
export interface Ends {
  readonly fromId: string;
  readonly toId: string;
}

/** The two ends where both exist; an id that was merged away stands for its survivor. */
export interface Pair {
  readonly kind: 'pair';
  readonly contactId: string;
  readonly other: OtherEnd;
}

/** Collects what one call does to associations, to store it as one step; later parts see what earlier ones did. */
export interface Linking {
  /** The ends, or the refusal that names those which are not there. */
  readonly find: (ends: Ends) => Pair | Refusal;
  readonly associate: (pair: Pair, types: readonly AssociationType[]) => void;
  readonly dissociate: (pair: Pair, typeIds: readonly number[] | 'all') => void;
  readonly commit: () => void;
}

/** Starts the associations of one call. */
export function startLinking(call: Call, direction: LinkDirection): Linking {
  const changed = new Map<string, readonly Association[]>();
  const current = (contactId: string): readonly Association[] =>
    changed.get(contactId) ?? call.store.get(contactId)?.associations ?? [];
  const change = (contactId: string, associations: readonly Association[]) => {
    if (associations !== current(contactId)) changed.set(contactId, associations);
  };

  return {
    find: ({ fromId, toId }) => {
      const [contactId, otherId] = direction.isReversed ? [toId, fromId] : [fromId, toId];
      const contact = associatedContact(call, contactId);
      const missing = [
        ...(contact === undefined ? [{ type: 'CONTACT', id: contactId }] : []),
        ...(objectExists(call.settings, direction.other, otherId)
          ? []
          : [{ type: objectTypeOf(direction.other).singular.toUpperCase(), id: otherId }]),
      ];
      if (contact === undefined || missing.length > 0) return unknownObjects(missing);
      return { kind: 'pair', contactId: contact, other: { toType: direction.other, toId: otherId } };
    },
    associate: ({ contactId, other }, types) =>
      change(contactId, linked(current(contactId), other, types, call.settings)),
    dissociate: ({ contactId, other }, typeIds) => change(contactId, unlinked(current(contactId), other, typeIds)),
    commit: () => {
      const changes = [...changed].map(
        ([id, associations]): Change => ({ kind: 'contact-associated', id, associations }),
      );
      if (changes.length > 0) call.commit(changes);
    },
  };
}

/** The live contact that an association request means, or undefined. */
export function associatedContact(call: Call, id: string): string | undefined {
  const found = findContact(call, 'hs_object_id', id);
  if (found.kind === 'missing') return undefined;
  return found.merged && call.settings.mergedIdInAssociations === 'not-found' ? undefined : found.contact.id;
}
