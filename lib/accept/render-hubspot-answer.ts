import type { OperationRecord } from '../operations/operation-store.ts';
import type { Answer, Outcome } from '../operations/outcome.ts';
import { type EpochMs, toIso } from '../runtime/units.ts';
import type { ContactRoute } from './contact-route.ts';
import type { HttpAnswer } from './hubspot-error.ts';
import type { ContactDraft } from './parse-contact-request.ts';
import { contextFor, operationPath } from './render-operation.ts';

/** A complete operation and what belongs to it. */
export interface CompleteOperation {
  readonly record: OperationRecord;
  readonly answers: readonly Answer[];
  /** The request's drafts, by index: what the caller called its inputs is known only as long as the request lives. */
  readonly drafts: readonly ContactDraft[];
}

/**
 * Answers a caller that waited as HubSpot itself would have: its status code and body (hubspot-api.md, section 1). The exact
 * code matters, HubSpot's SDK throws on any other 2xx.
 */
export function renderHubSpotAnswer(
  route: ContactRoute,
  complete: CompleteOperation,
  correlationId: string,
): HttpAnswer {
  const { record, answers } = complete;
  const bodies = new Map(answers.map(({ index, body }) => [index, body]));
  if (route.shape === 'batch') return renderBatch(complete, bodies);
  const [outcome] = record.outcomes;
  if (outcome?.kind === 'rejected') {
    const { message, category, context } = outcome.error;
    const body = { status: 'error', message, correlationId, ...contextFor(context), category };
    return { status: outcome.httpStatus, body };
  }
  const status = record.verb === 'create' ? 201 : 200;
  return { status, body: outcome === undefined ? {} : renderContact(outcome, complete, bodies) };
}

type Bodies = ReadonlyMap<number, Answer['body']>;

function renderBatch(complete: CompleteOperation, bodies: Bodies): HttpAnswer {
  const { record } = complete;
  const done = record.verb === 'create' ? 201 : 200;
  const results = record.outcomes.flatMap((outcome) =>
    outcome.kind === 'rejected' ? [] : [renderContact(outcome, complete, bodies)],
  );
  const errors = record.outcomes.flatMap((outcome) =>
    outcome.kind === 'rejected' ? [renderError(outcome, complete)] : [],
  );
  const completedAt = completionTime(record);
  const body = {
    status: 'COMPLETE',
    results,
    ...(errors.length === 0 ? {} : { numErrors: errors.length, errors }),
    requestedAt: toIso(record.requestedAt),
    startedAt: toIso(record.startedAt ?? record.requestedAt),
    completedAt: toIso(completedAt),
    links: { status: operationPath(record.id) },
  };
  return { status: errors.length === 0 ? done : 207, body };
}

type Success = Exclude<Outcome, { kind: 'rejected' }>;

/**
 * The contact as HubSpot answered it. Where there is no such answer (superseded: nothing was sent; or kept no longer), a contact
 * with no properties: who needs them reads them.
 */
function renderContact(outcome: Success, { record, drafts }: CompleteOperation, bodies: Bodies) {
  const draft = drafts[outcome.index];
  const traceId = draft?.traceId;
  const stored = bodies.get(outcome.index);
  const echo = traceId === undefined ? {} : { objectWriteTraceId: traceId };
  if (stored !== undefined) {
    const { objectWriteTraceId: _, ...contact } = stored;
    return { ...contact, ...echo };
  }
  const id = outcome.id ?? (draft?.idProperty === undefined ? draft?.id : undefined);
  const time = toIso(completionTime(record));
  return {
    ...(id === undefined ? {} : { id }),
    properties: {},
    createdAt: time,
    updatedAt: time,
    archived: false,
    ...(record.verb === 'upsert' ? { new: outcome.kind === 'created' } : {}),
    ...echo,
  };
}

function renderError(outcome: Extract<Outcome, { kind: 'rejected' }>, { drafts }: CompleteOperation) {
  const { status, category, message, context } = outcome.error;
  return { status, category, message, ...contextFor(context, drafts[outcome.index]?.traceId) };
}

const completionTime = (record: OperationRecord): EpochMs => record.lastSettledAt ?? record.requestedAt;
