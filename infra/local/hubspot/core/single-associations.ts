import { z } from 'zod';
import { type AssociationType, unlabeledType } from './association-types.ts';
import { defaultViews, labelsView } from './association-views.ts';
import { unknownTypes } from './associations.ts';
import { completeBatch } from './batch.ts';
import type { Call } from './call.ts';
import { type LinkDirection, readDirection, readTypes, typesBetween } from './link-direction.ts';
import { type Linking, type Pair, startLinking } from './linking.ts';
import { notFound } from './not-found.ts';
import { associationSpec, parseBody } from './parse-body.ts';
import { readView } from './read-contacts.ts';
import { refusalReply } from './refusal.ts';
import { failure, json, noContent, type Reply } from './wire.ts';

/** PUT …/{id}/associations/{to}/{toId} with the types to have: 201, and the same again changes nothing. */
export function associate(call: Call): Reply {
  const body = parseBody(call, z.array(associationSpec));
  if (body.kind === 'reply') return body.reply;
  return withPair(call, (direction, linking, pair) => {
    const { found, unknown } = readTypes(call, direction, body.value);
    if (unknown.length > 0) return refusalReply(unknownTypes(unknown));
    if (found.length === 0) return failure(400, { message: 'types must not be empty', category: 'VALIDATION_ERROR' });
    linking.associate(pair, found);
    linking.commit();
    return json(201, labelsView(call, direction, pair, found));
  });
}

/** PUT …/{id}/associations/default/{to}/{toId}: without a label, answered like a batch. */
export const associateByDefault = (call: Call): Reply =>
  withPair(call, (direction, linking, pair) => {
    linking.associate(pair, [unlabeledType(direction.other)]);
    linking.commit();
    return completeBatch(call, 200, defaultViews(direction, pair));
  });

/** DELETE …/{id}/associations/{to}/{toId}: whatever the two have in common. */
export function dissociate(call: Call): Reply {
  const direction = readDirection(call);
  return direction.kind === 'direction' ? takeAway(call, direction, 'all') : direction;
}

/** PUT /crm/v3/objects/contacts/{id}/associations/{to}/{toId}/{typeId}: answered with the contact. */
export const associateLegacy = (call: Call): Reply =>
  withPair(call, (direction, linking, pair) => {
    const type = typeInPath(call, direction);
    if (!type) return unknownTypeInPath(call);
    linking.associate(pair, [type]);
    linking.commit();
    const contact = call.store.get(pair.contactId);
    if (!contact || call.settings.legacyAssociateAnswer === 'empty') return noContent;
    return json(200, readView(call, contact, { properties: [], history: [], associations: [direction.other] }));
  });

/** DELETE of the same path. */
export function dissociateLegacy(call: Call): Reply {
  const direction = readDirection(call);
  if (direction.kind !== 'direction') return direction;
  const type = typeInPath(call, direction);
  return type ? takeAway(call, direction, [type.typeId]) : unknownTypeInPath(call);
}

function takeAway(call: Call, direction: LinkDirection, typeIds: readonly number[] | 'all'): Reply {
  const linking = startLinking(call, direction);
  const pair = linking.find(endsInPath(call));
  if (pair.kind === 'refused') return call.settings.dissociateUnknown === 'ok' ? noContent : notFound(call.target);
  linking.dissociate(pair, typeIds);
  linking.commit();
  return noContent;
}

function withPair(call: Call, act: (direction: LinkDirection, linking: Linking, pair: Pair) => Reply): Reply {
  const direction = readDirection(call);
  if (direction.kind !== 'direction') return direction;
  const linking = startLinking(call, direction);
  const pair = linking.find(endsInPath(call));
  if (pair.kind === 'pair') return act(direction, linking, pair);
  return call.settings.missingAssociated === 'invalid' ? refusalReply(pair) : notFound(call.target);
}

const endsInPath = (call: Call) => ({ fromId: call.target, toId: call.path['toId'] ?? '' });

const typeInPath = (call: Call, direction: LinkDirection): AssociationType | undefined =>
  typesBetween(call, direction).find(({ typeId }) => String(typeId) === call.path['typeId']);

const unknownTypeInPath = (call: Call): Reply =>
  refusalReply(
    unknownTypes([{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: call.path['typeId'] ?? '' }]),
  );
