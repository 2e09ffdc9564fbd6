import type { BenchOperation, BenchWrite } from './bench-operation.ts';

/** A contact of a plain size; `tag` and `number` make its e-mail unique. */
export function benchContact(tag: string, number: number) {
  return {
    email: `${tag}-${number}@example.com`,
    firstname: 'Ada',
    lastname: `Lovelace ${number}`,
    phone: '+44 20 7946 0000',
    company: 'Analytical Engines',
    city: 'London',
    jobtitle: 'Programmer',
  };
}

/** A contact that HubSpot has. */
export interface HeldContact {
  readonly id: string;
  readonly email: string;
}

/** Upserts of `total` contacts that nobody knows yet. */
export function upsertsOf(tag: string, total: number, perOperation: number): readonly BenchOperation[] {
  return inOperations('upsert', upsertsByEmail(tag, total), perOperation);
}

/**
 * A fifth of each: creates, updates by e-mail, updates by id, upserts of held contacts, upserts of new ones; shuffled, the same
 * way each time, because taken in turns they would happen to fill calls evenly. Every write has a contact of its own, so that
 * nothing merges; three fifths of `total` are taken from `held`.
 */
export function mixOf(
  tag: string,
  total: number,
  perOperation: number,
  held: readonly HeldContact[],
): readonly BenchOperation[] {
  const share = total / 5;
  if (held.length < 3 * share) throw new Error(`the mix wants ${3 * share} held contacts, not ${held.length}`);
  const properties = { city: 'Turin', jobtitle: 'Analyst' };
  const byEmail = (contacts: readonly HeldContact[]): BenchWrite[] =>
    contacts.map(({ email }) => ({ id: email, idProperty: 'email', properties }));
  const byId = held.slice(2 * share, 3 * share).map(({ id }) => ({ id, properties }));
  const creates = range(share).map((number) => ({ properties: benchContact(`${tag}-create`, number) }));
  return shuffled([
    ...inOperations('create', creates, perOperation),
    ...inOperations('update', byEmail(held.slice(0, share)), perOperation),
    ...inOperations('update', byId, perOperation),
    ...inOperations('upsert', byEmail(held.slice(share, 2 * share)), perOperation),
    ...inOperations('upsert', upsertsByEmail(`${tag}-upsert`, share), perOperation),
  ]);
}

/** Fisher and Yates' shuffle, driven by a small generator of its own (Park and Miller's), so that runs can be compared. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  let state = 20_261_123;
  const left = [...items];
  return items.flatMap(() => {
    state = (state * 48_271) % 2_147_483_647;
    return left.splice(state % left.length, 1);
  });
}

const range = (length: number): number[] => Array.from({ length }, (_, number) => number);

const upsertsByEmail = (tag: string, total: number): BenchWrite[] =>
  range(total).map((number) => {
    const { email, ...properties } = benchContact(tag, number);
    return { id: email, idProperty: 'email', properties };
  });

const inOperations = (verb: BenchOperation['verb'], writes: readonly BenchWrite[], size: number): BenchOperation[] =>
  range(Math.ceil(writes.length / size)).map((number) => ({
    verb,
    writes: writes.slice(number * size, (number + 1) * size),
  }));
