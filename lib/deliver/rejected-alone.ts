import type { HubSpotError } from '../hubspot/classify-answer.ts';
import { CONFLICTING_ID } from '../hubspot/conflicting-id.ts';
import { httpStatusOf } from '../hubspot/reconcile-batch.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { EntryVerdict } from './run-call.ts';

/** The verdict on a call that held one record. */
export function rejectedAlone(status: number, error: HubSpotError): EntryVerdict {
  const category = error.category ?? (status === 409 ? 'CONFLICT' : 'VALIDATION_ERROR');
  const existing = error.context?.['existingId']?.[0] ?? CONFLICTING_ID.exec(error.message ?? '')?.[1];
  return {
    kind: 'rejected',
    httpStatus: status === 404 || status === 409 ? status : httpStatusOf(category),
    error: {
      status: 'error',
      category,
      message: error.message ?? `HubSpot answered ${status} and gave no reason`,
      ...(error.context !== undefined && { context: error.context }),
    },
    ...(category === 'CONFLICT' && existing !== undefined && { existingId: existing as ContactId }),
  };
}
