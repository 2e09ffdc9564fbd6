import { FaultList } from '../accept/fault.ts';
import { type GdprDelete, gdprDeleteIsOff } from '../accept/gdpr-delete-setting.ts';
import type { HttpRequest } from '../accept/http-request.ts';
import { errorAnswer, type HttpAnswer, notFound, refusal } from '../accept/hubspot-error.ts';
import { parseDryRun } from '../accept/parse-dry-run.ts';
import type { Scope } from '../accept/scope.ts';
import { KNOWN_VERSIONS } from '../hubspot/api-version.ts';
import type { Lane } from '../pace/lane.ts';
import { assertNever } from '../runtime/assert-never.ts';
import { after, between, type EpochMs, milliseconds } from '../runtime/units.ts';
import { ANSWERING_MARGIN } from './answering-margin.ts';
import { classifyRequest, scopeOf } from './classify-request.ts';
import { type Forwarder, type ForwardFault, forwardRequest } from './forward-request.ts';
import { hubspotPath } from './hubspot-path.ts';
import { isGdprDelete } from './is-gdpr-delete.ts';
import { isStrayWrite } from './is-stray-write.ts';
import { withRelayLinks } from './relay-links.ts';

const IMPOSSIBLE_VERSION = `there is no such version: it is a year and a month from 01 to 12, as 2026-03; contact writes are taken in ${KNOWN_VERSIONS}`;

const UNANSWERED_CHANGE = 'HubSpot did not answer and may have carried the request out: look before sending it again';

const STRAY_WRITE =
  'there is no such path: contact writes are queued at paths without a slash at the end, two slashes in a row, or encoded letters or slashes';

/** Answers a request with what HubSpot answers to it, or says in HubSpot's error shape why it could not be asked. */
export async function answerForwardedRequest(
  request: HttpRequest,
  forwarder: Forwarder & { readonly gdprDelete?: GdprDelete },
): Promise<HttpAnswer> {
  const { method, path, query, headers, correlationId } = request;
  const scope = scopeOfForwarded(request);
  if (scope === undefined) return refuseGdprDelete(request, forwarder.gdprDelete ?? 'off');
  if (isStray(request)) return notFound(STRAY_WRITE, correlationId);
  const faults = faultsOf(request, scope);
  if (faults.total > 0) return refusal(400, faults, correlationId);
  const body = bodyOf(request);
  const deadline = after(forwarder.clock.now(), milliseconds(request.remainingTime() - ANSWERING_MARGIN));
  const forwarding = await forwardRequest({ method, path, query, headers, deadline, ...(body && { body }) }, forwarder);
  if (forwarding.kind !== 'answered') return faultAnswer(forwarding, correlationId, forwarder.clock.now());
  const { answer } = forwarding;
  return { status: answer.status, headers: answer.headers, body: withRelayLinks(answer.body, relayUrlOf(request)) };
}

/**
 * What a request that is forwarded needs of its relay key, judged by the path that HubSpot would see. A GDPR delete is never forwarded, and
 * whoever has a key is told so.
 */
export function scopeOfForwarded({ method, path }: Pick<HttpRequest, 'method' | 'path'>): Scope | undefined {
  const target = hubspotPath(path);
  const seen = target.kind === 'path' ? target.path : '';
  return isGdprDelete(method, seen) ? undefined : scopeOf(classifyRequest(method, seen));
}

/** People are deleted through the queue, where the setting allows it: by no other path, whatever it calls them. */
function refuseGdprDelete({ correlationId }: HttpRequest, setting: GdprDelete): HttpAnswer {
  if (setting === 'off') return gdprDeleteIsOff(correlationId);
  const message = 'people are deleted for good with POST /crm/v3/objects/contacts/gdpr-delete, and by no other path';
  return errorAnswer(403, 'FORBIDDEN', message, correlationId);
}

function isStray({ method, path }: HttpRequest): boolean {
  const target = hubspotPath(path);
  return target.kind === 'path' && isStrayWrite(method, target.path);
}

/** HubSpot knows neither dry runs nor idempotency keys: it would carry a change out, and each repeat of it. */
function faultsOf(request: HttpRequest, scope: Scope): FaultList {
  const faults = new FaultList();
  if (scope === 'read') return faults;
  const given = new FaultList();
  if (parseDryRun(request.query, given) || given.total > 0) {
    const message = 'dryRun is known to contact writes only: HubSpot would carry this request out';
    faults.add({ code: 'INVALID_DRY_RUN', message, in: 'dryRun' });
  }
  if (request.headers['idempotency-key'] !== undefined) {
    const message =
      'Idempotency-Key is known to queued writes only: HubSpot would carry out each repeat of this request';
    faults.add({ code: 'INVALID_IDEMPOTENCY_KEY', message, in: 'Idempotency-Key' });
  }
  return faults;
}

const bodyOf = ({ body, isBase64Encoded }: HttpRequest): Uint8Array<ArrayBuffer> | undefined =>
  body === undefined ? undefined : new Uint8Array(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));

/** The base URL that the caller used, as the gateway tells it. */
const relayUrlOf = ({ headers, path }: HttpRequest): string =>
  `${headers['x-forwarded-proto'] ?? 'https'}://${headers['host'] ?? ''}${path.startsWith('/sync/') ? '/sync' : ''}`;

function faultAnswer(fault: ForwardFault, correlationId: string, now: EpochMs): HttpAnswer {
  switch (fault.kind) {
    case 'bad-path':
      return notFound('there is no such path: HubSpot paths begin with /crm/', correlationId);
    case 'bad-version':
      return notFound(IMPOSSIBLE_VERSION, correlationId);
    case 'unsendable':
      return errorAnswer(
        400,
        'VALIDATION_ERROR',
        'the method, or the header Content-Type, Content-Encoding or Accept, cannot be sent on: use plain ASCII, methods in capitals',
        correlationId,
      );
    case 'no-slot':
      return limitAnswer(fault.lane, correlationId);
    case 'closed': {
      const wait = Math.max(1, Math.ceil(between(now, fault.until) / 1_000));
      return unavailable('HubSpot takes no calls for now: send the request again later', correlationId, wait);
    }
    case 'no-token':
      return unavailable('the relay has no token that it could ask HubSpot with: nothing was sent', correlationId);
    case 'unreachable':
      return unavailable('HubSpot cannot be reached and did not get the request: send it again', correlationId);
    case 'unanswered':
      return fault.isRead
        ? unavailable('HubSpot did not answer: send the request again', correlationId)
        : // No 503 and no Retry-After: with those, clients would repeat by themselves what may have been done.
          errorAnswer(504, 'NO_ANSWER', UNANSWERED_CHANGE, correlationId);
    case 'too-large':
      return errorAnswer(413, 'ANSWER_TOO_LARGE', tooLarge(fault.isRead), correlationId);
    default:
      return assertNever(fault);
  }
}

/** No 5xx: clients repeat those by themselves, and would get, or do, the same again. */
const tooLarge = (isRead: boolean): string =>
  isRead
    ? "HubSpot's answer is larger than the 4.5 MB that the relay can pass on: ask for fewer properties, less history or a smaller page"
    : 'HubSpot carried the request out, but its answer is larger than the 4.5 MB that the relay can pass on: do not send it again, read what it did in parts';

/** As HubSpot says it, so that its clients wait and come again by themselves. */
function limitAnswer(lane: Lane, correlationId: string): HttpAnswer {
  const policyName = lane === 'search' ? 'SECONDLY' : 'TEN_SECONDLY_ROLLING';
  const message = `You have reached your ${policyName.toLowerCase()} limit.`;
  const body = {
    status: 'error',
    message,
    errorType: 'RATE_LIMIT',
    policyName,
    correlationId,
    category: 'RATE_LIMITS',
  };
  return { status: 429, headers: { 'retry-after': '1' }, body };
}

/** `wait` in seconds. */
const unavailable = (message: string, correlationId: string, wait = 5): HttpAnswer =>
  errorAnswer(503, 'SERVICE_UNAVAILABLE', message, correlationId, { 'retry-after': String(wait) });
