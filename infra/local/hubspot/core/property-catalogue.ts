import type { PropertyDefinition, PropertyGroup } from './property-definitions.ts';
import { standardDefinitions, standardGroups } from './standard-properties.ts';

/** The properties that contacts can have. */
export interface PropertyCatalogue {
  /** What values can be written to; archived properties are apart. */
  readonly definitions: ReadonlyMap<string, PropertyDefinition>;
  readonly archivedDefinitions: ReadonlyMap<string, PropertyDefinition>;
  /** Names of the custom properties that hold a value once. */
  readonly uniqueProperties: ReadonlySet<string>;
  readonly groups: ReadonlyMap<string, PropertyGroup>;
}

/** A catalogue that can be written to. */
export interface OpenCatalogue extends PropertyCatalogue {
  /** Adds a property, changes one, or with `archivedAt` takes it away. */
  readonly define: (definition: PropertyDefinition) => void;
  readonly defineGroup: (group: PropertyGroup) => void;
  readonly archiveGroup: (name: string) => void;
  /** Back to what every portal has. */
  readonly reset: () => void;
}

/** An empty catalogue: `reset` fills it. */
export function createPropertyCatalogue(): OpenCatalogue {
  const definitions = new Map<string, PropertyDefinition>();
  const archivedDefinitions = new Map<string, PropertyDefinition>();
  const uniqueProperties = new Set<string>();
  const groups = new Map<string, PropertyGroup>();

  const define = (definition: PropertyDefinition) => {
    const { name } = definition;
    if (definition.archivedAt === undefined) {
      archivedDefinitions.delete(name);
      definitions.set(name, definition);
      if (definition.hasUniqueValue) uniqueProperties.add(name);
      return;
    }
    definitions.delete(name);
    archivedDefinitions.set(name, definition);
    uniqueProperties.delete(name);
  };

  const reset = () => {
    for (const part of [definitions, archivedDefinitions, uniqueProperties, groups]) part.clear();
    for (const definition of standardDefinitions) definitions.set(definition.name, definition);
    for (const group of standardGroups) groups.set(group.name, group);
  };

  return {
    definitions,
    archivedDefinitions,
    uniqueProperties,
    groups,
    define,
    defineGroup: (group) => groups.set(group.name, group),
    archiveGroup: (name) => groups.delete(name),
    reset,
  };
}
