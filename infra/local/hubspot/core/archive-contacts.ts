import { batchReply, notFoundEntry, readInputs, refuseDuplicates } from './batch.ts';
import type { Call } from './call.ts';
import type { Contact } from './contact.ts';
import type { Change } from './contact-store.ts';
import { normaliseEmail, splitEmails } from './email-address.ts';
import { findContact, idPropertyOf } from './find-contact.ts';
import { notFound } from './not-found.ts';
import { gdprDeleteBody, idInput, parseBody } from './parse-body.ts';
import { noContent, type Reply } from './wire.ts';

/** DELETE …/contacts/{id}. */
export function archiveContact(call: Call): Reply {
  const { missing } = archive(call, [call.target]);
  return missing.length > 0 && call.settings.archiveUnknownId === 'not-found' ? notFound(call.target) : noContent;
}

/** POST …/batch/archive: 204 without a word on what was there, unless unknown ids are set to be told. */
export function batchArchive(call: Call): Reply {
  const read = readInputs(call, idInput, 204);
  if (read.kind === 'reply') return read.reply;
  const ids = read.inputs.map((input) => input.id.trim());
  const refused = refuseDuplicates(call, ids);
  if (refused && call.settings.duplicateIdsOnReadOrArchive === 'refuse') return refused;
  const { missing } = archive(call, [...new Set(ids)]);
  if (missing.length === 0 || call.settings.archiveUnknownId === 'ok') return noContent;
  return batchReply(call, 204, [], [notFoundEntry(missing)]);
}

/** POST …/gdpr-delete: gone for good; an e-mail that nobody has goes on the blocklist. */
export function gdprDelete(call: Call): Reply {
  const body = parseBody(call, gdprDeleteBody);
  if (body.kind === 'reply') return body.reply;
  const idProperty = idPropertyOf(body.value.idProperty);
  const found = findContact(call, idProperty, body.value.objectId);
  if (found.kind === 'found') call.commit(purge(call, found.contact));
  else if (idProperty === 'email') {
    call.commit([{ kind: 'email-blocked', email: normaliseEmail(body.value.objectId) }]);
  } else return notFound(body.value.objectId);
  return noContent;
}

function purge(call: Call, { id, properties }: Contact): Change[] {
  const emails = [properties['email'] ?? '', ...splitEmails(properties['hs_additional_emails'] ?? '')];
  const blocked = call.settings.purgedEmails === 'blocked' ? emails.filter((email) => email !== '') : [];
  return [{ kind: 'contact-purged', id }, ...blocked.map((email): Change => ({ kind: 'email-blocked', email }))];
}

function archive(call: Call, ids: readonly string[]): { readonly missing: readonly string[] } {
  const missing: string[] = [];
  const doomed = new Set<string>();
  for (const id of ids) {
    const found = findContact(call, 'hs_object_id', id);
    if (found.kind === 'missing') missing.push(id);
    else if (!found.merged || call.settings.archiveMergedId === 'survivor') doomed.add(found.contact.id);
  }
  const keepsKeys = call.settings.archivedKeys === 'taken';
  const changes = [...doomed].map((id): Change => ({ kind: 'contact-archived', id, at: call.now, keepsKeys }));
  if (changes.length > 0) call.commit(changes);
  return { missing };
}
