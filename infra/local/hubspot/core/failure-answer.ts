import { failure, type Reply } from './wire.ts';

/** An answer that does not come from HubSpot's API, but from what stands in front of it: a page, not JSON. */
export interface Page {
  readonly kind: 'page';
  readonly status: number;
  readonly html: string;
  readonly retryAfterSeconds?: number;
}

const categories: Readonly<Record<number, string>> = {
  400: 'VALIDATION_ERROR',
  401: 'INVALID_AUTHENTICATION',
  403: 'MISSING_SCOPES',
  404: 'OBJECT_NOT_FOUND',
  409: 'CONFLICT',
  423: 'LOCKED',
  477: 'MIGRATION_IN_PROGRESS',
};

/** The answer that a status comes with when a fault names nothing but the status. */
export function failureAnswer(status: number): Reply | Page {
  if (status === 502 || status === 503 || status === 504 || status >= 520) {
    const title = `${status} HubSpot is not available`;
    return { kind: 'page', status, html: `<html><head><title>${title}</title></head><body>${title}</body></html>` };
  }
  const category = categories[status];
  return failure(status, {
    message: status >= 500 ? 'internal error' : `The request was answered with ${status}`,
    ...(category !== undefined && { category }),
  });
}
