import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** An item as DynamoDB's client gives and takes it. */
export type Item = Record<string, AttributeValue>;

/** An item that is not what we wrote: a fault of ours, or somebody else writes to the table. */
export class UnreadableItemError extends Error {
  override name = 'UnreadableItemError';

  constructor(attribute: string) {
    super(`attribute ${attribute} of a stored item is missing or of another type than was written`);
  }
}

export const text = (value: string): AttributeValue => ({ S: value });
export const number = (value: number): AttributeValue => ({ N: String(value) });

export function readText(item: Item, attribute: string): string {
  const value = item[attribute]?.S;
  if (value === undefined) throw new UnreadableItemError(attribute);
  return value;
}

export function readNumber(item: Item, attribute: string): number {
  const value = readOptionalNumber(item, attribute);
  if (value === undefined) throw new UnreadableItemError(attribute);
  return value;
}

export function readOptionalNumber(item: Item, attribute: string): number | undefined {
  const value = item[attribute]?.N;
  return value === undefined ? undefined : Number(value);
}
