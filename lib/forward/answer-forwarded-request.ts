import { FaultList } from '../accept/fault.ts';
import type { HttpRequest } from '../accept/http-request.ts';
import { errorAnswer, type HttpAnswer, notFound, refusal } from '../accept/hubspot-error.ts';
import { parseDryRun } from '../accept/parse-dry-run.ts';
import { assertNever } from '../runtime/assert-never.ts';
import { between, type EpochMs } from '../runtime/units.ts';
import { type Forwarder, type ForwardFault, forwardRequest, SAFE_METHODS } from './forward-request.ts';

/** Answers a request with what HubSpot answers to it, or says in HubSpot's error shape why it could not be asked. */
export async function answerForwardedRequest(request: HttpRequest, forwarder: Forwarder): Promise<HttpAnswer> {
  const { method, path, query, headers, correlationId } = request;
  const faults = new FaultList();
  const isDryRun = parseDryRun(query, faults);
  if (!SAFE_METHODS.has(method) && (isDryRun || faults.total > 0)) return refuseDryRun(correlationId);
  const body = bodyOf(request);
  const forwarding = await forwardRequest({ method, path, query, headers, ...(body && { body }) }, forwarder);
  if (forwarding.kind !== 'answered') return faultAnswer(forwarding, correlationId, forwarder.clock.now());
  return { status: forwarding.answer.status, headers: forwarding.answer.headers, body: forwarding.answer.body };
}

/** HubSpot knows no dry run: it would carry the request out. */
function refuseDryRun(correlationId: string): HttpAnswer {
  const faults = new FaultList();
  const message = 'dryRun is known to contact writes only: HubSpot would carry this request out';
  faults.add({ code: 'INVALID_DRY_RUN', message, in: 'dryRun' });
  return refusal(400, faults, correlationId);
}

const bodyOf = ({ body, isBase64Encoded }: HttpRequest): Uint8Array<ArrayBuffer> | undefined =>
  body === undefined ? undefined : new Uint8Array(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));

function faultAnswer(fault: ForwardFault, correlationId: string, now: EpochMs): HttpAnswer {
  switch (fault.kind) {
    case 'bad-path':
      return notFound('there is no such path: HubSpot paths begin with /crm/', correlationId);
    case 'no-slot': {
      // As HubSpot says it, so that its clients wait and come again by themselves.
      const message = 'You have reached your ten_secondly_rolling limit.';
      const limit = {
        status: 'error',
        message,
        errorType: 'RATE_LIMIT',
        policyName: 'TEN_SECONDLY_ROLLING',
        correlationId,
      };
      return { status: 429, headers: { 'retry-after': '1' }, body: { ...limit, category: 'RATE_LIMITS' } };
    }
    case 'closed': {
      const wait = Math.max(1, Math.ceil(between(now, fault.until) / 1_000));
      return unavailable('HubSpot takes no calls for now: send the request again later', correlationId, wait);
    }
    case 'unreachable':
      return unavailable('HubSpot cannot be reached: send the request again', correlationId);
    case 'unanswered':
      return unavailable(
        'HubSpot did not answer and may have carried the request out: look before sending it again',
        correlationId,
      );
    default:
      return assertNever(fault);
  }
}

/** `wait` in seconds. */
const unavailable = (message: string, correlationId: string, wait = 5): HttpAnswer =>
  errorAnswer(503, 'SERVICE_UNAVAILABLE', message, correlationId, { 'retry-after': String(wait) });
