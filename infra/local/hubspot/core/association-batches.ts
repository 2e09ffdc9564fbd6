import { z } from 'zod';
import { type AssociationType, nameSeen, unlabeledType } from './association-types.ts';
import { defaultViews, endsOf, labelsView } from './association-views.ts';
import { unknownTypes } from './associations.ts';
import { batchReply, completeBatch, inputsUpTo, readInputs } from './batch.ts';
import type { Call } from './call.ts';
import { type LinkDirection, readDirection, readTypes, typeNamed } from './link-direction.ts';
import { type Linking, type Pair, startLinking } from './linking.ts';
import { associationSpec, objectReference } from './parse-body.ts';
import { type ErrorEntry, errorEntry, type Refusal, refusalReply } from './refusal.ts';
import { json, noContent, type Reply } from './wire.ts';

const ends = { from: objectReference, to: objectReference };
const labeledInput = z.object({ ...ends, types: z.array(associationSpec).min(1) });
const plainInput = z.object(ends);
const manyInput = z.object({ from: objectReference, to: z.array(objectReference) });
const namedInput = z.object({ ...ends, type: z.union([z.string(), z.number()]).transform(String) });

/** An input as every batch reads it: two ends, and the types or what names none. */
interface LinkInput {
  readonly fromId: string;
  readonly toId: string;
  readonly types: readonly AssociationType[] | Refusal;
}

/** What an operation makes of an input of its own form. */
type ReadLink<T> = (input: T, direction: LinkDirection) => readonly LinkInput[];

/** The results of one association that was made. */
type ShowLink = (pair: Pair, types: readonly AssociationType[], direction: LinkDirection) => readonly object[];

/** POST /crm/v4/associations/{from}/{to}/batch/create: with labels. */
export function batchAssociate(call: Call): Reply {
  const show: ShowLink = (pair, types, direction) => [labelsView(call, direction, pair, types)];
  return linkAll(call, labeledInput, 201, readLabeled(call), show, (results, errors) =>
    batchReply(call, 201, results, errors),
  );
}

/** POST …/batch/associate/default: two directed results for each; its specification has 200 for errors too. */
export function batchAssociateByDefault(call: Call): Reply {
  const read: ReadLink<z.infer<typeof plainInput>> = ({ from, to }, { other }) => [
    { fromId: from.id, toId: to.id, types: [unlabeledType(other)] },
  ];
  const show: ShowLink = (pair, _, direction) => defaultViews(direction, pair);
  return linkAll(call, plainInput, 200, read, show, (results, errors) => completeBatch(call, 200, results, errors));
}

/** POST /crm/v3/associations/{from}/{to}/batch/create: by name or type id; a fixture has it answered before it is done. */
export function batchAssociateLegacy(call: Call): Reply {
  const show: ShowLink = (pair, types, direction) => {
    const { fromId, toId } = endsOf(direction, pair);
    const [type] = types;
    return [
      {
        from: { id: fromId },
        to: { id: toId },
        type: type ? nameSeen(type, direction.isReversed) : '',
      },
    ];
  };
  return linkAll(call, namedInput, 201, readNamed(call), show, (results, errors) => {
    if (errors.length > 0 || call.settings.associationBatchStatus === 'COMPLETE') {
      return batchReply(call, 201, results, errors);
    }
    const time = new Date(call.now).toISOString();
    return json(201, { status: 'PENDING', results: [], startedAt: time, completedAt: time });
  });
}

/** POST /crm/v4/…/batch/archive: all that one object has in common with some others; 204 whatever was there. */
export const batchDissociate = (call: Call): Reply =>
  unlinkAll(call, manyInput, ({ from, to }) => to.map(({ id }) => ({ fromId: from.id, toId: id, types: [] })), 'all');

/** POST /crm/v4/…/batch/labels/archive: single labels. */
export const batchArchiveLabels = (call: Call): Reply => unlinkAll(call, labeledInput, readLabeled(call), 'named');

/** POST /crm/v3/…/batch/archive: the named type of each. */
export const batchDissociateLegacy = (call: Call): Reply => unlinkAll(call, namedInput, readNamed(call), 'named');

const readLabeled =
  (call: Call): ReadLink<z.infer<typeof labeledInput>> =>
  ({ from, to, types }, direction) => {
    const { found, unknown } = readTypes(call, direction, types);
    return [{ fromId: from.id, toId: to.id, types: unknown.length > 0 ? unknownTypes(unknown) : found }];
  };

const readNamed =
  (call: Call): ReadLink<z.infer<typeof namedInput>> =>
  ({ from, to, type }, direction) => {
    const found = typeNamed(call, direction, type);
    const types = found ? [found] : unknownTypes([{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: type }]);
    return [{ fromId: from.id, toId: to.id, types }];
  };

function linkAll<T>(
  call: Call,
  schema: z.ZodType<T>,
  okStatus: number,
  readLink: ReadLink<T>,
  show: ShowLink,
  reply: (results: readonly object[], errors: readonly ErrorEntry[]) => Reply,
): Reply {
  const batch = readBatch(call, schema, okStatus, readLink);
  if (batch.kind !== 'batch') return batch.reply;
  const { direction, inputs } = batch;
  const linking = startLinking(call, direction);
  const results: object[] = [];
  const errors: ErrorEntry[] = [];
  const seen = new Set<string>();
  for (const { fromId, toId, types } of inputs) {
    const pair = 'kind' in types ? types : linking.find({ fromId, toId });
    if ('kind' in types || pair.kind === 'refused') {
      if (pair.kind === 'refused') errors.push(linkErrorEntry(pair));
      continue;
    }
    linking.associate(pair, types);
    const name = `${pair.contactId} ${pair.other.toId} ${types.map(({ typeId }) => typeId)}`;
    if (seen.has(name)) call.violate('same-association-twice');
    if (!seen.has(name) || call.settings.repeatedAssociations === 'each') results.push(...show(pair, types, direction));
    seen.add(name);
  }
  linking.commit();
  return reply(results, errors);
}

function unlinkAll<T>(call: Call, schema: z.ZodType<T>, readLink: ReadLink<T>, extent: 'all' | 'named'): Reply {
  const batch = readBatch(call, schema, 204, readLink);
  if (batch.kind !== 'batch') return batch.reply;
  const linking: Linking = startLinking(call, batch.direction);
  for (const { fromId, toId, types } of batch.inputs) {
    const pair = linking.find({ fromId, toId });
    if ('kind' in types || pair.kind === 'refused') continue;
    linking.dissociate(pair, extent === 'all' ? 'all' : types.map(({ typeId }) => typeId));
  }
  linking.commit();
  return noContent;
}

type Batch =
  | { readonly kind: 'batch'; readonly direction: LinkDirection; readonly inputs: readonly LinkInput[] }
  | { readonly kind: 'reply'; readonly reply: Reply };

function readBatch<T>(call: Call, schema: z.ZodType<T>, okStatus: number, readLink: ReadLink<T>): Batch {
  const direction = readDirection(call);
  if (direction.kind !== 'direction') return { kind: 'reply', reply: direction };
  const read = readInputs(call, schema, okStatus, inputsUpTo(call.settings.maxAssociationInputs));
  if (read.kind === 'reply') return read;
  const inputs = read.inputs.flatMap((input) => readLink(input, direction));
  const unknown = inputs.flatMap(({ types }) => ('kind' in types ? types : []));
  const [first] = unknown;
  if (first) call.violate('unknown-association-type');
  if (first && call.settings.unknownTypesInBatch === 'whole-batch')
    return { kind: 'reply', reply: refusalReply(first) };
  return { kind: 'batch', direction, inputs };
}

/** An entry of `errors`: it names the object or the type, not the input. */
const linkErrorEntry = (refusal: Refusal): ErrorEntry => ({
  ...errorEntry(refusal, {}),
  context: refusal.context ?? {},
});
