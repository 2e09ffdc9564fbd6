import type { Verb } from '../operations/contact-write.ts';
import type { NewOperation } from '../operations/operation-store.ts';
import { describeError } from '../runtime/logger.ts';
import { after, type DurationMs, milliseconds, seconds } from '../runtime/units.ts';
import { type Acceptance, type AcceptPorts, acceptWrites } from './accept-writes.ts';
import { type ContactRoute, parseContactRoute } from './contact-route.ts';
import { FaultList } from './fault.ts';
import type { HttpRequest } from './http-request.ts';
import { errorAnswer, type HttpAnswer, notFound, refusal, unavailable } from './hubspot-error.ts';
import { fingerprintRequest, hashKey, parseIdempotencyKey } from './idempotency-key.ts';
import { type ContactDraft, parseContactRequest } from './parse-contact-request.ts';
import { MAX_WAIT_SECONDS, parseWait } from './parse-prefer.ts';
import { type ReadBody, readBody } from './read-body.ts';
import { renderHubSpotAnswer } from './render-hubspot-answer.ts';
import { acceptedAnswer } from './render-operation.ts';
import { waitForOperation } from './wait-for-operation.ts';

/** A DELETE says all in its path. */
const NO_BODY: ReadBody = { kind: 'json', text: '', value: undefined };

/** Kept back from a wait, for the last look and the answer. */
const ANSWERING_MARGIN = seconds(2);

/** What a write route works with. */
export interface ContactRequestPorts extends AcceptPorts {
  /** Unique properties, beside `email`, that `idProperty` may name. */
  readonly uniqueProperties: readonly string[];
}

/** A request that may be accepted. */
interface CheckedRequest {
  readonly kind: 'checked';
  readonly route: ContactRoute;
  readonly drafts: readonly ContactDraft[];
  readonly key?: { readonly hash: string; readonly fingerprint: string };
}

/**
 * Answers a request of one of the write routes of `verb`: refuses it with everything that is wrong, or accepts it, and waits for
 * HubSpot's own answer where the caller asks for that.
 */
export async function answerContactRequest(
  verb: Verb,
  request: HttpRequest,
  ports: ContactRequestPorts,
): Promise<HttpAnswer> {
  const checked = checkRequest(verb, request, ports);
  if (checked.kind === 'refused') return checked.answer;
  const { route, drafts, key } = checked;
  const asked = parseWait(request.headers['prefer']);
  const wait = route.sync ? seconds(MAX_WAIT_SECONDS) : asked;
  const waits = wait > 0;
  const acceptance = await acceptWrites({ verb, drafts, waits, ...(key === undefined ? {} : { key }) }, ports);
  if (acceptance.kind !== 'accepted') return refuseAcceptance(acceptance, request.correlationId);
  const answer = waits ? await answerOfHubSpot(acceptance.operation, checked, wait, request, ports) : undefined;
  return withHeaders(answer ?? acceptedAnswer(acceptance.operation), {
    ...(acceptance.replayed ? { 'idempotent-replayed': 'true' } : {}),
    ...(answer !== undefined && asked > 0 ? { 'preference-applied': `wait=${asked / 1_000}` } : {}),
  });
}

type Checked = CheckedRequest | { readonly kind: 'refused'; readonly answer: HttpAnswer };

function checkRequest(verb: Verb, request: HttpRequest, ports: ContactRequestPorts): Checked {
  const { correlationId, headers } = request;
  const route = parseContactRoute(request.method, request.path);
  if (route?.verb !== verb) {
    return { kind: 'refused', answer: notFound('there is nothing at this path', correlationId) };
  }
  const faults = new FaultList();
  const parsedKey = parseIdempotencyKey(headers['idempotency-key']);
  if (parsedKey.kind === 'malformed') {
    const message = 'Idempotency-Key must be 1 to 255 visible ASCII characters, bare or in double quotes';
    faults.add({ code: 'INVALID_IDEMPOTENCY_KEY', message, in: 'Idempotency-Key' });
  }
  const body =
    route.shape === 'single' && verb === 'archive'
      ? NO_BODY
      : readBody({ ...request, contentType: headers['content-type'] });
  if (body.kind === 'unreadable') {
    faults.add({ code: body.code, message: body.message, in: body.status === 415 ? 'Content-Type' : 'body' });
    return { kind: 'refused', answer: refusal(body.status, faults, correlationId) };
  }
  const context = { now: ports.clock.now(), uniqueProperties: ports.uniqueProperties, idProperty: request.idProperty };
  const drafts = parseContactRequest(route, body.value, context, faults);
  if (faults.total > 0) return { kind: 'refused', answer: refusal(400, faults, correlationId) };
  if (parsedKey.kind !== 'key') return { kind: 'checked', route, drafts };
  const { principal, method, query } = request;
  const hash = hashKey({ principal, method, path: route.path }, parsedKey.key);
  return { kind: 'checked', route, drafts, key: { hash, fingerprint: fingerprintRequest(query, body.text) } };
}

function refuseAcceptance(acceptance: Exclude<Acceptance, { kind: 'accepted' }>, correlationId: string): HttpAnswer {
  switch (acceptance.kind) {
    case 'unavailable':
      return unavailable(correlationId);
    case 'keyReused': {
      const message = 'this Idempotency-Key was used with another body: use a new key for a new request';
      return errorAnswer(422, 'VALIDATION_ERROR', message, correlationId);
    }
    case 'inFlight': {
      const retryAfter = String(Math.max(1, Math.ceil(acceptance.retryAfter / 1_000)));
      const message = 'a request with this Idempotency-Key is still being accepted: send it again a little later';
      return errorAnswer(409, 'CONFLICT', message, correlationId, { 'retry-after': retryAfter });
    }
    case 'tooLarge': {
      const faults = new FaultList();
      for (const index of acceptance.indexes) {
        faults.add({ code: 'WRITE_TOO_LARGE', message: `contact ${index} is larger than 256 KiB`, in: 'body', index });
      }
      return refusal(413, faults, correlationId);
    }
  }
}

/** Undefined when there is no answer in time: the writes are accepted, so the caller gets its `202`. */
async function answerOfHubSpot(
  operation: NewOperation,
  { route, drafts }: CheckedRequest,
  wait: DurationMs,
  request: HttpRequest,
  ports: ContactRequestPorts,
): Promise<HttpAnswer | undefined> {
  const patience = milliseconds(Math.min(wait, request.remainingTime() - ANSWERING_MARGIN));
  const record = await waitForOperation(operation.id, after(ports.clock.now(), patience), ports);
  if (record === undefined) return undefined;
  try {
    const answers = await ports.operations.readAnswers(operation.id);
    return renderHubSpotAnswer(route, { record, answers, drafts }, request.correlationId);
  } catch (error) {
    ports.log.warn('answers-unreadable', { operationId: operation.id, error: describeError(error) });
    return undefined;
  }
}

const withHeaders = (answer: HttpAnswer, headers: Readonly<Record<string, string>>): HttpAnswer => ({
  ...answer,
  headers: { ...answer.headers, ...headers },
});
