import type { EpochMs } from '../runtime/units.ts';

/** What a property's values are, as far as they can be told right from wrong without HubSpot. */
export const VALUE_KINDS = ['text', 'number', 'date', 'datetime', 'option', 'options', 'other'] as const;
/** `options` holds several values with semicolons between; `other` is HubSpot's to judge. */
export type ValueKind = (typeof VALUE_KINDS)[number];

/** One property of the portal's contacts. */
export interface PropertyDefinition {
  readonly kind: ValueKind;
  readonly isReadOnly: boolean;
  /** The portal holds each value once: the property can name a contact. */
  readonly isUnique: boolean;
  /** The values that an enumeration has, in HubSpot's order; absent where they are not known, and any may do. */
  readonly options?: readonly string[];
}

/** What the portal's contacts are made of, as HubSpot told. */
export interface PortalDefinitions {
  /** When HubSpot was asked. */
  readonly readAt: EpochMs;
  /** By HubSpot's internal name. */
  readonly properties: ReadonlyMap<string, PropertyDefinition>;
}

/** The property of which HubSpot heeds the order of its options: a contact's stage only goes forward. */
export const STAGE_PROPERTY = 'lifecyclestage';

/** The portal's lifecycle stages, first to last; empty when they are not known. */
export const stagesInOrder = ({ properties }: PortalDefinitions): readonly string[] =>
  properties.get(STAGE_PROPERTY)?.options ?? [];

/** The properties that may name a contact, `email` and the record id not counted; those that can be `written`, or all. */
export const uniquePropertiesOf = ({ properties }: PortalDefinitions, written: boolean): readonly string[] =>
  [...properties].flatMap(([name, { isUnique, isReadOnly }]) => (isUnique && !(written && isReadOnly) ? [name] : []));
