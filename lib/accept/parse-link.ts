import { type AssociationType, type Link, objectTypeOf } from '../operations/link.ts';
import { type FaultList, faultAt } from './fault.ts';
import type { LinkRoute } from './link-route.ts';
import { parseAssociationType } from './parse-associations.ts';
import type { ContactDraft } from './parse-contact-request.ts';
import { RECORD_ID } from './parse-target.ts';

/** HubSpot's names of object types: `companies`, `0-2`, `2-3453932`, `p_cars`, `p12345_cars`. */
const OBJECT_TYPE = /^[a-z0-9][a-z0-9_-]{0,59}$/i;
const TYPE_ID = /^[1-9]\d{0,9}$/;

/** An associate or dissociate as path and body say it. All that is wrong with it is added to `faults`. */
export function parseLink(id: string, route: LinkRoute, body: unknown, faults: FaultList): ContactDraft {
  const refuse = (field: string, code: string, what: string) =>
    faults.add(faultAt({}, field, code, (path) => `${path} must be ${what}`));
  if (!RECORD_ID.test(id))
    refuse('id', 'INVALID_ID', 'the record id of a contact (digits): associations know no e-mails');
  if (!OBJECT_TYPE.test(route.toType)) refuse('toObjectType', 'INVALID_OBJECT_TYPE', 'the name of an object type');
  if (!RECORD_ID.test(route.toId)) refuse('toObjectId', 'INVALID_ID', 'a record id (digits)');
  const types = parseTypes(route, body, faults);
  const link: Link = {
    toType: objectTypeOf(route.toType),
    toId: route.toId,
    ...(types !== undefined && { types }),
  };
  return { index: 0, id, properties: {}, link };
}

function parseTypes(route: LinkRoute, body: unknown, faults: FaultList): readonly AssociationType[] | undefined {
  if (route.form === 'typed') {
    if (TYPE_ID.test(route.typeId ?? ''))
      return [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: Number(route.typeId) }];
    const fault = (path: string) => `${path} must be the id of an association type (digits)`;
    faults.add(faultAt({}, 'associationTypeId', 'INVALID_ASSOCIATION_TYPE', fault));
    return [];
  }
  if (route.form !== 'labelled') return undefined;
  if (!Array.isArray(body) || body.length === 0) {
    const shape = '[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":279}]';
    faults.add({ code: 'INVALID_BODY', message: `the body must be a list such as ${shape}`, in: 'types' });
    return [];
  }
  return body.flatMap(
    (entry: unknown, position) => parseAssociationType(entry, {}, `types[${position}]`, faults) ?? [],
  );
}
