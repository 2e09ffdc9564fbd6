import { KNOWN_VERSIONS } from '../hubspot/api-version.ts';
import type { Verb } from '../operations/contact-write.ts';
import type { LifecyclePolicy } from '../operations/lifecycle.ts';
import type { IdempotencyStore } from '../operations/operation-store.ts';
import type { KnownDefinitions } from '../portal/known-definitions.ts';
import type { PortalDefinitions } from '../portal/property-definitions.ts';
import type { Clock } from '../runtime/clock.ts';
import { between, type DurationMs } from '../runtime/units.ts';
import { type ContactRoute, isOfUnknownVersion, parseContactRoute } from './contact-route.ts';
import { FaultList, LISTING_OF_A_REFUSAL, type Listing } from './fault.ts';
import type { HttpRequest } from './http-request.ts';
import { type HttpAnswer, notFound, refusal } from './hubspot-error.ts';
import { allowedIdProperties, namedIdProperties } from './id-properties.ts';
import { fingerprintRequest, hashKey, parseIdempotencyKey } from './idempotency-key.ts';
import { isRecord } from './is-record.ts';
import { type ContactDraft, type ParsingContext, parseContactRequest } from './parse-contact-request.ts';
import { parseDryRun } from './parse-dry-run.ts';
import { type Handling, parseHandling, parseLifecycle } from './parse-prefer.ts';
import { PropertyCheck, type PropertyChecking } from './property-check.ts';
import { type ReadBody, readBody } from './read-body.ts';

/** The setting `propertyChecks`. */
export type PropertyChecks = 'refuse' | 'drop' | 'off';

/** Reads the setting from a function's environment; what it does not know, the deployment does not let through either. */
export const parsePropertyChecks = (text: string): PropertyChecks =>
  text === 'drop' || text === 'off' ? text : 'refuse';

/** What requests are checked against. */
export interface CheckingPorts {
  readonly clock: Clock;
  readonly idempotency: IdempotencyStore;
  /** Unique properties, beside `email`, that `idProperty` may name, whatever the portal says. */
  readonly uniqueProperties: readonly string[];
  readonly definitions: KnownDefinitions;
  /** What becomes of properties that HubSpot would refuse, where a request does not say. */
  readonly propertyChecks: PropertyChecks;
  /** So long after HubSpot was asked, a property that it did not name is taken for one that does not exist. */
  readonly definitionsFreshFor: DurationMs;
  /** The property that is the relay's own, where there is one. */
  readonly writeIdProperty?: string | undefined;
  /** What is done about lifecycle stages, where a request does not say: `forward` unless said otherwise. */
  readonly lifecyclePolicy?: LifecyclePolicy;
}

/** A request that was read and compared with the portal. */
export interface CheckedRequest {
  readonly kind: 'checked';
  readonly route: ContactRoute;
  readonly drafts: readonly ContactDraft[];
  readonly isDryRun: boolean;
  /** The request is right when there are none. */
  readonly faults: FaultList;
  readonly properties: PropertyCheck;
  /** The preference that was heeded. */
  readonly handling?: Handling;
  /** The same of lifecycle stages. */
  readonly lifecycle?: LifecyclePolicy;
  readonly key?: { readonly hash: string; readonly fingerprint: string };
}

export type Checked = CheckedRequest | { readonly kind: 'refused'; readonly answer: HttpAnswer };

/** A dry run tells something of each input; more than three faults an input are rare, and of these it tells what fits into an answer. */
const LISTING_OF_A_DRY_RUN: Listing = { most: 3_000, isOfEachInput: true };

const UNKNOWN_VERSION = `contact writes are not taken in this version of HubSpot's API: use one of ${KNOWN_VERSIONS}`;

/** A DELETE says all in its path, and so does a PUT that names one type of association, or none. */
const NO_BODY: ReadBody = { kind: 'json', text: '', value: undefined };

/** Reads a request and gathers all that is wrong with it. `refused` is one that cannot be read at all. */
export async function checkRequest(verb: Verb, request: HttpRequest, ports: CheckingPorts): Promise<Checked> {
  const { correlationId, headers } = request;
  const route = parseContactRoute(request.method, request.path, request.pathId);
  if (route?.verb !== verb) {
    const message = isOfUnknownVersion(request.path) ? UNKNOWN_VERSION : 'there is nothing at this path';
    return { kind: 'refused', answer: notFound(message, correlationId) };
  }
  const query = new FaultList();
  const isDryRun = parseDryRun(request.query, query);
  const listing = isDryRun ? LISTING_OF_A_DRY_RUN : LISTING_OF_A_REFUSAL;
  const faults = new FaultList(listing);
  for (const fault of query.listed) faults.add(fault);
  const parsedKey = parseIdempotencyKey(headers['idempotency-key']);
  if (parsedKey.kind === 'malformed') {
    const message = 'Idempotency-Key must be 1 to 255 visible ASCII characters, bare or in double quotes';
    faults.add({ code: 'INVALID_IDEMPOTENCY_KEY', message, in: 'Idempotency-Key' });
  }
  const isInPath = route.shape === 'single' && (verb === 'archive' || (route.link && route.link.form !== 'labelled'));
  const body = isInPath ? NO_BODY : readBody(request);
  if (body.kind === 'unreadable') {
    faults.add({ code: body.code, message: body.message, in: body.in });
    return { kind: 'refused', answer: refusal(body.status, faults, correlationId) };
  }
  const definitions = await ports.definitions.current();
  const handling = parseHandling(headers['prefer']);
  const lifecycle = verb === 'archive' ? undefined : parseLifecycle(headers['prefer']);
  const checking = {
    ...policyOf(handling, ports.propertyChecks, route, body.value),
    ignoresStages: (lifecycle ?? ports.lifecyclePolicy) === 'ignore',
    writeIdProperty: ports.writeIdProperty,
    listing,
  };
  const properties = checkAgainst(definitions, checking, ports);
  const named = namedIdProperties(body.value, request.idProperty);
  const uniqueProperties = allowedIdProperties(
    verb,
    ports.uniqueProperties,
    { current: definitions, lastKnown: ports.definitions.lastKnown() },
    ports.writeIdProperty,
    named,
  );
  const context = { now: ports.clock.now(), uniqueProperties, properties, idProperty: request.idProperty };
  const drafts = parseContactRequest(route, body.value, context, faults);
  const isHeeded = handling !== undefined && definitions !== undefined;
  const checked: CheckedRequest = {
    kind: 'checked',
    route,
    drafts,
    isDryRun,
    faults,
    properties,
    ...(isHeeded && { handling }),
    ...(lifecycle !== undefined && { lifecycle }),
  };
  if (parsedKey.kind !== 'key' || isDryRun) return checked;
  const { principal, method } = request;
  const hash = hashKey({ principal, method, path: route.path }, parsedKey.key);
  // The key, which is stored nowhere, goes in: nobody can try addresses against the record of a deletion.
  const secret = verb === 'gdpr-delete' ? `\n${parsedKey.key}` : '';
  const key = { hash, fingerprint: fingerprintRequest(request.query, `${body.text}${secret}`) };
  const keyed: CheckedRequest = { ...checked, key };
  if (!faults.areAllOfTheMoment || !(await wasTaken(key, ports))) return keyed;
  const { now: _, ...atAnyTime } = context;
  if (faults.areAllByClock)
    return readAgain(keyed, body.value, { ...atAnyTime, properties: checkAgainst(definitions, checking, ports) });
  // As it was taken the first time, when the definitions said nothing against it.
  const { handling: _handling, ...unchecked } = keyed;
  return readAgain(unchecked, body.value, {
    ...atAnyTime,
    properties: new PropertyCheck({ ...checking, policy: 'off', isStrict: false, isFresh: false }),
    uniqueProperties: named.filter((name) => name !== ports.writeIdProperty),
  });
}

/**
 * A batch in which every input has a trace id is judged by HubSpot input by input, a batch without as a whole (error handling
 * guide). Whoever asks for `strict` wants all or nothing.
 */
function policyOf(
  handling: Handling | undefined,
  setting: PropertyChecks,
  route: ContactRoute,
  body: unknown,
): Pick<PropertyChecking, 'policy' | 'isTraced' | 'isStrict'> {
  const isTraced = route.shape === 'batch' && haveTraceIds(body);
  if (handling === 'strict') return { policy: 'refuse', isTraced, isStrict: true };
  if (handling === 'lenient') return { policy: 'drop', isTraced };
  return { policy: setting === 'refuse' && isTraced ? 'leave' : setting, isTraced };
}

function haveTraceIds(body: unknown): boolean {
  const inputs = isRecord(body) ? body['inputs'] : undefined;
  if (!Array.isArray(inputs)) return false;
  return inputs.every((input: unknown) => isRecord(input) && typeof input['objectWriteTraceId'] === 'string');
}

function checkAgainst(
  definitions: PortalDefinitions | undefined,
  checking: Omit<PropertyChecking, 'definitions' | 'isFresh'>,
  { clock, definitionsFreshFor }: CheckingPorts,
): PropertyCheck {
  const isFresh = definitions !== undefined && between(definitions.readAt, clock.now()) <= definitionsFreshFor;
  return new PropertyCheck({ ...checking, definitions, isFresh });
}

/** Whether this very request was taken before: then it is the same operation, whatever the portal and the clock say since (A2). */
async function wasTaken(
  key: { readonly hash: string; readonly fingerprint: string },
  { idempotency, clock }: CheckingPorts,
): Promise<boolean> {
  const record = await idempotency.find(key.hash, clock.now());
  return record?.fingerprint === key.fingerprint;
}

type CheckingContext = ParsingContext & Pick<CheckedRequest, 'properties'>;

function readAgain(checked: CheckedRequest, body: unknown, context: CheckingContext): Checked {
  const faults = new FaultList();
  const drafts = parseContactRequest(checked.route, body, context, faults);
  return { ...checked, drafts, faults, properties: context.properties };
}
