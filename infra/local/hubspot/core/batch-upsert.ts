import { batchReply, notFoundEntry, readInputs, readTracing } from './batch.ts';
import { checkAddresses, type WriteInput } from './batch-update.ts';
import type { Call } from './call.ts';
import { commitDrafts, type Draft, startDrafting } from './draft-writes.ts';
import { findContact, idPropertyOf, normaliseId } from './find-contact.ts';
import { writeInput } from './parse-body.ts';
import { errorEntry, invalid, type Refusal, wholeBatchReply } from './refusal.ts';
import type { Reply } from './wire.ts';
import { writtenView } from './written-view.ts';

/** An input is written, refused, or passed over without a word. */
type Verdict = Draft | Refusal | { readonly kind: 'dropped' };

/** POST …/batch/upsert: updates what the key finds, a secondary e-mail included, and creates the rest. */
export function batchUpsert(call: Call): Reply {
  const read = readInputs(call, writeInput, 200);
  if (read.kind === 'reply') return read.reply;
  const { inputs } = read;
  const refused = checkAddresses(call, inputs, true);
  if (refused) return refused;
  const tracing = readTracing(call, inputs);
  if (typeof tracing !== 'boolean') return tracing;

  const verdicts = decideVerdicts(call, inputs);
  const refusals = verdicts.filter((verdict) => verdict.kind === 'refused');
  if (refusals.length > 0 && (!tracing || refusals.some((refusal) => refusal.sinksBatch))) {
    return wholeBatchReply(refusals, call.settings.portalId);
  }
  commitDrafts(
    call,
    verdicts.filter((verdict) => verdict.kind !== 'refused' && verdict.kind !== 'dropped'),
  );

  const results = [];
  const errors = [];
  const answered = new Set<string>();
  for (const [index, input] of inputs.entries()) {
    const verdict = verdicts[index];
    if (!verdict || verdict.kind === 'dropped') continue;
    if (verdict.kind === 'refused') {
      errors.push(refusedEntry(verdict, input));
    } else if (!answered.has(verdict.id) || call.settings.aliasesInOneUpsert === 'two-results') {
      answered.add(verdict.id);
      const view = writtenView(call, verdict.id, input, call.settings.echoTraceIdOnUpsert);
      results.push({ ...view, new: verdict.kind === 'create' });
    }
  }
  return batchReply(call, 200, results, errors);
}

function decideVerdicts(call: Call, inputs: readonly WriteInput[]): Verdict[] {
  const drafting = startDrafting(call);
  const met = new Set<string>();
  return inputs.map((input): Verdict => {
    const idProperty = idPropertyOf(input.idProperty);
    const found = findContact(call, idProperty, input.id);
    if (found.kind === 'found') {
      const again = met.has(found.contact.id);
      if (again) call.violate('same-contact-twice');
      if (again && call.settings.aliasesInOneUpsert === 'refuse') {
        return { ...invalid('Two inputs of the batch are one contact'), sinksBatch: true };
      }
      if (again && call.settings.aliasesInOneUpsert === 'drops-second') return { kind: 'dropped' };
      met.add(found.contact.id);
      return drafting.update(found.contact, input.properties);
    }
    if (idProperty === 'hs_object_id') return unknownId;
    const key = { [idProperty]: normaliseId(idProperty, input.id) };
    return drafting.create('upsert', { ...key, ...input.properties }, []);
  });
}

/** A record id cannot be made up, so an upsert by one only ever updates. */
const unknownId: Refusal = {
  kind: 'refused',
  status: 404,
  category: 'OBJECT_NOT_FOUND',
  message: 'Object not found.  objectId are usually numeric.',
  faults: [],
};

function refusedEntry(refusal: Refusal, input: WriteInput) {
  const { id, objectWriteTraceId } = input;
  if (refusal.status === 404) return notFoundEntry([id], objectWriteTraceId === undefined ? [] : [objectWriteTraceId]);
  return errorEntry(refusal, { id, ...(objectWriteTraceId !== undefined && { objectWriteTraceId }) });
}
