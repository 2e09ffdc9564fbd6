import { setTimeout as pause } from 'node:timers/promises';
import { mapConcurrently } from '../../lib/runtime/map-concurrently.ts';
import type { RelayClient, SeenOperation } from '../support/relay-client.ts';
import type { ChaosFate, SettledWrite } from './chaos-write.ts';
import type { SentWrite } from './start-callers.ts';

/** A visibility timeout, the delays of a few deferrals, and a machine that others use too. */
const PATIENCE_MS = 150_000;

/** What is true once the relay has had its time. */
export interface Settled {
  readonly writes: readonly SettledWrite[];
  /** Messages still on each queue. */
  readonly left: Readonly<Record<string, number>>;
}

/** Waits until every accepted operation is complete and the queues are empty, or until the patience is over. */
export async function settleWrites(
  sent: readonly SentWrite[],
  client: RelayClient,
  countMessages: () => Readonly<Record<string, number>>,
): Promise<Settled> {
  const complete = new Map<string, SeenOperation>();
  const ids = new Set(sent.flatMap(({ accepted }) => (accepted === undefined ? [] : [accepted.operation])));
  const giveUpAt = Date.now() + PATIENCE_MS;
  let left = countMessages();
  for (;;) {
    const open = [...ids].filter((id) => !complete.has(id));
    const operations = await mapConcurrently(open, 4, (id) => client.readOperation(id).catch(() => undefined));
    for (const operation of operations) if (operation?.status === 'COMPLETE') complete.set(operation.id, operation);
    left = countMessages();
    const isQuiet = complete.size === ids.size && Object.values(left).every((messages) => messages === 0);
    if (isQuiet || Date.now() > giveUpAt) break;
    await pause(500);
  }
  return { left, writes: sent.map((each) => settle(each, complete)) };
}

function settle(each: SentWrite, complete: ReadonlyMap<string, SeenOperation>): SettledWrite {
  const completedAt = complete.get(each.accepted?.operation ?? '')?.completedAt;
  return {
    ...each.write,
    fate: fateOf(each, complete),
    ...(completedAt !== undefined && { completedAt: Date.parse(completedAt) }),
  };
}

function fateOf({ accepted }: SentWrite, complete: ReadonlyMap<string, SeenOperation>): ChaosFate {
  if (accepted === undefined) return { kind: 'in-doubt' };
  const operation = complete.get(accepted.operation);
  const result = operation?.results.find(({ index }) => index === accepted.index);
  const error = operation?.errors.find(({ index }) => index === accepted.index);
  if (error !== undefined) return { kind: 'rejected', category: error.category };
  if (result?.outcome === 'superseded') return { kind: 'superseded' };
  if (result?.outcome === 'created' || result?.outcome === 'updated') return { kind: result.outcome, id: result.id };
  return { kind: 'open', operation: accepted.operation };
}
