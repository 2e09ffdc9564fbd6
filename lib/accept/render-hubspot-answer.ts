import { type ApiVersion, hasWarnings } from '../hubspot/api-version.ts';
import type { OperationRecord } from '../operations/operation-store.ts';
import type { Answer, Outcome, WriteError } from '../operations/outcome.ts';
import { type EpochMs, toIso } from '../runtime/units.ts';
import { fitsOnTheWay } from './answer-size.ts';
import type { ContactRoute } from './contact-route.ts';
import type { HttpAnswer } from './hubspot-error.ts';
import { isRecord } from './is-record.ts';
import type { ContactDraft } from './parse-contact-request.ts';
import { renderLinkAnswer } from './render-link-answer.ts';
import { associationError, contextFor, operationPath } from './render-operation.ts';

/** A complete operation and what belongs to it. */
export interface CompleteOperation {
  readonly record: OperationRecord;
  readonly answers: readonly Answer[];
  /** The request's drafts, by index: what the caller called its inputs is known only as long as the request lives. */
  readonly drafts: readonly ContactDraft[];
}

/**
 * Answers a caller that waited as HubSpot itself would have: its status code and body (hubspot-api.md, section 1). The exact
 * code matters, HubSpot's SDK throws on any other 2xx. A batch that could not be handed on goes without HubSpot's own answers, so that
 * its contacts have no properties: it was carried out, and who is told of a failure sends it again. Undefined when even that is too large.
 */
export function renderHubSpotAnswer(
  route: ContactRoute,
  complete: CompleteOperation,
  correlationId: string,
): HttpAnswer | undefined {
  const { record, answers } = complete;
  const bodies = new Map(answers.map(({ index, body }) => [index, body]));
  if (route.shape === 'batch') {
    const whole = renderBatch(route, complete, bodies);
    return canBeHandedOn(whole) ? whole : [renderBatch(route, complete, new Map())].find(canBeHandedOn);
  }
  const [outcome] = record.outcomes;
  if (outcome?.kind === 'rejected') {
    const { message, category, context } = errorOf(outcome, bodies);
    const body = { status: 'error', message, correlationId, ...contextFor(context), category };
    return { status: outcome.httpStatus, body };
  }
  if (record.verb === 'archive' || record.verb === 'gdpr-delete') return NO_CONTENT;
  const [draft] = complete.drafts;
  if (route.link !== undefined && draft !== undefined)
    return renderLinkAnswer(route.link, draft, record, outcome && bodies.get(outcome.index));
  const status = record.verb === 'create' ? 201 : 200;
  return { status, body: outcome === undefined ? {} : renderContact(route, outcome, complete, bodies) };
}

/** What HubSpot answers to an archive, and to a GDPR delete. */
const NO_CONTENT: HttpAnswer = { status: 204, body: undefined };

const canBeHandedOn = ({ body }: HttpAnswer): boolean => body === undefined || fitsOnTheWay(JSON.stringify(body));

type Bodies = ReadonlyMap<number, Answer['body']>;

function renderBatch(route: ContactRoute, complete: CompleteOperation, bodies: Bodies): HttpAnswer {
  const { record } = complete;
  if (record.verb === 'archive' && record.outcomes.every(({ kind }) => kind !== 'rejected')) return NO_CONTENT;
  const done = record.verb === 'create' ? 201 : 200;
  const results = record.outcomes.flatMap((outcome) =>
    outcome.kind === 'rejected' ? [] : [renderContact(route, outcome, complete, bodies)],
  );
  const errors = record.outcomes.flatMap((outcome): readonly object[] =>
    outcome.kind === 'rejected' ? [renderError(outcome, complete, bodies)] : linkErrorsOf(outcome, complete),
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
function renderContact(
  { version }: ContactRoute,
  outcome: Success,
  { record, drafts }: CompleteOperation,
  bodies: Bodies,
) {
  const draft = drafts[outcome.index];
  const traceId = draft?.traceId;
  const stored = bodies.get(outcome.index);
  const associations = 'associations' in outcome && { associations: outcome.associations };
  const echo = { ...associations, ...(traceId !== undefined && { objectWriteTraceId: traceId }) };
  if (stored !== undefined) {
    const { objectWriteTraceId: _, ...contact } = stored;
    return { ...inShapeOf(version, contact), ...echo };
  }
  const id = outcome.id ?? (draft?.idProperty === undefined ? draft?.id : undefined);
  const time = toIso(completionTime(record));
  return {
    ...(id === undefined ? {} : { id }),
    properties: {},
    createdAt: time,
    updatedAt: time,
    archived: outcome.kind === 'archived',
    ...(record.verb === 'upsert' ? { new: outcome.kind === 'created' } : {}),
    ...echo,
  };
}

/**
 * A contact that the relay got in its own version, as HubSpot has it in the caller's. That is all there is to bridge: the prefix of the
 * path apart, 2026-03 is v3; what folds `errors` into the batch answer (2025-09, 2026-09) changes no field of it; and clients of v3 know
 * `null` as a value (`SimplePublicObject` of the official SDK).
 */
function inShapeOf(version: ApiVersion, contact: Readonly<Record<string, unknown>>) {
  if (hasWarnings(version)) return contact;
  const { warnings: _, ...rest } = contact;
  return rest;
}

/** Refused associations of a contact whose properties HubSpot took: an entry of `errors` each, beside the contact's own result. */
function linkErrorsOf(outcome: Success, { drafts }: CompleteOperation): readonly object[] {
  const associations = 'associations' in outcome ? (outcome.associations ?? []) : [];
  return associations.flatMap((association) => {
    if (association.outcome !== 'rejected') return [];
    const { index: _, context, ...error } = associationError(outcome.index, association);
    return [{ ...error, ...contextFor(context, drafts[outcome.index]?.traceId) }];
  });
}

type Rejection = Extract<Outcome, { kind: 'rejected' }>;

function renderError(outcome: Rejection, { drafts }: CompleteOperation, bodies: Bodies) {
  const { status, category, message, context } = errorOf(outcome, bodies);
  return { status, category, message, ...contextFor(context, drafts[outcome.index]?.traceId) };
}

/** HubSpot's own words while they are kept: in the outcome's the values are blacked out, which this caller sent itself. */
function errorOf({ index, error }: Rejection, bodies: Bodies): WriteError {
  const { message, context } = bodies.get(index) ?? {};
  return {
    ...error,
    ...(typeof message === 'string' && { message }),
    ...(isContext(context) && { context }),
  };
}

const isContext = (value: unknown): value is NonNullable<WriteError['context']> =>
  isRecord(value) &&
  Object.values(value).every((texts) => Array.isArray(texts) && texts.every((text) => typeof text === 'string'));

const completionTime = (record: OperationRecord): EpochMs => record.lastSettledAt ?? record.requestedAt;
