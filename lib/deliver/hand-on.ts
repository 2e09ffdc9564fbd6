import type { OperationId } from '../operations/contact-write.ts';
import type { QueuedWrite, WriteMessage } from '../operations/message.ts';
import type { Outcome } from '../operations/outcome.ts';
import type { DeadLetter, OutgoingMessage, WriteQueue } from '../operations/write-queue.ts';
import type { Clock } from '../runtime/clock.ts';
import { type DurationMs, type EpochMs, epochMs, milliseconds, minutes, seconds } from '../runtime/units.ts';
import type { DeliveryState, Fate } from './delivery-state.ts';
import { type PendingWrite, writeKey } from './pending-write.ts';
import type { OpenMessage } from './receive-messages.ts';

/** SQS delays a message by 900 s at the most. */
const LONGEST_DELAY: DurationMs = minutes(15);
/** The wait before a write is tried again doubles from here with every attempt, up to the longest delay. */
const FIRST_BACKOFF: DurationMs = seconds(1);

interface Rest {
  readonly messageId: string;
  readonly outgoing?: OutgoingMessage;
  readonly letter?: DeadLetter;
}

/**
 * Sends what remains of each message on as a new, small message, and what the relay cannot decide to the dead letters.
 * Returns the ids of the messages of which something could not be sent: they stay on the queue as they are.
 */
export async function handOn(
  messages: readonly OpenMessage[],
  open: readonly PendingWrite[],
  state: DeliveryState,
  unsettled: ReadonlySet<OperationId>,
  { queue, clock, random }: { readonly queue: WriteQueue; readonly clock: Clock; readonly random: () => number },
): Promise<readonly string[]> {
  const now = clock.now();
  const worked = new Set<string>(open.map(({ key }) => key));
  const fateOf = (message: WriteMessage, write: QueuedWrite): Fate | undefined => {
    const key = writeKey(message.operationId, write.index);
    const fate = state.fateOf(key);
    if (fate?.kind === 'settled' && unsettled.has(message.operationId)) return notStored(fate.outcome, now);
    // A write that was neither worked on nor put off by the message itself has been settled by another copy.
    if (fate === undefined && !worked.has(key))
      return message.notBefore === undefined ? undefined : notYetDue(message, now);
    return fate ?? notYetDue(message, now);
  };
  const marksOf = (message: WriteMessage, write: QueuedWrite) =>
    state.travelMarksOf(writeKey(message.operationId, write.index), write.tries);
  const rests = messages.flatMap((each) => restsOf(each, { fateOf, marksOf }, now, random));
  const outgoing = rests.filter((rest) => rest.outgoing !== undefined);
  const letters = rests.filter((rest) => rest.letter !== undefined);
  const [unsent, unconfirmed] = await Promise.all([
    outgoing.length === 0 ? [] : queue.send(outgoing.flatMap((rest) => (rest.outgoing ? [rest.outgoing] : []))),
    letters.length === 0 ? [] : queue.setAside(letters.flatMap((rest) => (rest.letter ? [rest.letter] : []))),
  ]);
  const stranded = [
    ...unsent.map((position) => outgoing[position]),
    ...unconfirmed.map((position) => letters[position]),
  ];
  return [...new Set(stranded.flatMap((rest) => (rest ? [rest.messageId] : [])))];
}

/** The outcome is known and not stored: it comes again, and a contact that was made is not made again. */
const notStored = (outcome: Outcome, now: EpochMs): Fate => ({
  kind: 'deferred',
  notBefore: now,
  inDoubt: true,
  wasTried: true,
  ...(outcome.kind === 'created' && { createdAs: outcome.id }),
});

const notYetDue = (message: WriteMessage, now: EpochMs): Fate => ({
  kind: 'deferred',
  notBefore: message.notBefore ?? now,
  inDoubt: false,
  wasTried: false,
});

/** What the invocation knows of a write. */
interface Knowledge {
  readonly fateOf: (message: WriteMessage, write: QueuedWrite) => Fate | undefined;
  readonly marksOf: (message: WriteMessage, write: QueuedWrite) => ReturnType<DeliveryState['travelMarksOf']>;
}

/** What is to be sent in place of a message: nothing, when all its writes are settled. */
function restsOf(
  { messageId, message }: OpenMessage,
  { fateOf, marksOf }: Knowledge,
  now: EpochMs,
  random: () => number,
): Rest[] {
  const deferred: QueuedWrite[] = [];
  const rests: Rest[] = [];
  let notBefore = now;
  let wasTried = false;
  for (const write of message.writes) {
    const fate = fateOf(message, write);
    if (fate?.kind === 'set-aside') rests.push({ messageId, letter: letterOf(message, write, fate) });
    if (fate?.kind !== 'deferred') continue;
    deferred.push({
      ...write,
      ...marksOf(message, write),
      ...doubtsOf(fate, message),
    });
    if (fate.notBefore > notBefore) notBefore = fate.notBefore;
    wasTried ||= fate.wasTried;
  }
  if (deferred.length > 0)
    rests.push({ messageId, outgoing: again(message, deferred, { now, notBefore, wasTried }, random) });
  return rests;
}

/** Only a create can meet itself. */
const doubtsOf = (
  { inDoubt, createdAs }: Extract<Fate, { kind: 'deferred' }>,
  { verb }: WriteMessage,
): Pick<QueuedWrite, 'inDoubt' | 'createdAs'> => ({
  ...(inDoubt && verb === 'create' && { inDoubt: true }),
  ...(createdAs !== undefined && verb === 'create' && { createdAs }),
});

const letterOf = (
  message: WriteMessage,
  write: QueuedWrite,
  { reason, detail }: Extract<Fate, { kind: 'set-aside' }>,
) => ({
  // Who redrives a create in doubt has looked, and wants it made: by another try than the one that nobody knows about.
  body: JSON.stringify({
    ...message,
    writes: [reason === 'outcome-unknown' ? { ...write, tries: (write.tries ?? 0) + 1 } : write],
  }),
  reason,
  detail,
});

/** The rest of a message, delayed by its backoff or as long as HubSpot asked, whichever is longer. */
function again(
  { notBefore: _, ...message }: WriteMessage,
  writes: readonly QueuedWrite[],
  { now, notBefore, wasTried }: { now: EpochMs; notBefore: EpochMs; wasTried: boolean },
  random: () => number,
): OutgoingMessage {
  const attempt = wasTried ? message.attempt + 1 : message.attempt;
  const backoff = wasTried ? backoffOf(attempt, random) : milliseconds(0);
  const delay = milliseconds(Math.min(LONGEST_DELAY, Math.max(backoff, notBefore - now)));
  return {
    // The pace counts in parts of a millisecond, a message in whole ones: rounded up, since HubSpot wants peace until then.
    message: { ...message, attempt, writes, ...(notBefore > now && { notBefore: epochMs(Math.ceil(notBefore)) }) },
    ...(delay > 0 && { delay }),
  };
}

/** Between half of the doubled wait and all of it. */
function backoffOf(attempt: number, random: () => number): DurationMs {
  const wait = Math.min(LONGEST_DELAY, FIRST_BACKOFF * 2 ** Math.min(attempt - 1, 20));
  return milliseconds(wait * (0.5 + random() / 2));
}
