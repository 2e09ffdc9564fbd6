import { type Item, text } from './attribute-values.ts';
import type { Answer } from './outcome.ts';

/** Well below the 400 KB of an item. */
const MAX_ITEM_BYTES = 300 * 1024;
const ATTRIBUTE = /^a(\d+)$/;

/** Some answers of an operation, as the attributes of one item. */
export interface AnswerItem {
  readonly firstIndex: number;
  readonly attributes: Item;
}

/**
 * Spreads answers over as few items as hold them. One that no item holds is left out: its caller then gets the outcome without the
 * contact's properties.
 */
export function packAnswers(answers: readonly Answer[]): readonly AnswerItem[] {
  const items: { firstIndex: number; attributes: Item; bytes: number }[] = [];
  for (const { index, body } of answers) {
    const json = JSON.stringify(body);
    const bytes = Buffer.byteLength(json) + 8;
    if (bytes > MAX_ITEM_BYTES) continue;
    const open = items.at(-1);
    if (open === undefined || open.bytes + bytes > MAX_ITEM_BYTES) {
      items.push({ firstIndex: index, attributes: { [`a${index}`]: text(json) }, bytes });
    } else {
      open.attributes[`a${index}`] = text(json);
      open.bytes += bytes;
    }
  }
  return items;
}

/** Reads answers back, in order of index. A write that was settled twice may have two: they are the same. */
export function parseAnswers(items: readonly Item[]): readonly Answer[] {
  const byIndex = new Map<number, Answer>();
  for (const item of items) {
    for (const [name, value] of Object.entries(item)) {
      const index = Number(ATTRIBUTE.exec(name)?.[1] ?? Number.NaN);
      if (!Number.isNaN(index) && value.S !== undefined) byIndex.set(index, { index, body: JSON.parse(value.S) });
    }
  }
  return [...byIndex.values()].sort((a, b) => a.index - b.index);
}
