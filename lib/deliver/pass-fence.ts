import { isArchiving } from '../directory/archiving-mark.ts';
import {
  ARCHIVED,
  ERASED,
  type Fence,
  type LedgerEntry,
  type OrderKey,
  STAGE,
  STAGE_CLEARED,
  WANTED,
} from '../directory/contact-ledger.ts';
import { type ContactId, RECORD_ID_PROPERTY } from '../operations/contact-write.ts';
import type { Outcome } from '../operations/outcome.ts';
import { orderOf, type PendingWrite } from './pending-write.ts';
import type { CallEntry } from './plan-calls.ts';

/** What the ledger lets through of an entry. */
export interface Passage {
  /** What is still to be sent; absent when nothing is. */
  readonly send?: CallEntry;
  /** The lifecycle stage to set again once `send` has cleared it. */
  readonly stageAgain?: string;
  /** HubSpot has these already: an earlier delivery settled the ledger and got no further. */
  readonly delivered: readonly PendingWrite[];
  /** Everything these bring was written by newer writes. */
  readonly superseded: readonly PendingWrite[];
  /** HubSpot has refused this create before, for a contact that was there already. */
  readonly refused?: PendingWrite;
}

type Verdict = 'delivered' | 'superseded' | 'refused' | Readonly<Record<string, string>>;

/**
 * Holds an entry against the fence of its contact: an older write brings only what no newer write has touched. A write whose
 * own order key stands in the fence has been delivered. A create that made its contact, and whose properties are not all in the
 * fence, has to repeat those.
 *
 * A clear of the lifecycle stage that is older than a set is let through nevertheless: without it HubSpot may have ignored
 * the set, so that the set has to follow it once more (delivery rule 18).
 */
export function passFence(entry: CallEntry, ledger: LedgerEntry): Passage {
  const verdicts = entry.writes.map((pending) => [pending, passWrite(pending, ledger)] as const);
  const open = verdicts.flatMap(([pending, verdict]) => (typeof verdict === 'string' ? [] : [{ pending, verdict }]));
  const pick = (kind: Verdict) => verdicts.flatMap(([pending, verdict]) => (verdict === kind ? [pending] : []));
  const [first, ...rest] = open.map(({ pending }) => pending);
  const [refused] = pick('refused');
  const lastToStage = open.findLast(({ verdict }) => verdict[STAGE] !== undefined);
  const isLate = lastToStage !== undefined && clearsStageLate(lastToStage.pending, ledger);
  return {
    delivered: pick('delivered'),
    superseded: pick('superseded'),
    ...(refused !== undefined && { refused }),
    ...(first !== undefined && {
      send: {
        ...entry,
        writes: [first, ...rest],
        properties: Object.assign({}, ...open.map(({ verdict }) => verdict)),
      },
    }),
    ...(isLate && ledger.stage !== undefined && { stageAgain: ledger.stage }),
  };
}

/** Whether a write clears a lifecycle stage that a newer write has set, and neither it nor a newer clear was made before. */
const clearsStageLate = (pending: PendingWrite, { fence, stage }: LedgerEntry): boolean =>
  pending.verb !== 'create' &&
  pending.write.properties[STAGE] === '' &&
  stage !== undefined &&
  (fence.get(STAGE) ?? '') > orderOf(pending) &&
  (fence.get(STAGE_CLEARED) ?? '') < orderOf(pending);

/** What a single write may still bring. */
function passWrite(pending: PendingWrite, ledger: LedgerEntry): Verdict {
  const { fence, creation } = ledger;
  const { properties } = pending.write;
  const own = orderOf(pending);
  if (pending.verb === 'gdpr-delete') return passGdprDelete(own, fence);
  if (pending.verb === 'archive') return passArchive(own, fence);
  if (fence.get(WANTED) === own) return 'refused';
  if ((fence.get(ERASED) ?? '') > own) return 'superseded';
  if ((fence.get(ARCHIVED) ?? '') > own) return 'superseded';
  if (pending.verb === 'create') {
    if (creation?.by !== pending.key) return properties;
    const left = Object.entries(properties).filter(([name]) => name !== 'email' && (fence.get(name) ?? '') < own);
    return left.length === 0 ? 'delivered' : Object.fromEntries(left);
  }
  if (fence.size === 0) return properties;
  const names = Object.keys(properties);
  if (names.some((name) => fence.get(name) === own) || fence.get(STAGE_CLEARED) === own) return 'delivered';
  const isLate = clearsStageLate(pending, ledger);
  const newer = names.filter((name) => (fence.get(name) ?? '') < own || (name === STAGE && isLate));
  if (newer.length === names.length) return properties;
  if (newer.length === 0) return 'superseded';
  return Object.fromEntries(newer.map((name) => [name, properties[name] ?? '']));
}

/** A GDPR delete is carried out whatever was written since: who asks to be deleted is not kept for an update that overtook it. */
const passGdprDelete = (own: OrderKey, fence: Fence): Verdict => (fence.get(ERASED) === own ? 'delivered' : {});

/** What a GDPR delete leaves to tell: of whom its caller spoke, if that was an id. */
export function deletionOf({ write, verb }: PendingWrite, wasGone: boolean): Outcome {
  const isById =
    verb === 'gdpr-delete' && write.id !== undefined && (write.idProperty ?? RECORD_ID_PROPERTY) === RECORD_ID_PROPERTY;
  return {
    kind: 'deleted',
    index: write.index,
    ...(isById && { id: write.id as ContactId }),
    ...(wasGone && { wasGone }),
  };
}

/** An archive older than anything that the contact was given since would take that away. */
function passArchive(own: OrderKey, fence: Fence): Verdict {
  if (fence.get(ARCHIVED) === own) return 'delivered';
  return [...fence].some(([name, order]) => !isArchiving(name) && order > own) ? 'superseded' : {};
}
