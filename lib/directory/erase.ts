import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { hasHeld } from '../operations/answer-if-held.ts';
import { type Item, number, text } from '../operations/attribute-values.ts';
import { after, toEpochSeconds } from '../runtime/units.ts';
import { type Change, closeLease } from './close-lease.ts';
import { compactFence } from './compact-fence.ts';
import { ERASED, type Erasure, isNameOfId, type LedgerName, nameOfId, timeOf } from './contact-ledger.ts';
import { ERASURES_LAST, floorKey, makeSecret } from './erasure-items.ts';
import { knownId, type OpenLease, openLeaseOf } from './ledger-item.ts';
import { itemKey, type LedgerTable, readItem } from './ledger-table.ts';
import type { OpenLeases } from './open-leases.ts';

/**
 * Erases what is known of a person, in an order in which a crash at any point loses no floor:
 *
 *     floors under hashes      former homes' lists      pointers      the home itself, if its lease is still ours
 *     |------------------------|------------------------|-------------|----
 *
 * An id says nothing of a person whom HubSpot has deleted: its item stays where it is, with the floor alone, until it expires. Whoever
 * took the lease of a home that is gone meets a new item with a bare fence, and asks for the floor (`recallErasures`).
 */
export async function erase(ledger: LedgerTable, leases: OpenLeases, erasure: Erasure): Promise<boolean> {
  const { name, owner } = erasure;
  const item = await readItem(ledger, name);
  const lease = openLeaseOf(item ?? {}, owner);
  if (item !== undefined && lease === undefined) return false;
  const pointers = await findPointers(ledger, name, item ?? {});
  await raiseFloors(ledger, [name, ...pointers.keys()], erasure);
  await strikeFromFormerHomes(ledger, new Map([[name, { to: name, homes: homesOf(item) }], ...pointers]));
  await Promise.all([...pointers].map(([each, { to }]) => erasePointer(ledger, each, to, erasure)));
  // Gone already: by a try of our own whose answer was lost.
  if (lease === undefined) return true;
  if (isNameOfId(name)) return closeLease(ledger, leases, name, owner, () => onlyFloor(erasure));
  leases.forget(name, owner);
  return eraseHome(ledger, name, owner, lease);
}

interface Pointer {
  readonly to: LedgerName;
  /** Whose lists it is in; none when it leads elsewhere by now, since it is left alone then. */
  readonly homes: readonly LedgerName[];
}

/**
 * The names that lead to a home, by way of others too, where each points to, and the homes that know it. One that was a home itself has
 * pointers of its own.
 */
async function findPointers(
  ledger: LedgerTable,
  home: LedgerName,
  item: Item,
): Promise<ReadonlyMap<LedgerName, Pointer>> {
  const found = new Map<LedgerName, Pointer>();
  let step: readonly (readonly [LedgerName, Item])[] = [[home, item]];
  while (step.length > 0) {
    const pointers = step.flatMap(([to, at]) => namesLeadingTo(at).map((name) => ({ name, to })));
    const next = pointers.filter(({ name }) => name !== home && !found.has(name));
    step = await Promise.all(next.map(async ({ name }) => [name, (await readItem(ledger, name)) ?? {}] as const));
    for (const [n, { name, to }] of next.entries()) {
      const item = step[n]?.[1];
      found.set(name, { to, homes: item?.['home']?.S === to ? homesOf(item) : [] });
    }
  }
  return found;
}

const homesOf = (item: Item | undefined): readonly LedgerName[] => (item?.['homes']?.SS ?? []) as LedgerName[];

/** Homes that are other contacts' know the names no more. What is erased itself keeps its list until then: a crash would lose its pointers. */
async function strikeFromFormerHomes(ledger: LedgerTable, erased: ReadonlyMap<LedgerName, Pointer>): Promise<void> {
  const lists = [...erased].flatMap(([name, { homes }]) => homes.map((home) => ({ name, home })));
  const others = lists.filter(({ home }) => !erased.has(home));
  await Promise.all(others.map(({ name, home }) => strikeFromList(ledger, name, home)));
}

const strikeFromList = ({ client, table }: LedgerTable, name: LedgerName, home: LedgerName): Promise<boolean> =>
  hasHeld(
    client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: itemKey(home),
        UpdateExpression: 'DELETE pointers :names',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':names': { SS: [name] } },
      }),
    ),
  );

const namesLeadingTo = (item: Item): readonly LedgerName[] => {
  const id = knownId(item);
  const pointers = (item['pointers']?.SS ?? []) as LedgerName[];
  return [...new Set(id === undefined ? pointers : [...pointers, nameOfId(id)])];
};

/** Under hashes, for all names but ids. Of two floors the newer stays. */
async function raiseFloors(ledger: LedgerTable, names: readonly LedgerName[], erasure: Erasure): Promise<void> {
  const readable = names.filter((name) => !isNameOfId(name));
  if (readable.length === 0) return;
  const secret = await makeSecret(ledger);
  const expiresAt = expiryOf(erasure);
  await Promise.all(
    readable.map((name) =>
      hasHeld(
        ledger.client.send(
          new UpdateItemCommand({
            TableName: ledger.table,
            Key: floorKey(secret, name),
            UpdateExpression: 'SET #floor=:order,expiresAt=:end',
            ConditionExpression: 'attribute_not_exists(#floor) OR #floor<=:order',
            ExpressionAttributeNames: { '#floor': 'floor' },
            ExpressionAttributeValues: { ':order': text(erasure.order), ':end': expiresAt },
          }),
        ),
      ),
    ),
  );
}

/** Only while it still points to `to`: an id that HubSpot has deleted, or an alias. What points elsewhere by now is left alone. */
async function erasePointer(ledger: LedgerTable, pointer: LedgerName, to: LedgerName, erasure: Erasure): Promise<void> {
  const { client, table } = ledger;
  const common = { TableName: table, Key: itemKey(pointer) };
  const home = { ':home': text(to) };
  if (!isNameOfId(pointer)) {
    const condition = { ConditionExpression: 'home=:home', ExpressionAttributeValues: home };
    await hasHeld(client.send(new DeleteItemCommand({ ...common, ...condition })));
    return;
  }
  await hasHeld(
    client.send(
      new UpdateItemCommand({
        ...common,
        UpdateExpression:
          'SET fence=:fence,expiresAt=:end REMOVE home,id,confirmedAt,createdBy,createdId,stage,prints,archives,astrayUntil,pointers',
        ConditionExpression: 'attribute_not_exists(pk) OR home=:home',
        ExpressionAttributeValues: { ...home, ':fence': text(fenceOf(erasure)), ':end': expiryOf(erasure) },
      }),
    ),
  );
}

/**
 * An item with a live lease is never deleted under its owner:
 *
 *     condition:   leaseOwner = :owner AND leaseCount = :lease      the lease is ours, and the one meant
 */
async function eraseHome(ledger: LedgerTable, name: LedgerName, owner: string, lease: OpenLease): Promise<boolean> {
  const isErased = await hasHeld(
    ledger.client.send(
      new DeleteItemCommand({
        TableName: ledger.table,
        Key: itemKey(name),
        ConditionExpression: 'leaseOwner=:owner AND leaseCount=:lease',
        ExpressionAttributeValues: { ':owner': text(owner), ':lease': number(lease.number) },
      }),
    ),
  );
  // Refused where nothing is left: the first of the SDK's tries was carried out, and its answer lost.
  return isErased || (await readItem(ledger, name)) === undefined;
}

/** What is left of the home of a contact that had no e-mail. */
const onlyFloor = (erasure: Erasure): Change => ({
  fence: text(fenceOf(erasure)),
  expiresAt: expiryOf(erasure),
  id: undefined,
  confirmedAt: undefined,
  createdBy: undefined,
  createdId: undefined,
  stage: undefined,
  prints: undefined,
  archives: undefined,
  astrayUntil: undefined,
  pointers: undefined,
});

const fenceOf = ({ order }: Erasure): string => compactFence(new Map([[ERASED, order]]));

/** Counted from the deletion: what comes for the person afterwards prolongs nothing. */
const expiryOf = ({ order }: Erasure) => number(toEpochSeconds(after(timeOf(order), ERASURES_LAST)));
