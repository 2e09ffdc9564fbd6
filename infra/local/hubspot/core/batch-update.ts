import type { z } from 'zod';
import { batchReply, notFoundEntry, readInputs, readTracing, refuseDuplicates } from './batch.ts';
import type { Call } from './call.ts';
import { commitDrafts, type Draft, startDrafting } from './draft-writes.ts';
import { findContact, idPropertyOf, isUniqueProperty, normaliseId } from './find-contact.ts';
import { writeInput } from './parse-body.ts';
import { errorEntry, type Refusal, wholeBatchReply } from './refusal.ts';
import { failure, type Reply } from './wire.ts';
import { writtenView } from './written-view.ts';

export type WriteInput = z.infer<typeof writeInput>;

type Fate =
  | Draft
  | Refusal
  | { readonly kind: 'missing' }
  /** Merged away: not in the answer at all, its draft applied or not. */
  | { readonly kind: 'omitted'; readonly applied?: Draft };

/** POST …/batch/update: 207 when some fail, with or without trace ids; ids that lead nowhere share one error. */
export function batchUpdate(call: Call): Reply {
  const read = readInputs(call, writeInput, 200);
  if (read.kind === 'reply') return read.reply;
  const { inputs } = read;
  const refused = checkAddresses(call, inputs, call.settings.batchUpdateByEmail === 'accept');
  if (refused) return refused;
  const tracing = readTracing(call, inputs);
  if (typeof tracing !== 'boolean') return tracing;

  const fates = decideFates(call, inputs);
  const refusals = fates.filter((fate) => fate.kind === 'refused');
  const sinking = refusals.filter((refusal) => sinks(call, refusal, tracing));
  if (sinking.length > 0) return wholeBatchReply(sinking, call.settings.portalId);
  commitDrafts(call, fates.flatMap(draftOf));

  const results = [];
  const errors = [];
  const missing: WriteInput[] = [];
  for (const [index, input] of inputs.entries()) {
    const fate = fates[index];
    if (fate?.kind === 'missing') missing.push(input);
    else if (fate?.kind === 'refused') errors.push(errorEntry(fate, withId(input)));
    else if (fate && fate.kind !== 'omitted') {
      results.push(writtenView(call, fate.id, input, call.settings.echoTraceIdOnUpdate));
    }
  }
  if (missing.length > 0) {
    const ids = missing.map((input) => input.id);
    errors.push(
      notFoundEntry(
        ids,
        missing.flatMap((input) => input.objectWriteTraceId ?? []),
      ),
    );
  }
  return batchReply(call, 200, results, errors);
}

/** What refuses a batch for how it addresses contacts: an id property that is not unique, or one value twice. */
export function checkAddresses(call: Call, inputs: readonly WriteInput[], byEmail: boolean): Reply | undefined {
  for (const { idProperty } of inputs) {
    const name = idPropertyOf(idProperty);
    if (!isUniqueProperty(call.store, name) || (name === 'email' && !byEmail)) return notUnique(name);
  }
  if (inputs.some((input) => input.associations !== undefined)) call.violate('associations-on-update');
  const ids = inputs.map((input) => normaliseId(idPropertyOf(input.idProperty), input.id));
  return refuseDuplicates(call, ids);
}

/** The 400 for an id property that is not unique. */
export const notUnique = (name: string): Reply =>
  failure(400, {
    message: `Unable to perform update/upsert by non-unique 0-1 property ${name}`,
    category: 'VALIDATION_ERROR',
  });

function decideFates(call: Call, inputs: readonly WriteInput[]): Fate[] {
  const drafting = startDrafting(call);
  const { mergedIdInBatchUpdate } = call.settings;
  const met = new Set<string>();
  return inputs.map((input): Fate => {
    const found = findContact(call, idPropertyOf(input.idProperty), input.id);
    if (found.kind === 'missing') return found;
    if (met.has(found.contact.id)) call.violate('same-contact-twice');
    met.add(found.contact.id);
    if (!found.merged || mergedIdInBatchUpdate === 'survivor') return drafting.update(found.contact, input.properties);
    if (mergedIdInBatchUpdate === 'not-found') return { kind: 'missing' };
    if (mergedIdInBatchUpdate === 'omitted') return { kind: 'omitted' };
    const draft = drafting.update(found.contact, input.properties);
    return draft.kind === 'refused' ? { kind: 'omitted' } : { kind: 'omitted', applied: draft };
  });
}

function draftOf(fate: Fate): Draft[] {
  if (fate.kind === 'omitted') return fate.applied ? [fate.applied] : [];
  return fate.kind === 'create' || fate.kind === 'update' ? [fate] : [];
}

/** Whether one refused record takes the whole batch with it. */
function sinks(call: Call, refusal: Refusal, tracing: boolean): boolean {
  const unknownName = refusal.faults.some((fault) => fault.code === 'PROPERTY_DOESNT_EXIST');
  if (unknownName && call.settings.unknownNamesOnUpdate === 'whole-batch') return true;
  return !tracing && call.settings.badValuesOnUpdate === 'whole-batch';
}

/** What an error entry tells the record by. */
const withId = ({ id, objectWriteTraceId }: WriteInput): { id: string; objectWriteTraceId?: string } => ({
  id,
  ...(objectWriteTraceId !== undefined && { objectWriteTraceId }),
});
