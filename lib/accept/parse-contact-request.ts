import type { ContactWrite, Verb } from '../operations/contact-write.ts';
import { STAGE_PROPERTY } from '../portal/property-definitions.ts';
import type { EpochMs } from '../runtime/units.ts';
import type { ContactRoute } from './contact-route.ts';
import { type Fault, type FaultList, faultAt, type Place } from './fault.ts';
import { isRecord } from './is-record.ts';
import { isLegalName } from './legal-text.ts';
import { parseAssociations, parseFollowUps } from './parse-associations.ts';
import { parseGdprDelete } from './parse-gdpr-delete.ts';
import { parseLink } from './parse-link.ts';
import { parseOccurredAt } from './parse-occurred-at.ts';
import { parseProperties } from './parse-properties.ts';
import { parseTarget } from './parse-target.ts';
import { isLeft, type PassedProperties, type PropertyCheck } from './property-check.ts';

/** HubSpot takes 100 inputs a call; the relay splits. A thousand outcomes still fit one operation of ten items. */
export const MAX_WRITES = 1_000;
const MAX_TRACE_ID_LENGTH = 255;
/** HubSpot refuses a create that has none of these (hubspot-api.md, section 2). */
const IDENTITY_PROPERTIES = ['email', 'firstname', 'lastname'];

/** A contact write before it has a place in the order of writes. */
export interface ContactDraft extends Omit<ContactWrite, 'sequence' | 'occurredAt'> {
  /** As the source says: accepting caps it at the time of acceptance, so that nobody writes from the future. */
  readonly occurredAt?: EpochMs;
  /** The caller's `objectWriteTraceId`: echoed to a caller that waits, stored nowhere. */
  readonly traceId?: string;
}

/** What a request is parsed against. */
export interface ParsingContext {
  /** Absent: the request was taken at another time, and how old its events are was judged then. */
  readonly now?: EpochMs;
  /** Unique properties, beside `email`, that `idProperty` may name. */
  readonly uniqueProperties: readonly string[];
  /** Absent: properties are not compared with what the portal has. */
  readonly properties?: PropertyCheck;
  /** The query's `idProperty`, of a single update. */
  readonly idProperty?: string | undefined;
}

/**
 * Turns a body in HubSpot's format into drafts. Everything wrong with it is added to `faults`, in one pass; when there are
 * any, the drafts are worth nothing. Keys that HubSpot does not know are ignored, as HubSpot ignores them.
 */
export function parseContactRequest(
  route: ContactRoute,
  body: unknown,
  context: ParsingContext,
  faults: FaultList,
): readonly ContactDraft[] {
  if (route.link !== undefined) return [parseLink(route.id ?? '', route.link, body, faults)];
  if (route.shape === 'single' && route.verb === 'archive') {
    return [parseArchive({ id: route.id, idProperty: context.idProperty }, undefined, {}, 0, context, faults)];
  }
  if (!isRecord(body)) {
    faults.add({ code: 'INVALID_BODY', message: 'the body must be a JSON object', in: 'body' });
    return [];
  }
  if (route.verb === 'gdpr-delete') return [parseGdprDelete(body, context, faults)];
  if (route.shape === 'single') {
    const target = { id: route.id, idProperty: context.idProperty };
    return [parseInput(route.verb, body, target, {}, 0, context, faults)];
  }
  return parseInputs(route.verb, body['inputs'], context, faults);
}

function parseInputs(verb: Verb, inputs: unknown, context: ParsingContext, faults: FaultList): readonly ContactDraft[] {
  if (!Array.isArray(inputs) || inputs.length === 0) {
    faults.add({ code: 'NO_INPUTS', message: 'inputs must be a list with at least one entry', in: 'inputs' });
    return [];
  }
  if (inputs.length > MAX_WRITES) {
    const message = `inputs has ${inputs.length} entries; a request takes ${MAX_WRITES.toLocaleString('en')} at most`;
    faults.add({ code: 'TOO_MANY_INPUTS', message, in: 'inputs' });
    return [];
  }
  const drafts = inputs.flatMap((input: unknown, index) => {
    if (isRecord(input)) {
      return [
        parseInput(
          verb,
          input,
          { id: input['id'], idProperty: input['idProperty'] },
          { index },
          index,
          context,
          faults,
        ),
      ];
    }
    faults.add(faultAt({ index }, '', 'INVALID_INPUT', (path) => `${path} must be an object`));
    return [];
  });
  refuseRepeatedTraceIds(drafts, faults);
  return drafts;
}

/** An archive says whom it is about, and nothing else. */
function parseArchive(
  given: { readonly id: unknown; readonly idProperty: unknown },
  occurredAt: unknown,
  place: Place,
  index: number,
  context: ParsingContext,
  faults: FaultList,
): ContactDraft {
  const time = parseOccurredAt(occurredAt, context.now, place, faults);
  const target = parseTarget('archive', given, context.uniqueProperties, place, faults);
  return { index, properties: {}, ...(time !== undefined && { occurredAt: time }), ...target };
}

function parseInput(
  verb: Verb,
  input: Readonly<Record<string, unknown>>,
  given: { readonly id: unknown; readonly idProperty: unknown },
  place: Place,
  index: number,
  context: ParsingContext,
  faults: FaultList,
): ContactDraft {
  if (verb === 'archive') return parseArchive(given, input['occurredAt'], place, index, context, faults);
  const properties = passProperties(verb, input['properties'], place, context, faults);
  const occurredAt = parseOccurredAt(input['occurredAt'], context.now, place, faults);
  const traceId = parseTraceId(input['objectWriteTraceId'], place, faults);
  const common = {
    index,
    properties,
    ...(occurredAt === undefined ? {} : { occurredAt }),
    ...(traceId === undefined ? {} : { traceId }),
  };
  if (verb === 'create') {
    const associations = parseAssociations(input['associations'], place, faults);
    requireIdentity(input['properties'], place, context, faults);
    return associations.length === 0 ? common : { ...common, associations };
  }
  const associations = parseFollowUps(input['associations'], place, faults);
  const followUps = associations.length === 0 ? {} : { associations };
  const target = parseTarget(verb, given, context.uniqueProperties, place, faults, { check: context.properties });
  return { ...common, ...followUps, ...target };
}

/** The properties that are to be written. */
function passProperties(
  verb: Verb,
  given: unknown,
  place: Place,
  { properties: check }: ParsingContext,
  faults: FaultList,
): Readonly<Record<string, string>> {
  const dropped = check?.warnings.total;
  const whole = parseProperties(given, place, faults, check);
  const passed = check?.pass(whole, place, faults);
  if (passed === undefined) return whole;
  if (isRecord(given) && check?.warnings.total !== dropped) requireRest(verb, given, passed, place, faults);
  return passed.properties;
}

/** Looks at the properties as they came: one that is there and faulty has its own fault already. */
function requireIdentity(properties: unknown, place: Place, context: ParsingContext, faults: FaultList): void {
  if (!isRecord(properties) || Object.keys(properties).length === 0 || hasIdentity(properties)) return;
  const why = 'needs one of email, firstname, lastname: HubSpot creates no contact without';
  const fault = faultAt(place, 'properties', 'NO_IDENTITY', (path) => `${path} ${why}`);
  isLeft(fault, context.properties, faults);
}

const hasIdentity = (properties: Readonly<Record<string, unknown>>): boolean =>
  IDENTITY_PROPERTIES.some((name) => {
    const value = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return value !== undefined && value !== null && !(typeof value === 'string' && value.trim() === '');
  });

/** What is left of an input when faulty properties are left out must still be a write, and a create must still say whom it makes. */
function requireRest(
  verb: Verb,
  whole: Readonly<Record<string, unknown>>,
  { properties: rest, isCutByDefinitions }: PassedProperties,
  place: Place,
  faults: FaultList,
): void {
  const add = (fault: Fault) => faults.add(isCutByDefinitions ? { ...fault, byDefinitions: 'rest' } : fault);
  if (Object.keys(rest).length === 0) {
    const isStage = Object.keys(whole).join() === STAGE_PROPERTY;
    const left = isStage ? `${STAGE_PROPERTY}, which is left out (lifecycle=ignore)` : 'its faulty properties';
    const why = `has nothing left to write without ${left}`;
    add(faultAt(place, 'properties', 'NO_PROPERTIES', (path) => `${path} ${why}`));
  } else if (verb === 'create' && hasIdentity(whole) && !hasIdentity(rest)) {
    const why = 'has none of email, firstname, lastname left without its faulty properties';
    add(faultAt(place, 'properties', 'NO_IDENTITY', (path) => `${path} ${why}`));
  }
}

function parseTraceId(value: unknown, place: Place, faults: FaultList): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value !== '' && value.length <= MAX_TRACE_ID_LENGTH && isLegalName(value))
    return value;
  const limits = `a string of 1 to ${MAX_TRACE_ID_LENGTH} characters without control characters`;
  faults.add(faultAt(place, 'objectWriteTraceId', 'INVALID_TRACE_ID', (path) => `${path} must be ${limits}`));
  return undefined;
}

function refuseRepeatedTraceIds(drafts: readonly ContactDraft[], faults: FaultList): void {
  const seen = new Set<string>();
  for (const { traceId, index } of drafts) {
    if (traceId === undefined) continue;
    if (seen.has(traceId)) {
      const why = 'was given to an earlier input: trace ids must be unique in a request';
      faults.add(faultAt({ index }, 'objectWriteTraceId', 'DUPLICATE_TRACE_ID', (path) => `${path} ${why}`));
    }
    seen.add(traceId);
  }
}
