import type { Call } from './call.ts';
import { draftProperty, draftPropertyChange, type PropertyDraft } from './draft-property.ts';
import { parseBody, propertyBody, propertyChange } from './parse-body.ts';
import { definitionView } from './property-definitions.ts';
import { type Refusal, refusalReply } from './refusal.ts';
import { failure, json, noContent, type Reply } from './wire.ts';

/** GET /crm/v3/properties/contacts?archived=. Each kind of sensitivity is listed by itself; this portal has no sensitive ones. */
export function listProperties(call: Call): Reply {
  if ((call.query.get('dataSensitivity') ?? 'non_sensitive') !== 'non_sensitive') return json(200, { results: [] });
  return json(200, { results: [...shownDefinitions(call).values()].map(definitionView) });
}

/** GET /crm/v3/properties/contacts/{name}?archived=. */
export function readPropertyDefinition(call: Call): Reply {
  const definition = shownDefinitions(call).get(call.target);
  return definition ? json(200, definitionView(definition)) : noProperty(call.target);
}

/** POST /crm/v3/properties/contacts. */
export function createProperty(call: Call): Reply {
  const body = parseBody(call, propertyBody);
  return body.kind === 'reply' ? body.reply : store(call, 201, draftProperty(call, body.value, []));
}

/** PATCH /crm/v3/properties/contacts/{name}. */
export function updateProperty(call: Call): Reply {
  const body = parseBody(call, propertyChange);
  if (body.kind === 'reply') return body.reply;
  const before = call.store.definitions.get(call.target);
  return before ? store(call, 200, draftPropertyChange(call, before, body.value)) : noProperty(call.target);
}

/** DELETE /crm/v3/properties/contacts/{name}: archives it; HubSpot's own ones stay. */
export function archiveProperty(call: Call): Reply {
  const definition = call.store.definitions.get(call.target);
  if (!definition) return call.settings.archiveUnknownProperty === 'ok' ? noContent : noProperty(call.target);
  if (definition.hubspotDefined) {
    return failure(400, { message: `${definition.name} cannot be archived`, category: 'VALIDATION_ERROR' });
  }
  call.commit([{ kind: 'property-defined', definition: { ...definition, archivedAt: call.now } }]);
  return noContent;
}

const shownDefinitions = ({ query, store: { definitions, archivedDefinitions } }: Call) =>
  query.get('archived') === 'true' ? archivedDefinitions : definitions;

function store(call: Call, status: number, draft: PropertyDraft | Refusal): Reply {
  if (draft.kind === 'refused') return refusalReply(draft);
  call.commit([{ kind: 'property-defined', definition: draft.definition }]);
  return json(status, definitionView(draft.definition));
}

const noProperty = (name: string): Reply =>
  failure(404, { message: `Property ${name} does not exist`, category: 'OBJECT_NOT_FOUND' });
