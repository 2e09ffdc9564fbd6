import { classifyAnswer } from '../hubspot/classify-answer.ts';
import type { HubSpotAnswer } from '../hubspot/hubspot-answer.ts';
import { assertNever } from '../runtime/assert-never.ts';
import { minutes } from '../runtime/units.ts';
import type { CallEntry } from './plan-calls.ts';
import { rejectedAlone } from './rejected-alone.ts';
import type { CallRunner, EntryVerdict } from './run-call.ts';

/** A person's time to give the token a scope. */
const TIME_TO_REPAIR = minutes(1);

/**
 * Has one contact deleted for good; HubSpot takes them one by one. By e-mail also whom HubSpot does not know: it puts that e-mail on a
 * blocklist (contacts API, gdpr-delete).
 */
export async function runGdprDelete(entry: CallEntry, runner: CallRunner): Promise<EntryVerdict> {
  const { hubspot, paths, timeout } = runner;
  return verdictOf(await hubspot.call({ method: 'POST', path: paths.gdprDelete, body: bodyOf(entry) }, timeout));
}

function bodyOf({ id, address }: CallEntry): unknown {
  if (id !== undefined) return { objectId: id };
  if (address.kind !== 'key') throw new Error('a GDPR delete is sent by record id or by e-mail');
  return { objectId: address.value, idProperty: address.idProperty };
}

function verdictOf(answer: HubSpotAnswer): EntryVerdict {
  if (answer.kind === 'answered') {
    if (answer.status === 204) return { kind: 'deleted' };
    // HubSpot may not know the contact, or not the path: a look at the contact tells.
    if (answer.status === 404) return { kind: 'missing' };
    // Nothing is wrong with other writes when the token may not do this.
    if (answer.status === 403) return { kind: 'deferred', reason: 'locked', retryAfter: TIME_TO_REPAIR };
  }
  const verdict = classifyAnswer(answer);
  switch (verdict.kind) {
    case 'processed':
      return { kind: 'unknown', cause: 'HubSpot answered a GDPR delete in another way than with 204' };
    case 'refused':
      return rejectedAlone(verdict.status, verdict.error);
    case 'stopped':
      return { kind: 'deferred', reason: 'unauthorized' };
    case 'deferred':
    case 'unknown':
      return verdict;
    default:
      return assertNever(verdict);
  }
}
