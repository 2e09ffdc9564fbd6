import type { ContactId } from '../operations/contact-write.ts';
import type { WriteError } from '../operations/outcome.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { CallEntry } from './plan-calls.ts';
import { redactValues } from './redact-values.ts';

/** Writes that HubSpot refused for good. The lease ends only after the outcome is stored, so that no copy is sent meanwhile. */
export function settleRejected(
  entry: CallEntry,
  { httpStatus, error }: { httpStatus: number; error: WriteError },
  state: DeliveryState,
): void {
  for (const pending of entry.writes) {
    const { index } = pending.write;
    state.settle(pending, { kind: 'rejected', index, httpStatus, error: redactValues(error, pending) }, error);
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

export const notFound = (id: string) => ({
  httpStatus: 404,
  error: {
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    message: 'Object not found',
    context: { ids: [id] },
  } as const,
});
