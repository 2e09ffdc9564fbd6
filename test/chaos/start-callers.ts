import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../lib/runtime/random.ts';
import { drawBetween, drawOne, drawWhole, forkRandom, happens, shuffle } from '../simulation/seeded-random.ts';
import { parseOperation, type RelayClient, type SeenAnswer, type SentRequest } from '../support/relay-client.ts';
import type { ChaosWrite } from './chaos-write.ts';
import { type DraftedRequest, draftRequest } from './draft-request.ts';

/** A write and the operation that a `202` named for it; none means that it is in doubt. */
export interface SentWrite {
  readonly write: ChaosWrite;
  readonly accepted: { readonly operation: string; readonly index: number } | undefined;
}

/** Callers at work. */
export interface Callers {
  /** Lets them finish what they have begun; then every write that they ever sent is told. */
  stop(): Promise<readonly SentWrite[]>;
  /** What the relay answered that it should not have. */
  readonly faults: readonly string[];
}

interface CallersOptions {
  readonly client: RelayClient;
  readonly random: Random;
}

interface OwnContact {
  readonly email: string;
  sent: number;
  id: string | undefined;
  /** Accepted writes that may tell the id. */
  readonly asked: { readonly operation: string; readonly index: number }[];
  isBusy: boolean;
}

const CONTACTS = 36;
const CALLERS = 6;
/** The longest that a request under a key may take: the key's lease of 35 s after a kill, and a start of the relay. */
const STUBBORN_MS = 90_000;

/**
 * Starts callers that write to a few dozen contacts, as fast as a busy integration does. A contact has one writer at a
 * time: what is sent to it next was not accepted before.
 */
export function startCallers({ client, random }: CallersOptions): Callers {
  const contacts = Array.from(
    { length: CONTACTS },
    (_, n): OwnContact => ({ email: `chaos-${n}@example.com`, sent: 0, id: undefined, asked: [], isBusy: false }),
  );
  const sent: SentWrite[] = [];
  const faults: string[] = [];
  const stubborn: Promise<void>[] = [];
  let isStopping = false;
  let keys = 0;

  /** Sends once. Undefined is a write in doubt, or one that a repeat under its key may still make certain. */
  const attempt = async (request: SentRequest): Promise<string | undefined> => {
    const answer = await client.send(request).catch((): SeenAnswer | undefined => undefined);
    if (answer === undefined || answer.status >= 500 || answer.status === 409) return undefined;
    if (answer.status === 202) return parseOperation(answer.body).id;
    faults.push(`${request.method ?? 'POST'} ${request.path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return undefined;
  };
  const conclude = ({ writes }: DraftedRequest, operation: string | undefined): void => {
    for (const [index, write] of writes.entries()) {
      const accepted = operation === undefined ? undefined : { operation, index };
      sent.push({ write, accepted });
      const contact = contacts.find(({ email }) => email === write.email);
      if (contact === undefined) continue;
      if (accepted !== undefined) contact.asked.push(accepted);
      contact.isBusy = false;
    }
  };
  /** The same request under the same key until it is accepted: it then is one operation, however often it was sent. */
  const insist = async (drafted: DraftedRequest, request: SentRequest): Promise<void> => {
    const giveUpAt = Date.now() + STUBBORN_MS;
    let operation: string | undefined;
    while (operation === undefined && Date.now() < giveUpAt) {
      await pause(500);
      operation = await attempt(request);
    }
    if (operation === undefined) faults.push(`${request.path} was not accepted under its key in ${STUBBORN_MS} ms`);
    conclude(drafted, operation);
  };
  const call = async (own: Random): Promise<void> => {
    const free = contacts.filter(({ isBusy }) => !isBusy);
    const chosen = shuffle(own, free).slice(0, happens(own, 0.5) ? 1 : drawWhole(own, 2, 4));
    if (chosen.length === 0) return;
    for (const contact of chosen) contact.isBusy = true;
    await Promise.all(chosen.slice(0, 1).map((contact) => learnId(contact, client)));
    const drafted = draftRequest(chosen, own);
    for (const contact of chosen) {
      contact.sent += drafted.writes.filter(({ email }) => email === contact.email).length;
      contact.isBusy = drafted.writes.some(({ email }) => email === contact.email);
    }
    keys += 1;
    const key = happens(own, 0.4) ? { headers: { 'idempotency-key': `chaos-${keys}` } } : {};
    const request = { ...drafted.request, ...key };
    const operation = await attempt(request);
    if (operation === undefined && 'headers' in key && happens(own, 0.7)) stubborn.push(insist(drafted, request));
    else conclude(drafted, operation);
    // Nobody hammers at a door that does not open.
    if (operation === undefined) await pause(drawBetween(own, 50, 400));
  };
  const work = async (own: Random): Promise<void> => {
    while (!isStopping) {
      await call(own);
      await pause(drawBetween(own, 0, drawOne(own, [20, 200])));
    }
  };

  const working = Array.from({ length: CALLERS }, () => work(forkRandom(random)));
  return {
    faults,
    stop: async () => {
      isStopping = true;
      await Promise.all(working);
      await Promise.all(stubborn);
      return sent;
    },
  };
}

/** Asks after the oldest accepted write that has not been asked after, as a caller does that wants to go on by id. */
async function learnId(contact: OwnContact, client: RelayClient): Promise<void> {
  const [first] = contact.asked;
  if (contact.id !== undefined || first === undefined) return;
  const operation = await client.readOperation(first.operation).catch(() => undefined);
  if (operation?.status !== 'COMPLETE') return;
  contact.asked.shift();
  contact.id = operation.results.find(({ index }) => index === first.index)?.id;
}
