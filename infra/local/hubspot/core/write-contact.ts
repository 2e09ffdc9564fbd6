import { readAssociations } from './associations.ts';
import { notUnique } from './batch-update.ts';
import type { Call } from './call.ts';
import { commitDrafts, type Draft, startDrafting } from './draft-writes.ts';
import { findContact, idPropertyOf, isUniqueProperty } from './find-contact.ts';
import { notFound } from './not-found.ts';
import { createBody, parseBody, updateBody } from './parse-body.ts';
import { type Refusal, refusalReply } from './refusal.ts';
import { json, type Reply } from './wire.ts';
import { writtenView } from './written-view.ts';

/** POST …/contacts. */
export function createContact(call: Call): Reply {
  const body = parseBody(call, createBody);
  if (body.kind === 'reply') return body.reply;
  const associations = readAssociations(body.value.associations, call.settings);
  if ('kind' in associations) return refusalReply(associations);
  return writeOne(call, 201, startDrafting(call).create('create', body.value.properties, associations), body.value);
}

/** PATCH …/contacts/{id}?idProperty=: an id that was merged away leads to the survivor. */
export function updateContact(call: Call): Reply {
  const body = parseBody(call, updateBody);
  if (body.kind === 'reply') return body.reply;
  const idProperty = idPropertyOf(call.query.get('idProperty'));
  if (!isUniqueProperty(call.store, idProperty)) return notUnique(idProperty);
  const found = findContact(call, idProperty, call.target);
  if (found.kind === 'missing' || (found.merged && call.settings.mergedIdInUpdate === 'not-found')) {
    return notFound(call.target);
  }
  return writeOne(call, 200, startDrafting(call).update(found.contact, body.value.properties), {
    ...body.value,
    idProperty,
  });
}

function writeOne(
  call: Call,
  status: number,
  verdict: Draft | Refusal,
  input: { properties: Record<string, unknown>; idProperty?: string },
): Reply {
  if (verdict.kind === 'refused') return refusalReply(verdict);
  commitDrafts(call, [verdict]);
  return json(status, writtenView(call, verdict.id, input));
}
