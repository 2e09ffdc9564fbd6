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
 *     floors under hashes      lists of others      pointers      the home itself, if its lease is still ours
 *     |------------------------|--------------------|-------------|----
 *
 * An id says nothing of a person whom HubSpot has deleted: its item stays where it is, with the floor alone, until it expires. Whoever
 * took the lease of a home that is gone meets a new item with a bare fence, and asks for the floor (`recallErasures`).
 */
export async function erase(ledger: LedgerTable, leases: OpenLeases, erasure: Erasure): Promise<boolean> {
  const { name, owner } = erasure;
  const item = await readItem(ledger, name);
  const lease = openLeaseOf(item ?? {}, owner);
  if (item !== undefined && lease === undefined) return false;
  const { steps, elsewhere } = await findPointers(ledger, name, item ?? {});
  const erased = new Map([[name, { to: name, homes: homesOf(item) }], ...steps.flatMap((step) => [...step])]);
  await raiseFloors(ledger, [...erased.keys()], erasure);
  await strikeFromFormerHomes(ledger, erased);
  await Promise.all(elsewhere.map(([each, home]) => strike(ledger, each, 'homes', home)));
  // The farthest first: they are found by way of the others.
  for (const step of [...steps].reverse())
    await Promise.all([...step].map(([each, { to }]) => erasePointer(ledger, each, to, erasure)));
  // Gone already: by a try of our own whose answer was lost.
  if (lease === undefined) return true;
  if (isNameOfId(name)) return closeLease(ledger, leases, name, owner, () => onlyFloor(erasure));
  leases.forget(name, owner);
  return eraseHome(ledger, name, owner, lease);
}

interface Pointer {
  readonly to: LedgerName;
  /** Whose lists it is in. */
  readonly homes: readonly LedgerName[];
}

interface Found {
  /** The names that lead to a home, nearest first: by way of others, one that was a home itself has pointers of its own. */
  readonly steps: readonly ReadonlyMap<LedgerName, Pointer>[];
  /** Names in the list of another that lead elsewhere by now, each with that other: they are left alone, and all that leads to them. */
  readonly elsewhere: readonly (readonly [name: LedgerName, listedAt: LedgerName])[];
}

/** The names that lead to a home, where each points to, and the homes that know it. One that is gone may have been a pointer. */
async function findPointers(ledger: LedgerTable, home: LedgerName, item: Item): Promise<Found> {
  const seen = new Set([home]);
  const steps: ReadonlyMap<LedgerName, Pointer>[] = [];
  const elsewhere: [LedgerName, LedgerName][] = [];
  let step: readonly (readonly [LedgerName, Item])[] = [[home, item]];
  while (step.length > 0) {
    const listed = step.flatMap(([to, at]) => namesLeadingTo(at).map((name) => ({ name, to })));
    const next = listed.filter(({ name }) => !seen.has(name));
    const read = await Promise.all(
      next.map(async ({ name, to }) => ({ name, to, item: await readItem(ledger, name) })),
    );
    const leading = read.filter(({ item: at, to }) => at === undefined || at['home']?.S === to);
    for (const { name, to, item: at } of read) if (at !== undefined && at['home']?.S !== to) elsewhere.push([name, to]);
    for (const { name } of leading) seen.add(name);
    if (leading.length > 0)
      steps.push(new Map(leading.map(({ name, to, item: at }) => [name, { to, homes: homesOf(at) }])));
    step = leading.map(({ name, item: at = {} }) => [name, at]);
  }
  return { steps, elsewhere: elsewhere.filter(([name]) => !seen.has(name)) };
}

const homesOf = (item: Item | undefined): readonly LedgerName[] => (item?.['homes']?.SS ?? []) as LedgerName[];

/** Homes that are other contacts' know the names no more. What is erased itself keeps its list until then: a crash would lose its pointers. */
async function strikeFromFormerHomes(ledger: LedgerTable, erased: ReadonlyMap<LedgerName, Pointer>): Promise<void> {
  const lists = [...erased].flatMap(([name, { homes }]) => homes.map((home) => ({ name, home })));
  const others = lists.filter(({ home }) => !erased.has(home));
  await Promise.all(others.map(({ name, home }) => strike(ledger, home, 'pointers', name)));
}

const strike = (
  { client, table }: LedgerTable,
  from: LedgerName,
  list: 'pointers' | 'homes',
  name: LedgerName,
): Promise<boolean> =>
  hasHeld(
    client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: itemKey(from),
        UpdateExpression: `DELETE ${list} :names`,
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
