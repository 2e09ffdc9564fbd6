import { crc32 } from 'node:zlib';
import { UnreadableItemError } from '../operations/attribute-values.ts';
import type { Fence, Prints } from './contact-ledger.ts';

/** Tells a value from others that the same property had, without keeping it: 32 bits, in up to seven letters and digits. */
export const printOf = (value: string): string => crc32(value).toString(36);

/** Prints of values that a property got, the newest first; none where none are kept. */
export const printsIn = (prints: string | undefined): readonly string[] => prints?.split(' ') ?? [];

/** The prints of several contacts' values for one property, once they are one: which of the values HubSpot has kept is for a person to say. */
export const joinPrints = (newestFirst: readonly string[]): string =>
  [...new Set(newestFirst)].slice(0, MOST_PRINTS).join(' ');

/** HubSpot merges two contacts at a time, and what was written last is asked for first. */
const MOST_PRINTS = 3;

/**
 * Of the prints before and those of a settlement, for each property the one that belongs to the newer order key; where both belong to the same one,
 * those that tell of more values.
 */
export function raisePrints(
  before: { readonly fence: Fence; readonly prints: Prints },
  by: { readonly fence: Fence; readonly prints?: Prints },
  raised: Fence,
): Prints {
  const prints = new Map<string, string>();
  for (const [property, key] of raised) {
    const own = key === before.fence.get(property) ? before.prints.get(property) : undefined;
    const news = key === by.fence.get(property) ? by.prints?.get(property) : undefined;
    const print = printsIn(news).length >= printsIn(own).length ? news : own;
    if (print !== undefined) prints.set(property, print);
  }
  return prints;
}

/** Prints as one text, e.g. `{"city":"1x9k2p3"}`; empty for none. */
export const compactPrints = (prints: Prints): string =>
  prints.size === 0 ? '' : JSON.stringify(Object.fromEntries(prints));

/** Reads it back; throws `UnreadableItemError` for what `compactPrints` did not write. */
export function parsePrints(compact: string): Prints {
  if (compact === '') return new Map();
  const prints = Object.entries(parseJson(compact) ?? {});
  if (!prints.every((each): each is [string, string] => typeof each[1] === 'string'))
    throw new UnreadableItemError('prints');
  return new Map(prints);
}

function parseJson(compact: string): unknown {
  try {
    return JSON.parse(compact);
  } catch {
    throw new UnreadableItemError('prints');
  }
}
