import { z } from 'zod';
import { type Call, isSimplified } from './call.ts';
import { parseBody } from './parse-body.ts';
import type { ErrorEntry } from './refusal.ts';
import type { Settings } from './settings.ts';
import { failure, json, noContent, type Reply } from './wire.ts';

/** How many inputs a batch may have, and the 400 for more. */
export interface InputLimit {
  readonly max: number;
  readonly message: (max: number, given: number) => string;
}

/** HubSpot's limit on inputs of a batch of contacts. */
const contactInputs: InputLimit = {
  max: 100,
  message: (max, given) =>
    `The maximum number of inputs supported in a batch request for property value updates is ${max}, this request contained ${given} entries`,
};

/** The limit of a batch that is not about contacts themselves; how HubSpot words it is not known. */
export const inputsUpTo = (max: number): InputLimit => ({
  max,
  message: (limit, given) => `No more than ${limit} inputs are allowed in a batch, this request contained ${given}`,
});

/** A batch's inputs, or the answer that stands in their place. */
export type Inputs<T> =
  | { readonly kind: 'inputs'; readonly inputs: readonly T[] }
  | { readonly kind: 'reply'; readonly reply: Reply };

/** Reads `inputs`; a body without them is the silent success that HubSpot was seen to answer, unless set otherwise. */
export function readInputs<T>(
  call: Call,
  input: z.ZodType<T>,
  okStatus: number,
  limit: InputLimit = contactInputs,
): Inputs<T> {
  const body = parseBody(call, z.object({ inputs: z.array(input).nullish() }));
  if (body.kind === 'reply') return body;
  const { inputs } = body.value;
  if (!inputs) {
    call.violate('missing-inputs');
    if (call.settings.missingInputs === 'empty-success') return { kind: 'reply', reply: emptyBatch(call, okStatus) };
    return { kind: 'reply', reply: failure(400, { message: 'inputs must not be null', category: 'VALIDATION_ERROR' }) };
  }
  if (inputs.length === 0) call.violate('empty-inputs');
  if (inputs.length <= limit.max) return { kind: 'inputs', inputs };
  call.violate('too-many-inputs');
  const message = limit.message(limit.max, inputs.length);
  return { kind: 'reply', reply: failure(400, { message, category: 'VALIDATION_ERROR' }) };
}

/** The 400 for ids that stand more than once in a batch; trace ids do not help against it. */
export function refuseDuplicates(call: Call, ids: readonly string[]): Reply | undefined {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) repeated.add(id);
    seen.add(id);
  }
  if (repeated.size === 0) return undefined;
  call.violate('duplicate-ids');
  return failure(400, {
    message: `Duplicate IDs found in batch input: [${[...repeated].join(', ')}]. IDs must be unique`,
    context: { ids: [...repeated] },
    category: 'VALIDATION_ERROR',
  });
}

interface Traced {
  readonly objectWriteTraceId: string | undefined;
}

/** Whether a write batch is split per record, which takes trace ids; or the 400 that its trace ids get. */
export function readTracing(call: Call, inputs: readonly Traced[]): boolean | Reply {
  const traces = inputs.flatMap((input) => input.objectWriteTraceId ?? []);
  const some = traces.length > 0 && traces.length < inputs.length;
  if (some) call.violate('some-trace-ids');
  if (new Set(traces).size < traces.length) {
    call.violate('duplicate-trace-ids');
    if (call.settings.duplicateTraceIds === 'refuse') {
      return failure(400, { message: 'objectWriteTraceId must be unique', category: 'VALIDATION_ERROR' });
    }
  }
  return traces.length > 0 && (!some || call.settings.someTraceIds === 'per-record');
}

/** The error entry for ids that lead nowhere: one for all of them. */
export function notFoundEntry(ids: readonly string[], traces: readonly string[] = []): ErrorEntry {
  return {
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    message: 'Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.',
    context: { ids, ...(traces.length > 0 && { objectWriteTraceId: traces }) },
  };
}

/** A batch's answer: `okStatus`, or 207 when there are errors, the results in the order that the settings want. */
export function batchReply(
  call: Call,
  okStatus: number,
  results: readonly object[],
  errors: readonly ErrorEntry[] = [],
): Reply {
  return completeBatch(call, errors.length === 0 ? okStatus : 207, results, errors);
}

/** A batch's answer under a status of its own: some operations know no 207. */
export function completeBatch(
  call: Call,
  status: number,
  results: readonly object[],
  errors: readonly ErrorEntry[] = [],
): Reply {
  const time = new Date(call.now).toISOString();
  const ordered = orderResults(results, call.settings.resultOrder, call.random);
  if (errors.length === 0) {
    const none = isSimplified(call.version) && call.settings.errorsOfGoodBatch === 'empty';
    const noErrors = none && { numErrors: 0, errors: [] };
    return json(status, { status: 'COMPLETE', results: ordered, ...noErrors, startedAt: time, completedAt: time });
  }
  const numErrors =
    call.settings.numErrors === 'entries' ? errors.length : errors.reduce((sum, entry) => sum + recordsOf(entry), 0);
  return json(status, { status: 'COMPLETE', results: ordered, numErrors, errors, startedAt: time, completedAt: time });
}

/** A batch's success with nothing in it. */
const emptyBatch = (call: Call, okStatus: number): Reply =>
  okStatus === 204 ? noContent : completeBatch(call, okStatus, []);

const recordsOf = (entry: ErrorEntry): number => entry.context['ids']?.length ?? 1;

function orderResults(results: readonly object[], order: Settings['resultOrder'], random: () => number): object[] {
  const ordered = [...results];
  if (order === 'reversed') return ordered.reverse();
  if (order === 'input') return ordered;
  for (let last = ordered.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const [a, b] = [ordered[last], ordered[other]];
    if (a !== undefined && b !== undefined) [ordered[last], ordered[other]] = [b, a];
  }
  return ordered;
}
