import { PRIMARY_TYPE_ID } from './association-types.ts';
import type { Call } from './call.ts';
import type { Association, Contact } from './contact.ts';
import { contactView, defaultProperties } from './contact-view.ts';
import { splitEmails } from './email-address.ts';
import { findContact } from './find-contact.ts';
import { notFound } from './not-found.ts';
import { mergeBody, parseBody } from './parse-body.ts';
import { failure, json, type Reply } from './wire.ts';
import { shownProperties } from './written-view.ts';

/** Records that one contact may have been before HubSpot answers 414. */
const MAX_IDENTITIES = 250;

/** POST …/merge: a new record by default, to which both old ids lead; the primary's values win. */
export function mergeContacts(call: Call): Reply {
  const body = parseBody(call, mergeBody);
  if (body.kind === 'reply') return body.reply;
  const { primaryObjectId, objectIdToMerge } = body.value;
  const primary = findContact(call, 'hs_object_id', primaryObjectId);
  const other = findContact(call, 'hs_object_id', objectIdToMerge);
  if (primary.kind === 'missing') return notFound(primaryObjectId);
  if (other.kind === 'missing') return notFound(objectIdToMerge);
  const from = [primary.contact.id, other.contact.id];
  if (from[0] === from[1]) {
    return failure(400, { message: 'A contact cannot be merged with itself', category: 'VALIDATION_ERROR' });
  }
  const identities = from.flatMap((id) => [id, ...call.store.mergedInto(id)]);
  if (identities.length > MAX_IDENTITIES) {
    return failure(414, { message: `A merge of more than ${MAX_IDENTITIES} records`, category: 'VALIDATION_ERROR' });
  }
  const into = call.settings.mergeKeepsPrimaryId ? primary.contact.id : call.store.allocateId();
  call.commit([
    {
      kind: 'contacts-merged',
      into,
      from,
      at: call.now,
      createdAt: Math.min(primary.contact.createdAt, other.contact.createdAt),
      values: { ...mergedValues(primary.contact, other.contact), hs_merged_object_ids: identities.join(';') },
      associations: joined(primary.contact.associations, other.contact.associations),
    },
  ]);
  const merged = call.store.get(into);
  if (!merged) throw new Error(`contact ${into} was merged and is not there`);
  return json(200, contactView(merged, shownProperties(call, defaultProperties)));
}

/** The primary's values, the other's where it has none, and every further e-mail as a secondary one. */
function mergedValues(primary: Contact, other: Contact): Record<string, string> {
  const email = primary.properties['email'] ?? other.properties['email'];
  const secondary = [primary, other]
    .flatMap(({ properties }) => [properties['email'] ?? '', ...splitEmails(properties['hs_additional_emails'] ?? '')])
    .filter((each) => each !== '' && each !== email);
  return {
    ...other.properties,
    ...primary.properties,
    ...(secondary.length > 0 && { hs_additional_emails: [...new Set(secondary)].join(';') }),
  };
}

/** What either was linked to; the primary company stays the primary's, if it has one. */
function joined(first: readonly Association[], second: readonly Association[]): readonly Association[] {
  const isKnown = (each: Association) =>
    first.some(({ toType, toId, typeId }) => toType === each.toType && toId === each.toId && typeId === each.typeId) ||
    (each.typeId === PRIMARY_TYPE_ID && first.some(({ typeId }) => typeId === PRIMARY_TYPE_ID));
  return [...first, ...second.filter((each) => !isKnown(each))];
}
