import type { FaultList } from './fault.ts';
import type { ContactDraft, ParsingContext } from './parse-contact-request.ts';
import { parseTarget } from './parse-target.ts';

/**
 * Parses `{objectId, idProperty?}`. Its place in the order of writes is that of its acceptance: a time of its own would leave data of the
 * person behind.
 */
export function parseGdprDelete(
  body: Readonly<Record<string, unknown>>,
  { uniqueProperties }: ParsingContext,
  faults: FaultList,
): ContactDraft {
  const given = { id: body['objectId'], idProperty: body['idProperty'] };
  const target = parseTarget('gdpr-delete', given, uniqueProperties, {}, faults, { idField: 'objectId' });
  return { index: 0, properties: {}, ...target };
}
