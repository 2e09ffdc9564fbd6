import type { Association } from './contact.ts';
import type { RawAssociations } from './parse-body.ts';
import { invalid, type Refusal } from './refusal.ts';

/** Association types that HubSpot defines for contacts: type id -> other object, and its name in v3 answers. */
const definedTypes: ReadonlyMap<number, { readonly toType: string; readonly label: string }> = new Map([
  [1, { toType: 'companies', label: 'contact_to_company' }],
  [279, { toType: 'companies', label: 'contact_to_company_unlabeled' }],
  [4, { toType: 'deals', label: 'contact_to_deal' }],
  [15, { toType: 'tickets', label: 'contact_to_ticket' }],
]);

const categories = ['HUBSPOT_DEFINED', 'USER_DEFINED', 'INTEGRATOR_DEFINED', 'WORK'];

/** What a create asks to be linked; the other object is taken to exist, as the simulator keeps contacts only. */
export function readAssociations(raw: RawAssociations): readonly Association[] | Refusal {
  const associations: Association[] = [];
  for (const { to, types } of raw) {
    for (const { associationCategory: category, associationTypeId: typeId } of types) {
      if (!categories.includes(category)) return invalid(`${category} is not a valid association category`);
      const defined = definedTypes.get(typeId);
      if (!defined) return invalid(`No association type with id ${typeId} exists from contacts`);
      if (!/^\d+$/.test(to.id)) return invalid(`${to.id} is not a valid object id`);
      associations.push({ toType: defined.toType, toId: to.id, category, typeId });
    }
  }
  return associations;
}

/** `associations` of a GET: per asked-for object type what is linked; types without links are left out. */
export function associationsView(associations: readonly Association[], asked: readonly string[]): object | undefined {
  const shown = asked.flatMap((toType) => {
    const results = associations
      .filter((each) => each.toType === toType || `${toType}s` === each.toType)
      .map((each) => ({ id: each.toId, type: definedTypes.get(each.typeId)?.label ?? 'contact_to_object' }));
    return results.length > 0 ? [[toType, { results }] as const] : [];
  });
  return shown.length > 0 ? Object.fromEntries(shown) : undefined;
}
