import { UpdateItemCommand, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { answerIfHeld, hasHeld } from '../operations/answer-if-held.ts';
import { type Item, number, readOptionalNumber, text } from '../operations/attribute-values.ts';
import { after, type EpochMs, toEpochSeconds } from '../runtime/units.ts';
import { closeLease, planRelease, planSettlement } from './close-lease.ts';
import {
  type Acquisition,
  type ContactLedger,
  isNameOfId,
  type LedgerName,
  type PointerNote,
} from './contact-ledger.ts';
import { erase } from './erase.ts';
import { ERASURES_LAST } from './erasure-items.ts';
import { findHints } from './find-hints.ts';
import { doubtIn, isBlank, obstacleTo, parseEntry } from './ledger-item.ts';
import { itemKey, type LedgerTable, readItem } from './ledger-table.ts';
import { createOpenLeases, type OpenLeases } from './open-leases.ts';
import { raiseUnderLease } from './raise-under-lease.ts';
import { recallErasures } from './recall-erasures.ts';

/** A lease may be given back between a refused try and the look at it. After so many rounds the caller had better wait. */
const MAX_ROUNDS = 3;

/**
 * The ledger in DynamoDB, one item a name (`ledger-item.ts` lists its attributes): one write to acquire, one to settle or
 * release; a refusal costs one consistent read more, as does settling a lease that another process acquired. Items expire only
 * when nothing is known of their contact, or long after a lease that was never given back: one that was deleted under a live lease would free
 * it, and there are never more than the portal has contacts.
 * All methods throw when the table cannot be reached, and may then be asked again.
 */
export function createDynamoDbContactLedger(ledger: LedgerTable): ContactLedger {
  const leases = createOpenLeases();
  return {
    findHints: (names, consistency) => findHints(ledger, names, consistency === 'strong'),
    acquire: (name, owner, now, end) => acquire(ledger, leases, name, owner, now, end),
    settle: async (settlement) => {
      if (settlement.home !== undefined) await listPointer(ledger, settlement.name, settlement.home);
      const plan = planSettlement(settlement, ledger.clock.now());
      return closeLease(ledger, leases, settlement.name, settlement.owner, plan);
    },
    raise: (name, owner, fence, note) => raiseUnderLease(ledger, leases, name, owner, fence, note),
    release: (name, owner) => closeLease(ledger, leases, name, owner, planRelease(ledger.clock.now())),
    point: (name, home, note) => point(ledger, name, home, note),
    recallErasures: (names, owner) => recallErasures(ledger, leases, names, owner),
    erase: (erasure) => erase(ledger, leases, erasure),
  };
}

async function acquire(
  ledger: LedgerTable,
  leases: OpenLeases,
  name: LedgerName,
  owner: string,
  now: EpochMs,
  end: EpochMs,
): Promise<Acquisition> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = await takeLease(ledger, name, owner, now, end);
    if (before !== undefined) {
      const entry = parseEntry(name, before);
      const number = (readOptionalNumber(before, 'leaseCount') ?? now) + 1;
      const lease = { number, fence: entry.fence, prints: entry.prints ?? new Map(), isBlank: isBlank(before) };
      leases.remember(name, owner, lease, now, end);
      return { kind: 'acquired', entry, ...doubtIn(before, owner) };
    }
    const obstacle = obstacleTo((await readItem(ledger, name)) ?? {}, owner, now);
    if (obstacle !== undefined) return obstacle;
  }
  // Held by others at every try, and free at every look: it changes hands quickly and can be asked for again at once.
  return { kind: 'held', end: now };
}

/**
 * Takes the lease, and returns the item as it was before, empty when there was none; undefined when the condition failed:
 *
 *     acquire             leaseEnd                       settle or release
 *        |---- A's lease -----|- - - still A's, unreleased - - - -|
 *        |   (held: others    |   (ended: whoever comes takes     |   (free: not in doubt)
 *        |    wait)           |    it, and is in doubt)           |
 *
 *     condition:   attribute_not_exists(home)           the name does not point elsewhere
 *                  AND (attribute_not_exists(leaseOwner)   and its lease is free,
 *                       OR leaseEnd <= :now                or has ended, released or not,
 *                       OR leaseOwner = :owner)            or is our own: a try of ours whose answer was lost
 *
 * Leases are numbered from the time on, so that the lease of an item that was erased and made anew has a number of its own. An item whose
 * lease is never given back expires with the last fence that it may hold: of an erased person, no crash leaves anything for ever.
 *
 * `holders` collects who took the lease since it was last given back. Unlike the former owner alone it still shows, when our own
 * first try has already replaced him, from whom that first try took the lease over.
 */
async function takeLease(
  { client, table }: LedgerTable,
  name: LedgerName,
  owner: string,
  now: EpochMs,
  end: EpochMs,
): Promise<Item | undefined> {
  const answer = await answerIfHeld(
    client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: itemKey(name),
        UpdateExpression:
          'SET leaseOwner=:owner,leaseEnd=:end,leaseCount=if_not_exists(leaseCount,:now)+:one,expiresAt=:expiry ADD holders :holder',
        ConditionExpression:
          'attribute_not_exists(home) AND (attribute_not_exists(leaseOwner) OR leaseEnd<=:now OR leaseOwner=:owner)',
        ExpressionAttributeValues: {
          ':owner': text(owner),
          ':end': number(end),
          ':now': number(now),
          ':one': number(1),
          ':expiry': number(toEpochSeconds(after(end, ERASURES_LAST))),
          ':holder': { SS: [owner] },
        },
        ReturnValues: 'ALL_OLD',
      }),
    ),
  );
  return answer === undefined ? undefined : (answer.Attributes ?? {});
}

/**
 * The home knows its pointers before they are there, and a pointer the homes that know it, also when it leads elsewhere one day: who is erased
 * leaves no name behind, but ids, which say nothing of a person. With pointers a home is not blank, and does not expire.
 */
async function listPointer(ledger: LedgerTable, name: LedgerName, home: LedgerName): Promise<void> {
  if (!isNameOfId(name) && !(await makeWithHome(ledger, name, home)))
    await addTo(ledger, name, { UpdateExpression: 'ADD homes :names' }, home);
  await addTo(ledger, home, { UpdateExpression: 'ADD pointers :names REMOVE expiresAt' }, name);
}

/** A name that nobody knew has an end until it points to the home: should it never come to that, nothing of it stays for ever. */
const makeWithHome = (ledger: LedgerTable, name: LedgerName, home: LedgerName): Promise<boolean> => {
  const end = number(toEpochSeconds(after(ledger.clock.now(), ERASURES_LAST)));
  const update = {
    UpdateExpression: 'SET expiresAt=:end ADD homes :names',
    ConditionExpression: 'attribute_not_exists(pk)',
    ExpressionAttributeValues: { ':end': end },
  };
  return hasHeld(addTo(ledger, name, update, home));
};

const addTo = (
  { client, table }: LedgerTable,
  to: LedgerName,
  { ExpressionAttributeValues, ...update }: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>,
  name: LedgerName,
) =>
  client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: itemKey(to),
      ...update,
      ExpressionAttributeValues: { ...ExpressionAttributeValues, ':names': { SS: [name] } },
    }),
  );

/**
 * Unconditional, and the same when it is repeated. A name of which something is known by now does not expire, whatever its last lease left.
 * A home carries no `home`, so that the condition of `acquire` stays short.
 */
async function point(
  ledger: LedgerTable,
  name: LedgerName,
  home: LedgerName,
  { id, astrayUntil, floor }: PointerNote = {},
): Promise<void> {
  if (name !== home) await listPointer(ledger, name, home);
  const values: Item = {
    ...(name !== home && { home: text(home) }),
    ...(id !== undefined && { id: text(id) }),
    ...(astrayUntil !== undefined && { astrayUntil: number(astrayUntil) }),
  };
  const names = Object.keys(values);
  const assignments = names.length > 0 ? [`SET ${names.map((each) => `${each}=:${each}`).join(',')}`] : [];
  // A set: what is known of an archive stays known, in whatever order they are noted.
  const archives: Item = floor === undefined ? {} : { ':archives': { SS: [floor] } };
  if (floor !== undefined) assignments.push('ADD archives :archives');
  const removals = [...(name === home ? ['home'] : []), ...(assignments.length > 0 ? ['expiresAt'] : [])];
  const attributes = { ...Object.fromEntries(names.map((each) => [`:${each}`, values[each]])), ...archives } as Item;
  await ledger.client.send(
    new UpdateItemCommand({
      TableName: ledger.table,
      Key: itemKey(name),
      UpdateExpression: [...assignments, `REMOVE ${removals.join(',')}`].join(' '),
      ...(Object.keys(attributes).length > 0 && { ExpressionAttributeValues: attributes }),
    }),
  );
}
