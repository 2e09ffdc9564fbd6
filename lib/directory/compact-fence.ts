import { UnreadableItemError } from '../operations/attribute-values.ts';
import { type DurationMs, days, type EpochMs, milliseconds } from '../runtime/units.ts';
import { type Fence, isLinkName, type OrderKey } from './contact-ledger.ts';

/**
 * A write is delivered for 30 days after its acceptance at most, and its own time lies 30 days before that at most: fences outlive both, so that
 * it can still be compared (delivery rules 22 and 23).
 */
export const FENCE_HORIZON: DurationMs = milliseconds(-days(61));

/** An order key begins with its time in so many digits. */
const TIME_DIGITS = 13;

/**
 * A fence as one text, e.g. `[["1795435200000#01KA…","firstname","lastname"]]`: each order key once, before the properties that
 * it wrote. One write mostly sets many properties, so that this is less than half as long as a key for each property, and
 * DynamoDB bills an item by its length. Empty text for an empty fence.
 */
export function compactFence(fence: Fence): string {
  if (fence.size === 0) return '';
  const groups = new Map<OrderKey, string[]>();
  for (const [property, key] of fence) {
    const properties = groups.get(key);
    if (properties === undefined) groups.set(key, [property]);
    else properties.push(property);
  }
  return JSON.stringify([...groups].map(([key, properties]) => [key, ...properties]));
}

/** Reads it back; throws `UnreadableItemError` for what `compactFence` did not write. */
export function parseFence(compact: string): Fence {
  const fence = new Map<string, OrderKey>();
  if (compact === '') return fence;
  for (const [key, ...properties] of parseGroups(compact)) {
    for (const property of properties) fence.set(property, key as OrderKey);
  }
  return fence;
}

function parseGroups(compact: string): readonly (readonly string[])[] {
  const groups = parseJson(compact);
  if (!Array.isArray(groups) || !groups.every(isTexts)) throw new UnreadableItemError('fence');
  return groups;
}

function parseJson(compact: string): unknown {
  try {
    return JSON.parse(compact);
  } catch {
    throw new UnreadableItemError('fence');
  }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((member) => typeof member === 'string');

/**
 * The fence after a settlement: of two order keys for one property the newer stays. What is older than `horizon` goes: no write that
 * old is delivered any more, so nothing is compared with it (delivery rule 23).
 */
export function raiseFence(before: Fence, by: Fence, horizon: EpochMs): Fence {
  const oldest = String(Math.max(horizon, 0)).padStart(TIME_DIGITS, '0');
  const raised = new Map(before);
  for (const [property, key] of by) if (key > (raised.get(property) ?? '')) raised.set(property, key);
  for (const [property, key] of raised) if (key < oldest) raised.delete(property);
  forgetOldestLinks(raised);
  return raised;
}

/** A contact may have thousands of associations, and an item of DynamoDB's 400 KB: 2,000 names of about 75 bytes take 150. */
const MOST_LINKS = 2_000;

/** Properties have an end, and are kept; of associations those that were written longest ago go. */
function forgetOldestLinks(fence: Map<string, OrderKey>): void {
  if (fence.size <= MOST_LINKS) return;
  const links = [...fence].filter(([name]) => isLinkName(name));
  const oldestFirst = links.sort(([, a], [, b]) => (a < b ? -1 : 1));
  for (const [name] of oldestFirst.slice(0, Math.max(0, links.length - MOST_LINKS))) fence.delete(name);
}
