import { readAssociations } from './associations.ts';
import { batchReply, readInputs, readTracing } from './batch.ts';
import type { Call } from './call.ts';
import { commitDrafts, type Draft, startDrafting } from './draft-writes.ts';
import { createInput } from './parse-body.ts';
import { errorEntry, type Refusal, wholeBatchReply } from './refusal.ts';
import type { Reply } from './wire.ts';
import { writtenView } from './written-view.ts';

/** POST …/batch/create: without trace ids one bad record refuses all; with them each record has its own fate. */
export function batchCreate(call: Call): Reply {
  const read = readInputs(call, createInput, 201);
  if (read.kind === 'reply') return read.reply;
  const { inputs } = read;
  const tracing = readTracing(call, inputs);
  if (typeof tracing !== 'boolean') return tracing;

  const drafting = startDrafting(call);
  const verdicts = inputs.map((input): Draft | Refusal => {
    const associations = readAssociations(input.associations, call.settings);
    return 'kind' in associations ? associations : drafting.create('create', input.properties, associations);
  });
  const refusals = verdicts.filter((verdict) => verdict.kind === 'refused');
  if (refusals.length > 0 && (!tracing || refusals.some((refusal) => refusal.sinksBatch))) {
    return wholeBatchReply(refusals, call.settings.portalId);
  }
  commitDrafts(
    call,
    verdicts.filter((verdict) => verdict.kind !== 'refused'),
  );
  const results = [];
  const errors = [];
  for (const [index, verdict] of verdicts.entries()) {
    const input = inputs[index] ?? {};
    if (verdict.kind === 'refused') errors.push(errorEntry(verdict, input));
    else results.push(writtenView(call, verdict.id, input, call.settings.echoTraceIdOnCreate));
  }
  return batchReply(call, 201, results, errors);
}
