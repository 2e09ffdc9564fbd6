import type { Verb } from '../operations/contact-write.ts';
import type { NewOperation } from '../operations/operation-store.ts';
import { describeError } from '../runtime/logger.ts';
import { after, between, type DurationMs, milliseconds, seconds } from '../runtime/units.ts';
import { within } from '../runtime/within.ts';
import { type Acceptance, type AcceptPorts, acceptWrites, findTooLarge } from './accept-writes.ts';
import { type CheckedRequest, type CheckingPorts, checkRequest } from './check-request.ts';
import { answerDryRun, type FindHints } from './dry-run.ts';
import { FaultList } from './fault.ts';
import type { HttpRequest } from './http-request.ts';
import { errorAnswer, type HttpAnswer, refusal, renderFault, unavailable } from './hubspot-error.ts';
import { isRecord } from './is-record.ts';
import { keptStages } from './kept-stages.ts';
import { MAX_WAIT_SECONDS, parseWait } from './parse-prefer.ts';
import { renderHubSpotAnswer } from './render-hubspot-answer.ts';
import { acceptedAnswer } from './render-operation.ts';
import { waitForOperation } from './wait-for-operation.ts';

/** Kept back from a wait, for the last look and the answer. */
const ANSWERING_MARGIN = seconds(2);
/** As much of that as looking may take: reads of a slow store last for seconds, and a function that is cut off answers nothing. */
const LOOKING_MARGIN = milliseconds(1_500);

/** What a write route works with. */
export interface ContactRequestPorts extends AcceptPorts, CheckingPorts {
  readonly findHints: FindHints;
}

/**
 * Answers a request of one of the write routes of `verb`: refuses it with everything that is wrong, or accepts it, and waits for
 * HubSpot's own answer where the caller asks for that. A dry run only tells.
 */
export async function answerContactRequest(
  verb: Verb,
  request: HttpRequest,
  ports: ContactRequestPorts,
): Promise<HttpAnswer> {
  const checked = await checkRequest(verb, request, ports);
  if (checked.kind === 'refused') return checked.answer;
  // The wish travels beside the work: a function that has answered is frozen.
  const wish = mayBeOutdated(checked) ? ports.definitions.wish() : undefined;
  const answer = await answerChecked(verb, checked, request, ports);
  await wish;
  return answer;
}

/** Whether the portal may hold by now what the request names and the definitions do not. A dry run does nothing about it. */
const mayBeOutdated = ({ isDryRun, properties, faults }: CheckedRequest): boolean =>
  !isDryRun && (properties.mayBeOutdated || faults.listed.some(({ byDefinitions }) => byDefinitions === 'idProperty'));

async function answerChecked(
  verb: Verb,
  checked: CheckedRequest,
  request: HttpRequest,
  ports: ContactRequestPorts,
): Promise<HttpAnswer> {
  const { route, drafts, key, faults, handling, lifecycle } = checked;
  const preferences = [
    ...(handling === undefined ? [] : [`handling=${handling}`]),
    ...(lifecycle === undefined ? [] : [`lifecycle=${lifecycle}`]),
  ];
  if (checked.isDryRun) return withPreferences(await tellOnly(verb, checked, request, ports), preferences);
  if (faults.total > 0) {
    // What no message takes is too large for the relay, whether or not the portal is known.
    const indexes = faults.areAllByDefinitions ? findTooLarge(verb, drafts, ports) : [];
    if (indexes.length > 0) return refuseAcceptance({ kind: 'tooLarge', indexes }, request.correlationId);
    return withPreferences(refusal(400, faults, request.correlationId), preferences);
  }
  const asked = parseWait(request.headers['prefer']);
  // Under /sync who says how long they can wait is not kept longer; all others wait as long as the relay can.
  const wait = asked === 0 && route.sync ? seconds(MAX_WAIT_SECONDS) : asked;
  const waits = wait > 0;
  const acceptance = await acceptWrites(
    {
      verb,
      drafts,
      waits,
      ...(key === undefined ? {} : { key }),
      ...(lifecycle !== undefined && lifecycle !== 'ignore' && { lifecycle }),
    },
    ports,
  );
  if (acceptance.kind !== 'accepted') return refuseAcceptance(acceptance, request.correlationId);
  const answer = waits ? await answerOfHubSpot(acceptance.operation, checked, wait, request, ports) : undefined;
  const isWaitApplied = answer !== undefined && asked > 0;
  const told = warn(answer ?? acceptedAnswer(acceptance.operation), checked.properties.warnings);
  return withPreferences(withHeaders(told, acceptance.replayed ? { 'idempotent-replayed': 'true' } : {}), [
    ...(isWaitApplied ? [`wait=${asked / 1_000}`] : []),
    ...preferences,
  ]);
}

/** What is wrong with the request as a whole is refused as ever; a dry run is about its inputs. */
async function tellOnly(
  verb: Verb,
  checked: CheckedRequest,
  { correlationId }: HttpRequest,
  ports: ContactRequestPorts,
): Promise<HttpAnswer> {
  const { faults, route } = checked;
  const isOfAnInput = ({ in: place, index }: FaultList['listed'][number]) =>
    index !== undefined || (route.shape === 'single' && !REQUEST_PARTS.includes(place));
  const isUnreadable = faults.listed.some((fault) => !isOfAnInput(fault));
  if (isUnreadable) return refusal(400, faults, correlationId);
  for (const index of findTooLarge(verb, checked.drafts, ports)) faults.add(tooLarge(index, route.shape === 'batch'));
  return answerDryRun(verb, checked, ports.findHints, ports.clock.now());
}

/** Where faults are that concern no input. */
const REQUEST_PARTS: readonly string[] = ['body', 'dryRun', 'Idempotency-Key'];

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
      for (const index of acceptance.indexes) faults.add(tooLarge(index, true));
      return refusal(413, faults, correlationId);
    }
  }
}

const tooLarge = (index: number, isBatch: boolean) => ({
  code: 'WRITE_TOO_LARGE',
  message: `contact ${index} is larger than 256 KiB`,
  in: 'body',
  ...(isBatch && { index }),
});

/** Undefined when there is no answer in time: the writes are accepted, so the caller gets its `202`. */
async function answerOfHubSpot(
  operation: NewOperation,
  { route, drafts, properties }: CheckedRequest,
  wait: DurationMs,
  request: HttpRequest,
  ports: ContactRequestPorts,
): Promise<HttpAnswer | undefined> {
  const patience = milliseconds(Math.min(wait, request.remainingTime() - ANSWERING_MARGIN));
  const { clock, operations } = ports;
  const until = after(clock.now(), patience);
  const latest = after(until, LOOKING_MARGIN);
  const record = await waitForOperation(operation.id, until, latest, ports);
  if (record === undefined) return undefined;
  try {
    const found = await within(between(clock.now(), latest), clock, operations.readAnswers(operation.id));
    if (found === undefined) return undefined;
    for (const fault of keptStages(route, record)) properties.warnings.add(fault);
    return renderHubSpotAnswer(route, { record, answers: found.result, drafts }, request.correlationId);
  } catch (error) {
    ports.log.warn('answers-unreadable', { operationId: operation.id, error: describeError(error) });
    return undefined;
  }
}

const withHeaders = (answer: HttpAnswer, headers: Readonly<Record<string, string>>): HttpAnswer => ({
  ...answer,
  headers: { ...answer.headers, ...headers },
});

/** Says which preferences were heeded (RFC 7240, section 3). */
const withPreferences = (answer: HttpAnswer, preferences: readonly string[]): HttpAnswer =>
  preferences.length === 0 ? answer : withHeaders(answer, { 'preference-applied': preferences.join(', ') });

/** Tells of properties that were left out: in the body, and for who only sees HubSpot's part of that, their number in a header. */
function warn(answer: HttpAnswer, { listed, total }: FaultList): HttpAnswer {
  if (total === 0) return answer;
  const body = isRecord(answer.body) ? { ...answer.body, warnings: listed.map(renderFault) } : answer.body;
  return withHeaders({ ...answer, body }, { 'relay-warnings': String(total) });
}
