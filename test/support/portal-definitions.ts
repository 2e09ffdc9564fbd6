import { definitionView } from '../../infra/local/hubspot/core/property-definitions.ts';
import { standardDefinitions } from '../../infra/local/hubspot/core/standard-properties.ts';
import type { KnownDefinitions } from '../../lib/portal/known-definitions.ts';
import type { PortalDefinitions, PropertyDefinition } from '../../lib/portal/property-definitions.ts';
import { readPropertyList } from '../../lib/portal/read-property-list.ts';
import type { EpochMs } from '../../lib/runtime/units.ts';
import { NOON } from './a-contact-write.ts';

/** A property of the portal: a text that anybody may write, unless said otherwise. */
export const aProperty = (fields: Partial<PropertyDefinition> = {}): PropertyDefinition => ({
  kind: 'text',
  isReadOnly: false,
  isUnique: false,
  ...fields,
});

/** What the relay makes of the simulated portal's own list, and `more`. */
export function thePortal(
  more: Readonly<Record<string, PropertyDefinition>> = {},
  readAt: EpochMs = NOON,
): PortalDefinitions {
  const listed = readPropertyList({ results: standardDefinitions.map(definitionView) });
  if (listed === undefined) throw new Error('the simulated portal lists no properties');
  return { readAt, properties: new Map([...listed, ...Object.entries(more)]) };
}

/** The door knows a portal, or nothing of it. */
export const definitionsOf = (
  known: PortalDefinitions | undefined,
  wish: KnownDefinitions['wish'] = async () => undefined,
): KnownDefinitions => ({ current: async () => known, lastKnown: () => known, wish });
