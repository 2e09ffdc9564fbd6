import { gunzipSync, gzipSync } from 'node:zlib';
import { type EpochMs, epochMs } from '../runtime/units.ts';
import {
  type PortalDefinitions,
  type PropertyDefinition,
  STAGE_PROPERTY,
  VALUE_KINDS,
} from './property-definitions.ts';

/** A DynamoDB item has 400 KB (DynamoDB guide, quotas); what is left is for its key and its other attributes. */
const MAX_PACKED_BYTES = 350 * 1024;

/** Name, place of the kind in `VALUE_KINDS`, 1 for read-only + 2 for unique, options where they are known. */
type PackedProperty = readonly [string, number, number, (readonly string[])?];
const READ_ONLY = 1;
const UNIQUE = 2;

/**
 * Definitions as few bytes: a portal of a thousand properties takes about 20 KB, a tenth of its JSON. Where they would not fit into
 * `most` bytes, the longest lists of options are left out, and any value of those properties passes; the stages stay.
 */
export function packDefinitions({ properties }: PortalDefinitions, most = MAX_PACKED_BYTES): Uint8Array {
  const packed = [...properties].map(packProperty);
  const longest = packed
    .filter(([name, , , options]) => options !== undefined && name !== STAGE_PROPERTY)
    .map(([name, , , options]) => ({ name, length: JSON.stringify(options).length }))
    .sort((one, other) => other.length - one.length);
  let bytes = compress(packed);
  for (let left = 1; bytes.length > most && left < 2 * longest.length; left *= 2) {
    const without = new Set(longest.slice(0, left).map(({ name }) => name));
    bytes = compress(packed.map((each) => (without.has(each[0]) ? ([each[0], each[1], each[2]] as const) : each)));
  }
  return bytes;
}

/** Reads what `packDefinitions` made; throws on anything else. */
export function unpackDefinitions(bytes: Uint8Array, readAt: EpochMs): PortalDefinitions {
  const packed: readonly PackedProperty[] = JSON.parse(gunzipSync(bytes).toString('utf8'));
  return { readAt: epochMs(readAt), properties: new Map(packed.map((each) => [each[0], unpackProperty(each)])) };
}

const compress = (packed: readonly PackedProperty[]): Uint8Array => gzipSync(JSON.stringify(packed));

function packProperty([name, definition]: readonly [string, PropertyDefinition]): PackedProperty {
  const { kind, isReadOnly, isUnique, options } = definition;
  const flags = (isReadOnly ? READ_ONLY : 0) + (isUnique ? UNIQUE : 0);
  const common = [name, VALUE_KINDS.indexOf(kind), flags] as const;
  return options === undefined ? common : [...common, options];
}

function unpackProperty([, kind, flags, options]: PackedProperty): PropertyDefinition {
  return {
    kind: VALUE_KINDS[kind] ?? 'other',
    isReadOnly: (flags & READ_ONLY) !== 0,
    isUnique: (flags & UNIQUE) !== 0,
    ...(options !== undefined && { options }),
  };
}
