import type { StageNote } from '../operations/lifecycle.ts';
import type { LinkOutcome } from '../operations/link.ts';
import type { NewOperation, OperationRecord } from '../operations/operation-store.ts';
import type { Outcome, WriteError } from '../operations/outcome.ts';
import { toIso } from '../runtime/units.ts';
import type { HttpAnswer } from './hubspot-error.ts';
import { isComplete } from './wait-for-operation.ts';

type Context = NonNullable<WriteError['context']>;

/** Where an operation can be asked after. */
export const operationPath = (id: string): string => `/operations/${id}`;

/** The operation as its caller sees it, in the vocabulary of HubSpot's batches (design.md, section 4). */
export function renderOperation(record: OperationRecord) {
  const { id, total, outcomes, requestedAt, startedAt } = record;
  const rejected = outcomes.filter((outcome) => outcome.kind === 'rejected').length;
  const errors = outcomes.flatMap(renderErrors);
  const superseded = outcomes.filter((outcome) => outcome.kind === 'superseded').length;
  const completedAt = completionOf(record);
  return {
    id,
    status: statusOf(record),
    verb: record.verb,
    requestedAt: toIso(requestedAt),
    ...(startedAt === undefined ? {} : { startedAt: toIso(startedAt) }),
    ...(completedAt === undefined ? {} : { completedAt: toIso(completedAt) }),
    counts: {
      total,
      pending: total - outcomes.length,
      delivered: outcomes.length - superseded - rejected,
      superseded,
      rejected,
    },
    results: outcomes.flatMap(renderResult),
    errors,
    numErrors: errors.length,
    links: { status: operationPath(id) },
  };
}

/** `202`: the operation is stored and on its way. A repeat under the same key gets the very same answer. */
export const acceptedAnswer = (operation: NewOperation): HttpAnswer => ({
  status: 202,
  headers: { location: operationPath(operation.id) },
  body: renderOperation({ ...operation, outcomes: [] }),
});

/**
 * The context of HubSpot's error without `objectWriteTraceId`: that is the relay's own, and means nothing to the caller.
 * Instead it names the caller's, where there is one.
 */
export function contextFor(context: Context | undefined, traceId?: string): { readonly context?: Context } {
  const { objectWriteTraceId: _, ...rest } = context ?? {};
  const entries = traceId === undefined ? rest : { objectWriteTraceId: [traceId], ...rest };
  return Object.keys(entries).length === 0 ? {} : { context: entries };
}

function statusOf(record: OperationRecord): 'PENDING' | 'PROCESSING' | 'COMPLETE' {
  if (isComplete(record)) return 'COMPLETE';
  return record.startedAt === undefined && record.outcomes.length === 0 ? 'PENDING' : 'PROCESSING';
}

const completionOf = (record: OperationRecord) => (isComplete(record) ? record.lastSettledAt : undefined);

function renderResult(outcome: Outcome) {
  if (outcome.kind === 'rejected') return [];
  const { index, kind, id } = outcome;
  const associations = 'associations' in outcome && { associations: outcome.associations };
  const wasGone = kind === 'archived' && outcome.wasGone === true;
  const wasDeleted = kind === 'deleted' && outcome.wasGone === true;
  const stage = 'stage' in outcome && outcome.stage !== undefined && { lifecyclestage: renderStage(outcome.stage) };
  return [
    {
      index,
      outcome: kind,
      ...(id === undefined ? {} : { id }),
      ...(wasGone && { alreadyArchived: true }),
      ...(wasDeleted && { alreadyDeleted: true }),
      ...associations,
      ...stage,
    },
  ];
}

const renderStage = (note: StageNote) =>
  note.kind === 'kept'
    ? { sent: note.sent, kept: note.stage, reason: note.reason }
    : { sent: note.sent, movedBackFrom: note.from };

/** What HubSpot refused: the write, or some of the associations of one whose properties it took. */
function renderErrors(outcome: Outcome): readonly object[] {
  const { index } = outcome;
  if (outcome.kind === 'rejected') {
    const { status, category, message, context } = outcome.error;
    return [{ index, status, category, message, ...contextFor(context) }];
  }
  if (!('associations' in outcome)) return [];
  return (outcome.associations ?? []).flatMap((association) =>
    association.outcome === 'rejected' ? [associationError(index, association)] : [],
  );
}

/** An association that HubSpot refused, as an entry of `errors`: its context names the object at the other end. */
export function associationError(
  index: number,
  { toObjectType, toObjectId, error }: Extract<LinkOutcome, { outcome: 'rejected' }>,
) {
  const { status, category, message } = error;
  return { index, status, category, message, context: { toObjectType: [toObjectType], toObjectId: [toObjectId] } };
}
