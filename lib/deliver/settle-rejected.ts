import type { ContactId } from '../operations/contact-write.ts';
import type { WriteError } from '../operations/outcome.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { PendingWrite } from './pending-write.ts';
import type { CallEntry } from './plan-calls.ts';
import { redactValues } from './redact-values.ts';
import { settleLinksOfNobody } from './settle-link.ts';

/** Writes that HubSpot refused for good. The lease ends only after the outcome is stored, so that no copy is sent meanwhile. */
export function settleRejected(
  entry: CallEntry,
  { httpStatus, error }: { httpStatus: number; error: WriteError },
  state: DeliveryState,
): void {
  if (entry.links !== undefined && entry.id !== undefined) {
    // Only reading refuses an entry about associations in these words: its contact is not there.
    settleLinksOfNobody(entry.links.links, entry.id, state);
    return;
  }
  for (const pending of entry.writes) {
    const { index } = pending.write;
    const told = redactValues(withAssociationsNamed(error, pending), pending);
    state.settle(pending, { kind: 'rejected', index, httpStatus, error: told }, error);
  }
}

/** What HubSpot says of a create whose contact is there. */
export const alreadyThere = (id: ContactId | undefined) => ({
  httpStatus: 409,
  error: {
    status: 'error',
    category: 'CONFLICT',
    message: `Contact already exists${id === undefined ? '' : `. Existing ID: ${id}`}`,
    ...(id !== undefined && { context: { existingId: [id] } }),
  } as const,
});

/** Who reads that an update or upsert was refused also learns what became of its associations. */
function withAssociationsNamed(error: WriteError, { verb, write }: PendingWrite): WriteError {
  if (verb === 'create' || write.associations === undefined || write.associations.length === 0) return error;
  return { ...error, message: `${error.message} (its associations were not made)` };
}

export const notFound = (id: string) => ({
  httpStatus: 404,
  error: {
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    message: 'Object not found',
    context: { ids: [id] },
  } as const,
});
