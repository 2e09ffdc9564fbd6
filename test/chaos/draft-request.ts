import type { Random } from '../../lib/runtime/random.ts';
import { drawOne, drawWhole, happens, shuffle } from '../simulation/seeded-random.ts';
import type { SentRequest } from '../support/relay-client.ts';
import type { ChaosWrite } from './chaos-write.ts';

/** What callers know of a contact before they write to it. */
export interface TargetContact {
  readonly email: string;
  /** Writes that were sent to it so far. */
  readonly sent: number;
  /** Once an operation told that it exists. */
  readonly id: string | undefined;
}

/** A request and its writes, in the order of their index in the operation. */
export interface DraftedRequest {
  readonly request: SentRequest;
  readonly writes: readonly ChaosWrite[];
}

interface Input {
  readonly id?: string;
  readonly idProperty?: string;
  readonly properties: Readonly<Record<string, string>>;
}

const CONTACTS = '/crm/v3/objects/contacts';
/** Texts that every portal has. Each write sets some of them, so that newer writes leave something to older ones. */
const PROPERTIES = ['firstname', 'lastname', 'city', 'jobtitle'] as const;

/**
 * Draws a request to some of the contacts: single or batch, by e-mail or by id, now and then twice to one contact. Only
 * contacts that are known to exist are updated, so that a refusal is always a fault.
 */
export function draftRequest(contacts: readonly TargetContact[], random: Random): DraftedRequest {
  const verb = drawOne(random, ['create', 'upsert', 'upsert', 'update', 'update'] as const);
  const able = contacts.filter((contact) => suits(verb, contact, random));
  const targets = able.length > 0 ? able : contacts;
  const chosen = able.length > 0 ? verb : 'upsert';
  const repeated = chosen !== 'create' && happens(random, 0.15) ? targets.slice(0, 1) : [];
  const writes = [...targets, ...repeated].map(({ email, sent }, position) => ({
    verb: chosen,
    email,
    number: sent + (position < targets.length ? 1 : 2),
    properties: shuffle(random, PROPERTIES).slice(0, drawWhole(random, 1, PROPERTIES.length)),
  }));
  const inputs = writes.map((write) => toInput(write, contacts, random));
  return { request: toRequest(chosen, inputs, random), writes };
}

/** A second create meets the contact that is there already, and must not change it. */
function suits(verb: ChaosWrite['verb'], { sent, id }: TargetContact, random: Random): boolean {
  if (verb === 'update') return id !== undefined;
  return verb === 'upsert' || sent === 0 || happens(random, 0.2);
}

function toInput(
  { verb, email, number, properties }: ChaosWrite,
  contacts: readonly TargetContact[],
  random: Random,
): Input {
  const values = Object.fromEntries(properties.map((name) => [name, String(number)]));
  if (verb === 'create') return { properties: { ...values, email } };
  const id = contacts.find((contact) => contact.email === email)?.id;
  if (verb === 'update' && id !== undefined && happens(random, 0.5)) return { id, properties: values };
  return { id: email, idProperty: 'email', properties: values };
}

function toRequest(verb: ChaosWrite['verb'], inputs: readonly Input[], random: Random): SentRequest {
  const [only, ...others] = inputs;
  const batch = { path: `${CONTACTS}/batch/${verb}`, body: { inputs } };
  if (only === undefined || others.length > 0 || verb === 'upsert' || happens(random, 0.3)) return batch;
  const { id = '', idProperty, properties } = only;
  if (verb === 'create') return { path: CONTACTS, body: { properties } };
  const query = idProperty === undefined ? '' : `?idProperty=${idProperty}`;
  return { method: 'PATCH', path: `${CONTACTS}/${encodeURIComponent(id)}${query}`, body: { properties } };
}
