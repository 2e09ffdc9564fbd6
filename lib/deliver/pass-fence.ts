import type { LedgerEntry } from '../directory/contact-ledger.ts';
import { orderOf, type PendingWrite } from './pending-write.ts';
import type { CallEntry } from './plan-calls.ts';

/** What the ledger lets through of an entry. */
export interface Passage {
  /** What is still to be sent; absent when nothing is. */
  readonly send?: CallEntry;
  /** HubSpot has these already: an earlier delivery settled the ledger and got no further. */
  readonly delivered: readonly PendingWrite[];
  /** Everything these bring was written by newer writes. */
  readonly superseded: readonly PendingWrite[];
}

type Verdict = 'delivered' | 'superseded' | Readonly<Record<string, string>>;

/**
 * Holds an entry against the fence of its contact: an older write brings only what no newer write has touched. A write whose
 * own order key stands in the fence has been delivered.
 */
export function passFence(entry: CallEntry, ledger: LedgerEntry): Passage {
  const verdicts = entry.writes.map((pending) => [pending, passWrite(pending, ledger)] as const);
  const open = verdicts.flatMap(([pending, verdict]) => (typeof verdict === 'string' ? [] : [{ pending, verdict }]));
  const pick = (kind: Verdict) => verdicts.flatMap(([pending, verdict]) => (verdict === kind ? [pending] : []));
  const [first, ...rest] = open.map(({ pending }) => pending);
  return {
    delivered: pick('delivered'),
    superseded: pick('superseded'),
    ...(first !== undefined && {
      send: {
        ...entry,
        writes: [first, ...rest],
        properties: Object.assign({}, ...open.map(({ verdict }) => verdict)),
      },
    }),
  };
}

/** What a single write may still bring. */
function passWrite(pending: PendingWrite, { fence, createdBy }: LedgerEntry): Verdict {
  const { properties } = pending.write;
  if (pending.verb === 'create') return createdBy === pending.key ? 'delivered' : properties;
  if (fence.size === 0) return properties;
  const own = orderOf(pending);
  const names = Object.keys(properties);
  if (names.some((name) => fence.get(name) === own)) return 'delivered';
  const newer = names.filter((name) => (fence.get(name) ?? '') < own);
  if (newer.length === names.length) return properties;
  if (newer.length === 0) return 'superseded';
  return Object.fromEntries(newer.map((name) => [name, properties[name] ?? '']));
}
