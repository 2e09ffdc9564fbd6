import { answerContactRequest, type ContactRequestPorts } from '../../lib/accept/answer-contact-request.ts';
import type { HttpRequest } from '../../lib/accept/http-request.ts';
import type { HttpAnswer } from '../../lib/accept/hubspot-error.ts';
import { type Association, VERBS, type Verb } from '../../lib/operations/contact-write.ts';
import type { Link } from '../../lib/operations/link.ts';
import type { Random } from '../../lib/runtime/random.ts';
import { milliseconds } from '../../lib/runtime/units.ts';
import { drawBetween } from './seeded-random.ts';
import { createProcess, type SimulatedProcess, type World } from './simulated-process.ts';
import { emailOf, type Intent, type PlannedRequest, spellEmail, type Workload } from './workload.ts';

/** An answer of the front door; undefined when the function died. */
export interface DoorAnswer {
  readonly request: HttpRequest;
  readonly answer: HttpAnswer | undefined;
  /** What the function did to the world while it answered. */
  readonly operationsPut: number;
  readonly messagesSent: number;
}

export interface CallersOptions {
  readonly world: World;
  readonly workload: Workload;
  readonly random: Random;
  /** The ports of a function's new environment, and counters of what goes through them. */
  readonly portsFor: (process: SimulatedProcess) => DoorPorts;
  /** The id that answers told for a contact. */
  readonly knownId: (email: string) => string | undefined;
  readonly onAnswer: (answer: DoorAnswer) => void;
}

export interface DoorPorts extends ContactRequestPorts {
  readonly counts: { operationsPut: number; messagesSent: number };
}

/** Callers at work; `open` counts those that are not done. */
export interface Callers {
  readonly open: number;
}

const FUNCTION_TIMEOUT = 29_000;
const ENVIRONMENTS = 3;

/** Lets every request of the workload be sent at its time, and again as its caller does. */
export function startCallers(options: CallersOptions): Callers {
  const { world, workload } = options;
  const state = { open: workload.requests.length };
  const door = createDoor(options);
  const start = world.scheduler.now();
  for (const request of workload.requests) {
    world.scheduler.at(start + request.at, () => {
      void send(options, door, request).then(() => {
        state.open -= 1;
      });
    });
  }
  return state;
}

type Door = (request: HttpRequest) => Promise<HttpAnswer | undefined>;

async function send(options: CallersOptions, door: Door, planned: PlannedRequest): Promise<void> {
  const { world, random } = options;
  const request = await toRequest(options, planned);
  if (request === undefined) return;
  await Promise.all(Array.from({ length: planned.copies }, () => insist(options, door, request, planned.retries)));
  if (!planned.misusesKey) return;
  await pause(world, drawBetween(random, 0, 60_000));
  const others = planned.intents.map(({ properties, ...rest }) => ({
    ...rest,
    properties: { ...properties, zip: '1' },
  }));
  await insist(options, door, toHttp(options, planned, others), 0);
}

/** Sends a request until it is accepted or refused for good, or the caller has had enough. */
async function insist(
  { world, random }: CallersOptions,
  door: Door,
  request: HttpRequest,
  retries: number,
): Promise<void> {
  for (let attempt = 0; attempt <= retries; attempt += 1) {
    const answer = await door(request);
    if (answer !== undefined && answer.status < 500 && answer.status !== 409) return;
    await pause(world, drawBetween(random, 100, 40_000));
  }
}

/** The functions behind the front door: one event at a time each, a new one for every crash. */
function createDoor(options: CallersOptions): Door {
  const { world, random } = options;
  const free: { process: SimulatedProcess; ports: DoorPorts; onDeath: () => void }[] = [];
  let started = 0;
  const start = () => {
    started += 1;
    const process = createProcess(world, `door/${started}`, () => environment.onDeath());
    const environment = { process, ports: options.portsFor(process), onDeath: () => {} };
    return environment;
  };
  for (let n = 0; n < ENVIRONMENTS; n += 1) free.push(start());
  return async (request) => {
    const chosen = free.splice(Math.floor(random() * free.length), 1)[0];
    const environment = chosen?.process.isAlive === true ? chosen : start();
    const { process, ports } = environment;
    ports.counts.operationsPut = 0;
    ports.counts.messagesSent = 0;
    let isOpen = true;
    const answer = await new Promise<HttpAnswer | undefined>((resolve) => {
      environment.onDeath = () => resolve(undefined);
      world.scheduler.at(world.scheduler.now() + FUNCTION_TIMEOUT, () => {
        if (isOpen) process.kill('timeout');
      });
      answerContactRequest(verbOf(request), request, ports).then(resolve, () => resolve(undefined));
    });
    isOpen = false;
    world.trace(
      () =>
        `${process.name} answers ${answer?.status ?? 'nothing'} to ${request.path} ${request.query} ${request.body ?? ''}`,
    );
    options.onAnswer({ request, answer, ...ports.counts });
    if (process.isAlive) free.push(environment);
    return answer;
  };
}

const VERB_OF_METHOD: Readonly<Record<string, Verb>> = { PATCH: 'update', DELETE: 'archive' };

function verbOf({ method, path }: HttpRequest): Verb {
  if (path.endsWith('/gdpr-delete')) return 'gdpr-delete';
  if (path.includes('/associations/')) return method === 'PUT' ? 'associate' : 'dissociate';
  const job = path.split('/batch/')[1];
  return VERBS.find((verb) => verb === job) ?? VERB_OF_METHOD[method] ?? 'create';
}

/** Upserts come in batches only. */
const METHODS: Readonly<Record<Verb, string>> = {
  create: 'POST',
  update: 'PATCH',
  upsert: 'POST',
  archive: 'DELETE',
  'gdpr-delete': 'POST',
  associate: 'PUT',
  dissociate: 'DELETE',
};
const BASE = '/crm/v3/objects/contacts';

/** A caller who wants to associate a contact waits until it knows its id, and gives up on one that never is. */
async function toRequest(options: CallersOptions, planned: PlannedRequest): Promise<HttpRequest | undefined> {
  const [intent] = planned.intents;
  if (intent?.link === undefined) return toHttp(options, planned, planned.intents);
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const id = options.knownId(emailOf(intent.contact));
    if (id !== undefined) return linkRequest(options, planned, id, intent.link);
    await pause(options.world, TIME_TO_LOOK_AGAIN);
  }
  return undefined;
}

const MOST_LOOKS = 20;
const TIME_TO_LOOK_AGAIN = 15_000;

/** One type of HubSpot's own in the path as v3 has it, all else as v4 does. */
function linkRequest({ random }: CallersOptions, { verb }: PlannedRequest, id: string, link: Link): HttpRequest {
  const { toType, toId, types } = link;
  const [only, ...others] = types ?? [];
  // Only v3 takes a single type away, and it knows HubSpot's own alone.
  const isTyped = only?.associationCategory === 'HUBSPOT_DEFINED' && others.length === 0;
  const base = `/${id}/associations`;
  const v4 = `/crm/v4/objects/${random() < 0.5 ? 'contacts' : '0-1'}${base}`;
  const isDefault = types === undefined && verb === 'associate';
  const path = isTyped
    ? `${BASE}${base}/${toType}/${toId}/${only.associationTypeId}`
    : `${v4}/${isDefault ? 'default/' : ''}${toType}/${toId}`;
  return {
    ...COMMON,
    method: METHODS[verb],
    path,
    query: '',
    idProperty: undefined,
    headers: { 'content-type': 'application/json' },
    body: isTyped || types === undefined ? undefined : JSON.stringify(types),
  };
}

function toHttp(options: CallersOptions, planned: PlannedRequest, intents: readonly Intent[]): HttpRequest {
  const inputs = intents.map((intent) => toInput(options, planned, intent));
  const [first] = inputs;
  const isSingle = planned.shape === 'single' && first !== undefined;
  const isDeletion = planned.verb === 'gdpr-delete';
  const method = isSingle ? METHODS[planned.verb] : 'POST';
  const isAddressed = isSingle && planned.verb !== 'create' && !isDeletion;
  const { id, idProperty, ...rest } = first ?? {};
  return {
    method,
    path: isAddressed
      ? `${BASE}/${encodeURIComponent(id ?? '')}`
      : isDeletion
        ? `${BASE}/gdpr-delete`
        : isSingle
          ? BASE
          : `${BASE}/batch/${planned.verb}`,
    query: isAddressed && idProperty !== undefined ? `idProperty=${idProperty}` : '',
    idProperty: isAddressed ? idProperty : undefined,
    headers: {
      'content-type': 'application/json',
      ...(planned.key !== undefined && { 'idempotency-key': planned.key }),
      ...(planned.lifecycle !== undefined && { prefer: `lifecycle=${planned.lifecycle}` }),
    },
    body:
      method === 'DELETE'
        ? undefined
        : JSON.stringify(isDeletion ? { objectId: id, idProperty } : isSingle ? rest : { inputs }),
    ...COMMON,
  };
}

const COMMON = {
  isBase64Encoded: false,
  principal: 'shop',
  correlationId: '0193a0f0-0000-7000-8000-000000000001',
  remainingTime: () => milliseconds(FUNCTION_TIMEOUT),
};

interface Input {
  readonly id?: string;
  readonly idProperty?: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly occurredAt?: string;
  readonly associations?: readonly Association[];
}

function toInput({ random, knownId, world }: CallersOptions, { verb }: PlannedRequest, intent: Intent): Input {
  const email = spellEmail(intent.byEmail ?? emailOf(intent.contact), random);
  const known = intent.by === 'id' ? knownId(email.trim().toLowerCase()) : undefined;
  const time = intent.occurredBefore;
  const common = {
    properties: intent.properties,
    ...(intent.associations !== undefined && { associations: intent.associations }),
    ...(time !== undefined && { occurredAt: new Date(world.scheduler.now() - time).toISOString() }),
  };
  if (intent.by === 'nobody') return common;
  if (verb === 'create') return { ...common, properties: { ...intent.properties, email } };
  return known === undefined ? { ...common, id: email, idProperty: 'email' } : { ...common, id: known };
}

const pause = ({ scheduler }: World, duration: number): Promise<void> =>
  new Promise((resolve) => scheduler.at(scheduler.now() + duration, resolve));
