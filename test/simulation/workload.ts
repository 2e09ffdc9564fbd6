import type { Association, Verb } from '../../lib/operations/contact-write.ts';
import type { LifecyclePolicy } from '../../lib/operations/lifecycle.ts';
import type { Link } from '../../lib/operations/link.ts';
import type { Random } from '../../lib/runtime/random.ts';
import { drawBetween, drawOne, drawWhole, happens } from './seeded-random.ts';
import { POISON_PROPERTY, POISON_VALUE } from './witness.ts';

/** Whom a write of the workload is about. `by: 'id'` takes the id that an answer told, or the e-mail while there is none. */
export interface Intent {
  readonly contact: number;
  readonly by: 'email' | 'id' | 'nobody';
  /** The e-mail of the contact by which it is meant, or the id that was told for it, where that is not its first one. */
  readonly byEmail?: string;
  readonly properties: Readonly<Record<string, string>>;
  /** Milliseconds before the request is sent. */
  readonly occurredBefore?: number;
  /** Of an associate or dissociate. */
  readonly link?: Link;
  /** Of an upsert. */
  readonly associations?: readonly Association[];
}

/** One request of a caller, and what else it does with it. */
export interface PlannedRequest {
  /** Milliseconds after the start. */
  readonly at: number;
  readonly verb: Verb;
  readonly shape: 'single' | 'batch';
  readonly intents: readonly Intent[];
  readonly key?: string;
  /** Sent so many times at once, under its key. */
  readonly copies: number;
  /** The same key is then used with another body. */
  readonly misusesKey: boolean;
  /** How often it is sent again when it is not accepted. */
  readonly retries: number;
  /** What it wishes for lifecycle stages. */
  readonly lifecycle?: LifecyclePolicy;
}

export interface Workload {
  readonly requests: readonly PlannedRequest[];
  readonly contacts: number;
}

export const PROPERTIES = ['city', 'phone', 'company', 'firstname'] as const;
/** Lifecycle stages in HubSpot's order. */
export const STAGES: readonly string[] = ['subscriber', 'lead', 'customer'];

export const emailOf = (contact: number): string => `c${contact}@example.com`;
export const secondEmailOf = (contact: number): string => `c${contact}-too@example.com`;
export const newEmailOf = (contact: number): string => `c${contact}-new@example.com`;

/** An e-mail, as different callers spell it. */
export const spellEmail = (email: string, random: Random): string =>
  random() < 0.3
    ? drawOne(random, [` ${email}`, email.toUpperCase(), email.replace('c', 'C').replace('example', 'Example')])
    : email;

export interface WorkloadOptions {
  /** Share of writes that kill whoever delivers them. */
  readonly poison: number;
  /** Share of creates without an e-mail, in runs that have any. */
  readonly nobody: number;
  /** No write tells a time of its own: the order of acceptance is the order of all. */
  readonly isOrdered: boolean;
  readonly mostRequests: number;
}

/** Draws the requests of a run: many writes to few contacts, some to others. */
export function drawWorkload(random: Random, options: WorkloadOptions): Workload {
  const { poison, isOrdered, mostRequests } = options;
  const hot = drawWhole(random, 1, 4);
  const contacts = hot + drawWhole(random, 0, 8);
  const count = Math.min(mostRequests, drawWhole(random, 6, 24));
  const span = drawOne(random, [500, 5_000, 60_000, 300_000]);
  const traits: Traits = {
    hot,
    contacts,
    poison,
    keyed: drawOne(random, [0, 0.3, 0.8]),
    byId: drawOne(random, [0, 0.2, 0.5]),
    nobody: drawOne(random, [0, options.nobody]),
    refused: drawOne(random, [0, 0.1, 0.3]),
    stages: drawOne(random, [0, 0, 0.2]),
    occurred: isOrdered ? 0 : drawOne(random, [0, 0, 0.3]),
    verbs: drawOne(random, [['upsert'], ['upsert', 'update'], ['create', 'update', 'upsert', 'upsert']] as Verb[][]),
  };
  let tags = 0;
  const nextTag = () => {
    tags += 1;
    return `w${tags}`;
  };
  const requests = Array.from({ length: count }, (_, n) =>
    drawRequest(random, traits, n, drawBetween(random, 0, span), nextTag),
  );
  const stepsBack = traits.stages > 0 ? Array.from({ length: Math.ceil(count / 4) }) : [];
  return { requests: [...requests, ...stepsBack.flatMap(() => drawStepBack(random, traits, span, nextTag))], contacts };
}

/** How likely what is in this run. */
interface Traits {
  readonly hot: number;
  readonly contacts: number;
  readonly poison: number;
  readonly keyed: number;
  readonly byId: number;
  readonly nobody: number;
  readonly refused: number;
  readonly stages: number;
  readonly occurred: number;
  readonly verbs: readonly Verb[];
}

/** Share of the runs in which contacts are archived. */
const RUNS_WITH_ARCHIVES = 0.3;

/** Archives among the requests of a run, and more writes after them: `random` is one of their own, so that runs without them stay the same. */
export function drawArchives(random: Random, { requests, contacts }: Workload): readonly PlannedRequest[] {
  if (!happens(random, RUNS_WITH_ARCHIVES)) return [];
  const span = Math.max(...requests.map(({ at }) => at)) * 1.2;
  return Array.from({ length: drawWhole(random, 1, 6) }, (): PlannedRequest => {
    const shape = happens(random, 0.5) ? 'batch' : 'single';
    const size = shape === 'single' ? 1 : drawWhole(random, 1, 3);
    return {
      at: drawBetween(random, 0, span),
      verb: 'archive',
      shape,
      intents: Array.from({ length: size }, () => ({
        contact: drawWhole(random, 1, contacts),
        by: happens(random, 0.5) ? 'id' : 'email',
        properties: {},
      })),
      copies: 1,
      misusesKey: false,
      retries: drawWhole(random, 0, 3),
    };
  });
}

/** Share of the runs in which people are deleted for good. */
const RUNS_WITH_DELETIONS = 0.3;

/** The same for GDPR deletes. */
export function drawDeletions(random: Random, { requests, contacts }: Workload): readonly PlannedRequest[] {
  if (!happens(random, RUNS_WITH_DELETIONS)) return [];
  const span = Math.max(...requests.map(({ at }) => at)) * 1.2;
  return Array.from({ length: drawWhole(random, 1, 4) }, (_, n): PlannedRequest => {
    const by = happens(random, 0.4) ? 'id' : 'email';
    const isKeyed = happens(random, 0.3);
    return {
      at: drawBetween(random, 0, span),
      verb: 'gdpr-delete',
      shape: 'single',
      intents: [{ contact: drawWhole(random, 1, contacts), by, properties: {} }],
      ...(isKeyed && { key: `deletion-${n}` }),
      copies: isKeyed ? 2 : 1,
      misusesKey: false,
      retries: drawWhole(random, 0, 3),
    };
  });
}

function drawRequest(random: Random, traits: Traits, n: number, at: number, nextTag: () => string): PlannedRequest {
  const verb = drawOne(random, traits.verbs);
  const shape = verb === 'upsert' || happens(random, 0.4) ? 'batch' : 'single';
  const size = shape === 'single' || happens(random, 0.5) ? 1 : drawWhole(random, 2, 6);
  const isKeyed = happens(random, traits.keyed);
  return {
    at,
    verb,
    shape,
    intents: Array.from({ length: size }, () => drawIntent(random, traits, verb, nextTag())),
    ...(isKeyed && { key: `key-${n}` }),
    copies: isKeyed && happens(random, 0.3) ? 2 : 1,
    misusesKey: isKeyed && happens(random, 0.2),
    retries: drawWhole(random, 0, 3),
  };
}

/** What a caller does who moves a contact back to an earlier lifecycle stage: clear it, then set it, in one request or in two. */
function drawStepBack(random: Random, { hot }: Traits, span: number, nextTag: () => string): readonly PlannedRequest[] {
  const contact = drawWhole(random, 1, hot);
  const at = drawBetween(random, 0, span);
  const [clear, set] = ['', drawOne(random, STAGES)].map(
    (stage): Intent => ({ contact, by: 'email', properties: { city: nextTag(), lifecyclestage: stage } }),
  ) as [Intent, Intent];
  const requests = happens(random, 0.5) ? [[clear, set]] : [[clear], [set]];
  return requests.map((intents, n) => ({
    at: at + 100 * n,
    verb: 'upsert',
    shape: 'batch',
    intents,
    copies: 1,
    misusesKey: false,
    retries: 3,
  }));
}

function drawIntent(random: Random, traits: Traits, verb: Verb, tag: string): Intent {
  const contact = random() < 0.8 ? drawWhole(random, 1, traits.hot) : drawWhole(random, 1, traits.contacts);
  const isNobody = verb === 'create' && happens(random, traits.nobody);
  const isById = verb === 'update' && happens(random, traits.byId);
  const properties: Record<string, string> = { [isNobody ? 'firstname' : drawOne(random, PROPERTIES)]: tag };
  if (happens(random, 0.3)) properties[drawOne(random, PROPERTIES)] = tag;
  if (happens(random, traits.stages)) properties['lifecyclestage'] = drawOne(random, ['', ...STAGES]);
  if (happens(random, traits.refused)) {
    // Each is refused for the tag itself, so that a refusal tells whose it is even when nothing else of the write is left.
    properties[drawOne(random, ['numberofemployees', 'no_such_property', 'hs_lead_status'])] = tag;
  }
  if (happens(random, traits.poison)) properties[POISON_PROPERTY] = POISON_VALUE;
  return {
    contact,
    by: isNobody ? 'nobody' : isById ? 'id' : 'email',
    properties,
    ...(happens(random, traits.occurred) && { occurredBefore: Math.floor(drawBetween(random, 0, 120_000)) }),
  };
}
