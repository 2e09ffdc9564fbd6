import type { Call } from './call.ts';
import { parseBody, propertyBody } from './parse-body.ts';
import { definitionView } from './property-definitions.ts';
import { failure, json, type Reply } from './wire.ts';

/** Unique properties that HubSpot allows per object type. */
const MAX_UNIQUE = 10;

/** GET /crm/v3/properties/contacts. Each kind of sensitivity is listed by itself; this portal has no sensitive ones. */
export function listProperties(call: Call): Reply {
  if ((call.query.get('dataSensitivity') ?? 'non_sensitive') !== 'non_sensitive') return json(200, { results: [] });
  return json(200, { results: [...call.store.definitions.values()].map(definitionView) });
}

/** GET /crm/v3/properties/contacts/{name}. */
export function readPropertyDefinition(call: Call): Reply {
  const definition = call.store.definitions.get(call.target);
  if (definition) return json(200, definitionView(definition));
  return failure(404, { message: `Property ${call.target} does not exist`, category: 'OBJECT_NOT_FOUND' });
}

/** POST /crm/v3/properties/contacts: a custom property; unique ones only as new ones, and ten at most. */
export function createProperty(call: Call): Reply {
  const body = parseBody(call, propertyBody);
  if (body.kind === 'reply') return body.reply;
  const { name, label, type, fieldType, groupName, description = '' } = body.value;
  const hasUniqueValue = body.value.hasUniqueValue ?? false;
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    return failure(400, { message: `${name} is not a valid property name`, category: 'VALIDATION_ERROR' });
  }
  if (call.store.definitions.has(name)) {
    return failure(409, { message: `A property named '${name}' already exists.`, category: 'OBJECT_ALREADY_EXISTS' });
  }
  const unique = [...call.store.definitions.values()].filter((each) => each.hasUniqueValue && !each.readOnly);
  if (hasUniqueValue && unique.length >= MAX_UNIQUE) {
    return failure(400, { message: `No more than ${MAX_UNIQUE} unique properties`, category: 'VALIDATION_ERROR' });
  }
  const options = (body.value.options ?? []).map((option, index) => ({
    label: option.label,
    value: option.value,
    displayOrder: option.displayOrder ?? index,
    hidden: option.hidden ?? false,
  }));
  const definition = {
    name,
    label,
    description,
    type,
    fieldType,
    groupName,
    options,
    hasUniqueValue,
    readOnly: false,
    hubspotDefined: false,
    createdAt: call.now,
  };
  call.commit([{ kind: 'property-defined', definition }]);
  return json(201, definitionView(definition));
}
