import { z } from 'zod';
import { batchReply, readInputs } from './batch.ts';
import type { Call } from './call.ts';
import type { Change } from './contact-store.ts';
import { draftProperty } from './draft-property.ts';
import { parseBody, propertyBody } from './parse-body.ts';
import { definitionView, type PropertyDefinition } from './property-definitions.ts';
import { type ErrorEntry, errorEntry } from './refusal.ts';
import { noContent, type Reply } from './wire.ts';

const nameInput = z.object({ name: z.string() });
const archivedFlag = z.object({ archived: z.boolean().nullish() });

/** POST /crm/v3/properties/contacts/batch/create: each for itself. */
export function batchCreateProperties(call: Call): Reply {
  const read = readInputs(call, propertyBody, 201);
  if (read.kind === 'reply') return read.reply;
  const added: PropertyDefinition[] = [];
  const errors: ErrorEntry[] = [];
  for (const input of read.inputs) {
    const draft = draftProperty(call, input, added);
    if (draft.kind === 'drafted') added.push(draft.definition);
    else errors.push({ ...errorEntry(draft, {}), context: { name: [input.name] } });
  }
  call.commit(added.map((definition) => ({ kind: 'property-defined', definition })));
  return batchReply(call, 201, added.map(definitionView), errors);
}

/** POST /crm/v3/properties/contacts/batch/read. */
export function batchReadProperties(call: Call): Reply {
  const body = parseBody(call, archivedFlag);
  if (body.kind === 'reply') return body.reply;
  const read = readInputs(call, nameInput, 200);
  if (read.kind === 'reply') return read.reply;
  const { definitions, archivedDefinitions } = call.store;
  const shown = body.value.archived ? archivedDefinitions : definitions;
  const names = [...new Set(read.inputs.map(({ name }) => name))];
  const missing = names.filter((name) => !shown.has(name));
  return batchReply(
    call,
    200,
    names.flatMap((name) => shown.get(name) ?? []).map(definitionView),
    missing.map((name) => ({
      status: 'error',
      category: 'OBJECT_NOT_FOUND',
      message: `Property ${name} does not exist`,
      context: { name: [name] },
    })),
  );
}

/** POST /crm/v3/properties/contacts/batch/archive: 204 whatever was there before. */
export function batchArchiveProperties(call: Call): Reply {
  const read = readInputs(call, nameInput, 204);
  if (read.kind === 'reply') return read.reply;
  const changes = read.inputs.flatMap(({ name }): Change[] => {
    const definition = call.store.definitions.get(name);
    if (!definition || definition.hubspotDefined) return [];
    return [{ kind: 'property-defined', definition: { ...definition, archivedAt: call.now } }];
  });
  if (changes.length > 0) call.commit(changes);
  return noContent;
}
