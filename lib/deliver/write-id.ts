import type { ContactId } from '../operations/contact-write.ts';
import type { FoundContact } from './find-contact.ts';
import type { PendingWrite } from './pending-write.ts';
import type { EntryVerdict } from './run-call.ts';

/**
 * What a create writes into the portal's write-id property: `<operation>-<index>`, the same at every try, so that HubSpot
 * itself refuses the second one. A person who sees it on a contact can ask the relay for the operation.
 */
export const writeIdOf = ({ operationId, write }: PendingWrite): string => [operationId, write.index].join('-');

/** The write ids that a contact ever had; several after a merge. */
export function writeIdsOn({ properties, propertiesWithHistory }: FoundContact, property: string): readonly string[] {
  const before = propertiesWithHistory?.[property] ?? [];
  return [properties?.[property], ...before.map(({ value }) => value)].flatMap((value) => (value ? [value] : []));
}

/** Whether HubSpot complains that the portal has no such property: nothing is wrong with the record, the portal lacks it. */
export const lacksProperty = (message: string | undefined, property: string | undefined): boolean =>
  property !== undefined && new RegExp(`Property \\\\*"${property}\\\\*" does not exist`).test(message ?? '');

/** The contact that has the write id, as HubSpot's refusal of a second create names it. */
const ownerOfWriteId = (message: string, property: string): string | undefined =>
  new RegExp(`propertyName=${property}, value=[^}]*\\} on \\d+\\. (\\d+) already has that value`).exec(message)?.[1];

/** What a refusal of a create means where creates carry a write id in `property`. */
export function heedWriteId(verdict: EntryVerdict, property: string | undefined): EntryVerdict {
  if (property === undefined || verdict.kind !== 'rejected') return verdict;
  const { message } = verdict.error;
  if (lacksProperty(message, property)) return { kind: 'deferred', reason: 'no-write-id-property' };
  const owner = ownerOfWriteId(message, property);
  return owner === undefined ? verdict : { ...verdict, existingId: owner as ContactId };
}
