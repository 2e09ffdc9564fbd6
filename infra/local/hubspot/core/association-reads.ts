import { z } from 'zod';
import { legacyNeighbourViews, type Neighbour, neighbourView } from './association-views.ts';
import { batchReply, inputsUpTo, readInputs } from './batch.ts';
import type { Call } from './call.ts';
import { type LinkDirection, objectTypesOf, readDirection } from './link-direction.ts';
import { associatedContact } from './linking.ts';
import { notFound } from './not-found.ts';
import { HUBSPOT_URL, nextPage } from './paging.ts';
import { objectReference } from './parse-body.ts';
import type { ErrorEntry } from './refusal.ts';
import { failure, json, type Reply } from './wire.ts';

/** Linked objects of a page: v4 documents 500, v3 was seen to stop at 100. */
const MAX_PAGE = 500;
const MAX_LEGACY_PAGE = 100;

const readInput = z.object({ ...objectReference.shape, after: z.string().nullish() });

/** GET …/{id}/associations/{to}?limit=&after=. */
export function listAssociations(call: Call): Reply {
  const direction = readDirection(call);
  if (direction.kind !== 'direction') return direction;
  const limit = Number(call.query.get('limit') ?? MAX_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    return failure(400, { message: `limit must be between 1 and ${MAX_PAGE}`, category: 'VALIDATION_ERROR' });
  }
  const id = direction.isReversed ? call.target : associatedContact(call, call.target);
  if (id === undefined) return notFound(call.target);
  const page = pageOf(neighboursOf(call, direction, id), call.query.get('after'), limit);
  return json(200, {
    results: page.shown.map((neighbour) => neighbourView(call, direction, neighbour)),
    ...(page.after !== undefined && { paging: nextPage(call, page.after) }),
  });
}

/** POST /crm/v4/associations/{from}/{to}/batch/read: who has none is an error, though nothing is wrong with that. */
export const batchReadAssociations = (call: Call): Reply =>
  readAll(call, MAX_PAGE, (direction, neighbour) => [neighbourView(call, direction, neighbour)]);

/** POST /crm/v3/associations/{from}/{to}/batch/read. */
export const batchReadAssociationsLegacy = (call: Call): Reply =>
  readAll(call, MAX_LEGACY_PAGE, (direction, neighbour) => legacyNeighbourViews(call, direction, neighbour));

function readAll(
  call: Call,
  limit: number,
  show: (direction: LinkDirection, neighbour: Neighbour) => readonly object[],
): Reply {
  const direction = readDirection(call);
  if (direction.kind !== 'direction') return direction;
  const read = readInputs(call, readInput, 200, inputsUpTo(call.settings.maxAssociationReads));
  if (read.kind === 'reply') return read.reply;
  const results: object[] = [];
  const errors: ErrorEntry[] = [];
  for (const [id, after] of new Map(read.inputs.map((input) => [input.id, input.after]))) {
    const contactOrOther = direction.isReversed ? id : associatedContact(call, id);
    const neighbours = contactOrOther === undefined ? [] : neighboursOf(call, direction, contactOrOther);
    if (neighbours.length === 0) {
      errors.push(noneEntry(direction, id));
      continue;
    }
    const page = pageOf(neighbours, after, limit);
    const to = page.shown.flatMap((neighbour) => show(direction, neighbour));
    const next = page.after !== undefined && {
      paging: { next: { after: page.after, link: linkOf(direction, id, page.after) } },
    };
    results.push({ from: { id: contactOrOther }, to, ...next });
  }
  return batchReply(call, 200, results, errors);
}

function linkOf(direction: LinkDirection, id: string, after: string): string {
  const [from, to] = objectTypesOf(direction);
  return `${HUBSPOT_URL}/crm/v3/objects/${from.typeId}/${id}/associations/${to.typeId}?after=${after}`;
}

/** The error for an object without associations, or one that is not there: the answer does not tell which. */
function noneEntry(direction: LinkDirection, id: string): ErrorEntry {
  const [from, to] = objectTypesOf(direction);
  return {
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
    message: `No ${to.singular} is associated with ${from.singular} ${id}.`,
    context: { fromObjectId: [id], fromObjectType: [from.singular], toObjectType: [to.singular] },
  };
}

/** What is linked to an object, in order of ids. From the other side it is found by going through all contacts. */
function neighboursOf(call: Call, { other, isReversed }: LinkDirection, id: string): Neighbour[] {
  const typeIds = new Map<string, number[]>();
  const add = (neighbour: string, typeId: number) =>
    typeIds.set(neighbour, [...(typeIds.get(neighbour) ?? []), typeId]);
  if (isReversed) {
    for (const contact of call.store.after('0')) {
      if (contact.archivedAt !== undefined) continue;
      for (const { toType, toId, typeId } of contact.associations) {
        if (toType === other && toId === id) add(contact.id, typeId);
      }
    }
  } else {
    for (const { toType, toId, typeId } of call.store.get(id)?.associations ?? []) {
      if (toType === other) add(toId, typeId);
    }
  }
  return [...typeIds]
    .map(([neighbour, ids]) => ({ id: neighbour, typeIds: ids }))
    .sort((a, b) => Number(a.id) - Number(b.id));
}

function pageOf(neighbours: readonly Neighbour[], after: string | null | undefined, limit: number) {
  const rest = neighbours.filter(({ id }) => Number(id) > Number(after ?? 0));
  const shown = rest.slice(0, limit);
  return { shown, after: rest.length > limit ? shown.at(-1)?.id : undefined };
}
