import { classifyAnswer, type HubSpotError } from '../hubspot/classify-answer.ts';
import { type LinkBatchAnswer, parseLinkAnswer } from '../hubspot/link-answer.ts';
import { httpStatusOf } from '../hubspot/reconcile-batch.ts';
import type { AssociationType, Link } from '../operations/link.ts';
import { assertNever } from '../runtime/assert-never.ts';
import type { LinkCall } from './entry-links.ts';
import type { CallEntry } from './plan-calls.ts';
import { type CallRunner, type EntryVerdict, takeApart } from './run-call.ts';
import { inputsOf } from './take-link-entry.ts';

/** All that an entry wants of one object at the other end, as one input. */
interface LinkInput {
  readonly fromId: string;
  readonly toId: string;
  readonly types: readonly AssociationType[];
}

/**
 * Makes one batch call about associations and says for each of its entries what came of it. Their inputs carry no trace ids: an
 * answer names them by the ids at both ends, and an error only one of these, or a type.
 */
export async function runLinkCall(
  entries: readonly CallEntry[],
  { job, toType }: LinkCall,
  { hubspot, linkLane, paths, timeout }: CallRunner,
): Promise<readonly EntryVerdict[]> {
  const inputs = entries.map(inputsOfEntry);
  const body = { inputs: inputs.flatMap((own) => bodiesOf(job, own)) };
  const answer = await (linkLane?.hubspot ?? hubspot).call(
    { method: 'POST', path: paths.associations(toType, job), body },
    timeout,
  );
  if (answer.kind === 'answered' && answer.status >= 200 && answer.status < 300) {
    // What is taken away is answered without a word on any of it.
    if (answer.status === 204 && (job === 'archive' || job === 'labels/archive')) return entries.map(done);
    const batch = parseLinkAnswer(answer.body);
    if (batch === undefined)
      return entries.map(() => ({ kind: 'unknown', cause: `${answer.status} without a readable body` }));
    return reconcile(entries, inputs, batch);
  }
  const verdict = classifyAnswer(answer);
  switch (verdict.kind) {
    case 'refused':
      return takeApart(
        inputs.map((own) => isNamed(own, verdict.error)),
        verdict.status,
        verdict.error,
      );
    case 'stopped':
      // No such path: HubSpot does not know the object type.
      if (verdict.status === 404)
        return takeApart(
          inputs.map(() => false),
          404,
          { category: 'OBJECT_NOT_FOUND', message: `HubSpot knows no associations of contacts with ${toType}` },
        );
      return entries.map((): EntryVerdict => {
        if (verdict.status === 403) return { kind: 'deferred', reason: 'forbidden-object-type' };
        return { kind: 'deferred', reason: 'unauthorized' };
      });
    case 'deferred':
    case 'unknown':
      return entries.map(() => verdict);
    case 'processed':
      return entries.map(() => ({ kind: 'unknown', cause: 'an answer of another kind' }));
    default:
      return assertNever(verdict);
  }
}

function inputsOfEntry({ id, links }: CallEntry): readonly LinkInput[] {
  if (id === undefined || links === undefined) throw new Error('associations are sent by record id');
  return inputsOf(links).map((same) => ({
    fromId: id,
    toId: same[0].toId,
    types: distinctTypes(same),
  }));
}

const distinctTypes = (links: readonly Link[]): readonly AssociationType[] => [
  ...new Map(
    links
      .flatMap(({ types = [] }) => types)
      .map((type) => [`${type.associationCategory} ${type.associationTypeId}`, type]),
  ).values(),
];

/** The bodies HubSpot documents for each endpoint; it archives by one object and a list of others. */
function bodiesOf(job: LinkCall['job'], inputs: readonly LinkInput[]): readonly unknown[] {
  const [first] = inputs;
  if (job === 'archive' && first !== undefined)
    return [{ from: { id: first.fromId }, to: inputs.map(({ toId }) => ({ id: toId })) }];
  return inputs.map(({ fromId, toId, types }) => ({
    from: { id: fromId },
    to: { id: toId },
    ...(job !== 'associate/default' && { types }),
  }));
}

function done({ id }: CallEntry): Extract<EntryVerdict, { kind: 'delivered' }> {
  if (id === undefined) throw new Error('associations are sent by record id');
  return { kind: 'delivered', id, isNew: false, body: { id } };
}

/** Finds every input in the answer: never by position, and never by the absence of an error. */
function reconcile(
  entries: readonly CallEntry[],
  inputs: readonly (readonly LinkInput[])[],
  { results, errors }: LinkBatchAnswer,
): readonly EntryVerdict[] {
  const byEnds = Map.groupBy(results, endsOf);
  const hasUnnamedError = errors.some((error) => !inputs.some((own) => isNamed(own, error)));
  let half = 0;
  return entries.map((entry, n): EntryVerdict => {
    const own = inputs[n] ?? [];
    const error = errors.find((each) => isNamed(own, each));
    if (error !== undefined) return rejected(error);
    if (own.every((input) => byEnds.has(endsOf(input)))) {
      // A default association is answered from both ends.
      const ends = own.flatMap((input) => [endsOf(input), endsOf({ fromId: input.toId, toId: input.fromId })]);
      return { ...done(entry), links: [...new Set(ends)].flatMap((name) => byEnds.get(name) ?? []) };
    }
    if (!hasUnnamedError) return { kind: 'missing' };
    if (entries.length === 1) return rejected(errors[0] ?? {});
    half = 1 - half;
    return { kind: 'suspect', group: half };
  });
}

const endsOf = ({ fromId, toId }: Pick<LinkInput, 'fromId' | 'toId'>): string => `${fromId} ${toId}`;

function rejected({ category = 'VALIDATION_ERROR', message, context }: HubSpotError): EntryVerdict {
  return {
    kind: 'rejected',
    httpStatus: httpStatusOf(category),
    error: {
      status: 'error',
      category,
      message: message ?? 'HubSpot refused the association and gave no reason',
      ...(context !== undefined && { context }),
    },
  };
}

/** Whether an error points at one of these inputs: by the contact, by the object at the other end, or by a type. */
function isNamed(inputs: readonly LinkInput[], error: HubSpotError): boolean {
  const contexts = [error.context, ...(error.errors ?? []).map(({ context }) => context)];
  return contexts.some((context) => {
    const ids = new Set(['objectId', 'fromObjectId', 'toObjectId', 'ids'].flatMap((name) => context?.[name] ?? []));
    const specs = new Set(context?.['associationSpec'] ?? []);
    return inputs.some(
      ({ fromId, toId, types }) =>
        ids.has(fromId) ||
        ids.has(toId) ||
        types.some((type) => specs.has(`${type.associationCategory}=${type.associationTypeId}`)),
    );
  });
}
