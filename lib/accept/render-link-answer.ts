import type { OperationRecord } from '../operations/operation-store.ts';
import type { Answer } from '../operations/outcome.ts';
import { toIso } from '../runtime/units.ts';
import type { HttpAnswer } from './hubspot-error.ts';
import type { LinkRoute } from './link-route.ts';
import type { ContactDraft } from './parse-contact-request.ts';

/** HubSpot's `objectTypeId` of the types that it names in answers; what is not here keeps the name it was asked by. */
const TYPE_IDS: Readonly<Record<string, string>> = { contacts: '0-1', companies: '0-2', deals: '0-3', tickets: '0-5' };

/**
 * Answers a caller that waited for an association as HubSpot answers the single call: v3 `200` with the contact, v4 `201` with the
 * labels, or `200` like a batch where there is none, and `204` for what was taken away. The relay makes them in batches, whose results
 * are these bodies; without one (superseded: nothing was sent) it says what was asked for.
 */
export function renderLinkAnswer(
  { form }: LinkRoute,
  { id, link }: ContactDraft,
  record: OperationRecord,
  body: Answer['body'] | undefined,
): HttpAnswer {
  if (record.verb === 'dissociate') return { status: 204, body: undefined };
  const time = toIso(record.lastSettledAt ?? record.requestedAt);
  const results: readonly unknown[] = Array.isArray(body?.['results']) ? body['results'] : [];
  if (form === 'typed')
    return { status: 200, body: { id, properties: {}, createdAt: time, updatedAt: time, archived: false } };
  if (form === 'default') {
    const startedAt = toIso(record.startedAt ?? record.requestedAt);
    return { status: 200, body: { status: 'COMPLETE', results, startedAt, completedAt: time } };
  }
  const toType = link?.toType ?? '';
  const asked = {
    fromObjectTypeId: '0-1',
    fromObjectId: id,
    toObjectTypeId: TYPE_IDS[toType] ?? toType,
    toObjectId: link?.toId,
    labels: [],
  };
  return { status: 201, body: results[0] ?? asked };
}
