import type { BatchResult } from '../hubspot/batch-answer.ts';
import { classifyAnswer, type DeferReason, type HubSpotError } from '../hubspot/classify-answer.ts';
import type { ContactPaths } from '../hubspot/contact-paths.ts';
import type { HubSpotClient } from '../hubspot/hubspot-answer.ts';
import type { LinkResult } from '../hubspot/link-answer.ts';
import { type InputVerdict, reconcileBatch, reconcileReading, type SentInput } from '../hubspot/reconcile-batch.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { StageNote } from '../operations/lifecycle.ts';
import type { WriteError } from '../operations/outcome.ts';
import type { SharedPace } from '../pace/pace.ts';
import { assertNever } from '../runtime/assert-never.ts';
import type { DurationMs } from '../runtime/units.ts';
import { emailOfName } from './contact-names.ts';
import type { CallEntry, PlannedCall } from './plan-calls.ts';
import { rejectedAlone } from './rejected-alone.ts';
import { runGdprDelete } from './run-gdpr-delete.ts';
import { runLinkCall } from './run-link-call.ts';
import { heedWriteId, lacksProperty, writeIdOf } from './write-id.ts';

/** What a call did to one of its entries. */
export type EntryVerdict =
  | {
      readonly kind: 'delivered';
      readonly id: ContactId;
      readonly isNew: boolean;
      readonly body: BatchResult;
      /** What became of the lifecycle stage, where it was not simply set. */
      readonly stage?: StageNote;
      /** Of an entry about associations. */
      readonly links?: readonly LinkResult[];
      /** Another entry of the call went to the same contact, or may have: the answer may show its values. */
      readonly isShared?: true;
      /** The stage that the answer shows is another one than was sent, and may be what a shared contact got by the other entry. */
      readonly isStageUnclear?: true;
    }
  | {
      readonly kind: 'rejected';
      readonly httpStatus: number;
      readonly error: WriteError;
      readonly existingId?: ContactId;
    }
  /** For good. */
  | { readonly kind: 'deleted' }
  /** The answer says nothing of this entry. */
  | { readonly kind: 'missing' }
  /** The whole call was refused for something in it; entries of one `group` are to travel on together. */
  | { readonly kind: 'suspect'; readonly group: number }
  /** HubSpot may have carried it out. */
  | { readonly kind: 'unknown'; readonly cause: string; readonly retryAfter?: DurationMs }
  /** Not carried out, and to be tried again. */
  | {
      readonly kind: 'deferred';
      readonly reason: DeferReason | 'unauthorized' | 'no-write-id-property' | 'forbidden-object-type';
      readonly retryAfter?: DurationMs;
    };

/** HubSpot as batches of associations reach it: within a budget of their own, which its answers teach. */
export interface LinkLane {
  readonly hubspot: HubSpotClient;
  readonly pace: SharedPace;
}

export interface CallRunner {
  readonly hubspot: HubSpotClient;
  /** For batches of associations, which HubSpot counts by themselves; absent where they are to count like all other calls. */
  readonly linkLane?: LinkLane;
  readonly paths: ContactPaths;
  readonly timeout: DurationMs;
  /** Unique within HubSpot's memory: it names an input in HubSpot's answer. */
  readonly newTraceId: () => string;
  /** A unique property of the portal that creates write their write id into; absent when the portal has none. */
  readonly writeIdProperty?: string;
}

/** Makes one call and says for each of its entries, in their order, what came of it. */
export async function runCall(call: PlannedCall, runner: CallRunner): Promise<readonly EntryVerdict[]> {
  if (call.kind === 'gdpr-delete') return Promise.all(call.entries.map((entry) => runGdprDelete(entry, runner)));
  if (call.links !== undefined) return runLinkCall(call.entries, call.links, runner);
  const writeIdProperty = call.kind === 'create' ? runner.writeIdProperty : undefined;
  const inputs = call.entries.map((entry) => inputOf(call, entry, runner.newTraceId(), writeIdProperty));
  const answer = await runner.hubspot.call(
    {
      method: 'POST',
      path: runner.paths.batch(call.kind === 'resolve' || call.kind === 'identify' ? 'read' : call.kind),
      body: bodyOf(call, inputs),
    },
    runner.timeout,
  );
  // An archive is answered without a word on any of its inputs.
  if (call.kind === 'archive' && answer.kind === 'answered' && answer.status === 204) return call.entries.map(archived);
  const verdict = classifyAnswer(answer);
  switch (verdict.kind) {
    case 'processed':
      return markShared((isRead(call) ? reconcileReading : reconcileBatch)(inputs, verdict.batch)).map((each) =>
        heedWriteId(each, writeIdProperty),
      );
    case 'refused':
      if (lacksProperty(verdict.error.message, writeIdProperty))
        return call.entries.map(() => ({ kind: 'deferred', reason: 'no-write-id-property' }));
      if (isByWhatIsNotUnique(call, verdict.error))
        return call.entries.map(() => rejectedAlone(verdict.status, verdict.error));
      return takeApart(
        inputs.map((input) => isNamed(input, verdict.error)),
        verdict.status,
        verdict.error,
      ).map((each) => heedWriteId(each, writeIdProperty));
    case 'stopped':
      return call.entries.map(() => ({ kind: 'deferred', reason: 'unauthorized' }));
    case 'deferred':
    case 'unknown':
      return call.entries.map(() => verdict);
    default:
      return assertNever(verdict);
  }
}

/** `Unable to perform update/upsert by non-unique 0-1 property X`: no input of the call is better than another, and taking it apart would tell nothing. */
const isByWhatIsNotUnique = ({ idProperty }: PlannedCall, { message = '' }: HubSpotError): boolean =>
  idProperty !== undefined && /\bnon-unique\b/i.test(message) && message.endsWith(` ${idProperty}`);

/** Calls that tell the relay something and change nothing. */
export const isRead = (call: PlannedCall): boolean => call.kind === 'resolve' || call.kind === 'identify';

function archived({ id }: CallEntry): EntryVerdict {
  if (id === undefined) throw new Error('an archive is sent by record id');
  return { kind: 'delivered', id, isNew: false, body: { id } };
}

/** Two names that nobody knew to be one contact's have met in a call. */
function markShared(verdicts: readonly InputVerdict[]): readonly EntryVerdict[] {
  const isOneMissing = verdicts.some(({ kind }) => kind === 'missing');
  const once = new Set<ContactId>();
  const twice = new Set<ContactId>();
  for (const verdict of verdicts) {
    if (verdict.kind !== 'delivered') continue;
    if (isOneMissing || once.has(verdict.id)) twice.add(verdict.id);
    once.add(verdict.id);
  }
  if (twice.size === 0) return verdicts;
  return verdicts.map((each) => (each.kind === 'delivered' && twice.has(each.id) ? { ...each, isShared: true } : each));
}

/** How an entry stands in the call, with everything by which the answer may name it. */
function inputOf(
  call: PlannedCall,
  entry: CallEntry,
  traceId: string,
  writeIdProperty: string | undefined,
): SentInput & { associations?: unknown } {
  const properties = isRead(call) ? {} : entry.properties;
  if (call.kind === 'create') {
    const writeId = writeIdProperty !== undefined && { [writeIdProperty]: writeIdOf(entry.writes[0]) };
    return { traceId, properties: { ...properties, ...writeId }, associations: entry.associations ?? [] };
  }
  if (entry.id !== undefined) return { traceId, id: entry.id, properties };
  if (entry.address.kind === 'key') {
    const alias = emailOfName(entry.home);
    return {
      traceId,
      id: entry.address.value,
      idProperty: entry.address.idProperty,
      properties,
      ...(alias !== undefined && alias !== entry.address.value && { alias }),
    };
  }
  return { traceId, properties, ...(entry.address.kind === 'record' && { id: entry.address.id }) };
}

/** The body HubSpot documents for each batch endpoint. */
function bodyOf(call: PlannedCall, inputs: readonly (SentInput & { associations?: unknown })[]): unknown {
  if (isRead(call)) {
    return {
      ...(call.idProperty !== undefined && { idProperty: call.idProperty }),
      inputs: inputs.map(({ id }) => ({ id })),
      properties: [...new Set([call.idProperty ?? 'email', 'email', 'hs_additional_emails'])],
      propertiesWithHistory: [],
    };
  }
  if (call.kind === 'archive') return { inputs: inputs.map(({ id }) => ({ id })) };
  return { inputs: inputs.map(({ traceId, alias: _, ...input }) => ({ ...input, objectWriteTraceId: traceId })) };
}

/**
 * A call refused as a whole, by whether its error names each entry. Alone, an entry is the culprit. Otherwise those that the error
 * names travel apart from the rest, each by itself; an error that names nobody splits the call in two.
 */
export function takeApart(named: readonly boolean[], status: number, error: HubSpotError): readonly EntryVerdict[] {
  if (named.length === 1) return [rejectedAlone(status, error)];
  const culprits = named.filter((isCulprit) => isCulprit).length;
  if (culprits > 0 && culprits < named.length) {
    return named.map((isCulprit, position) => ({ kind: 'suspect', group: isCulprit ? position + 1 : 0 }));
  }
  const half = Math.ceil(named.length / 2);
  return named.map((_, position) => ({ kind: 'suspect', group: position < half ? 0 : 1 }));
}

/** Whether a whole-call error points at this input: by trace id or id, or by a property that not every input has. */
function isNamed(input: SentInput, error: HubSpotError): boolean {
  const contexts = [error.context, ...(error.errors ?? []).map(({ context }) => context)];
  return contexts.some(
    (context) =>
      context?.['objectWriteTraceId']?.includes(input.traceId) === true ||
      (input.id !== undefined && context?.['ids']?.includes(input.id) === true) ||
      (context?.['propertyName'] ?? []).some((name) => Object.hasOwn(input.properties, name)),
  );
}

/** Groups the suspects of a refused call. */
export function suspectsOf(
  call: PlannedCall,
  verdicts: readonly EntryVerdict[],
): ReadonlyMap<number, readonly CallEntry[]> {
  const groups = new Map<number, CallEntry[]>();
  for (const [position, verdict] of verdicts.entries()) {
    const entry = call.entries[position];
    if (verdict.kind !== 'suspect' || entry === undefined) continue;
    groups.set(verdict.group, [...(groups.get(verdict.group) ?? []), entry]);
  }
  return groups;
}
