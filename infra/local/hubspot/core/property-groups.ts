import { z } from 'zod';
import type { Call } from './call.ts';
import { parseBody } from './parse-body.ts';
import type { PropertyGroup } from './property-definitions.ts';
import { failure, json, noContent, type Reply } from './wire.ts';

const newGroup = z.object({ name: z.string().min(1), label: z.string(), displayOrder: z.int().nullish() });
const groupChange = newGroup.omit({ name: true }).partial();

const groupView = (group: PropertyGroup): object => ({ ...group, archived: false });

/** GET /crm/v3/properties/contacts/groups. */
export function listGroups(call: Call): Reply {
  return json(200, { results: [...call.store.groups.values()].map(groupView) });
}

/** GET /crm/v3/properties/contacts/groups/{name}. */
export function readGroup(call: Call): Reply {
  const group = call.store.groups.get(call.target);
  return group ? json(200, groupView(group)) : noGroup(call.target);
}

/** POST /crm/v3/properties/contacts/groups. */
export function createGroup(call: Call): Reply {
  const body = parseBody(call, newGroup);
  if (body.kind === 'reply') return body.reply;
  const { name, label, displayOrder } = body.value;
  if (call.store.groups.has(name)) {
    return failure(409, { message: `A group named '${name}' already exists.`, category: 'OBJECT_ALREADY_EXISTS' });
  }
  return store(call, 201, { name, label, displayOrder: displayOrder ?? -1 });
}

/** PATCH /crm/v3/properties/contacts/groups/{name}. */
export function updateGroup(call: Call): Reply {
  const body = parseBody(call, groupChange);
  if (body.kind === 'reply') return body.reply;
  const before = call.store.groups.get(call.target);
  if (!before) return noGroup(call.target);
  const { label, displayOrder } = body.value;
  return store(call, 200, {
    name: before.name,
    label: label ?? before.label,
    displayOrder: displayOrder ?? before.displayOrder,
  });
}

/** DELETE /crm/v3/properties/contacts/groups/{name}: an empty one. */
export function archiveGroup(call: Call): Reply {
  if (!call.store.groups.has(call.target)) return noGroup(call.target);
  if ([...call.store.definitions.values()].some(({ groupName }) => groupName === call.target)) {
    return failure(400, { message: `Group ${call.target} still has properties`, category: 'VALIDATION_ERROR' });
  }
  call.commit([{ kind: 'group-archived', name: call.target }]);
  return noContent;
}

function store(call: Call, status: number, group: PropertyGroup): Reply {
  call.commit([{ kind: 'group-defined', group }]);
  return json(status, groupView(group));
}

const noGroup = (name: string): Reply =>
  failure(404, { message: `Group ${name} does not exist`, category: 'OBJECT_NOT_FOUND' });
