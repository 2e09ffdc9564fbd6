import type { Change } from '../../infra/local/hubspot/core/contact-store.ts';
import type { HubSpotCore } from '../../infra/local/hubspot/core/core.ts';
import type { Settings } from '../../infra/local/hubspot/core/settings.ts';
import type { Random } from '../../lib/runtime/random.ts';
import type { Scheduler } from './scheduler.ts';
import { drawBetween, drawOne, drawWhole, happens } from './seeded-random.ts';
import { emailOf, type Intent, type PlannedRequest, PROPERTIES, secondEmailOf, type Workload } from './workload.ts';

/** What a person does to contacts in HubSpot's own pages while the relay works. */
type Deed =
  | { readonly kind: 'adds-second-email'; readonly at: number; readonly contact: number }
  | { readonly kind: 'merges'; readonly at: number; readonly into: number; readonly contact: number };

/** A run in which contacts have several names. */
export interface Identities {
  readonly settings: Partial<Settings>;
  /** Contacts that have a secondary e-mail from the start. */
  readonly restored: readonly Change[];
  readonly deeds: readonly Deed[];
  readonly requests: readonly PlannedRequest[];
}

/** Share of the runs without archives and deletions in which contacts have several names. */
const RUNS_WITH_IDENTITIES = 0.35;
const MINUTE = 60_000;
/** Ids of young portals: well before those that a run brings about. */
const FIRST_ID = 50_001;

/** Undefined in a run in which each contact has one e-mail and one id: `random` is one of their own, so that those stay the same. */
export function drawIdentities(
  random: Random,
  workload: Workload,
  { start, mostRequests }: { readonly start: number; readonly mostRequests: number },
): Identities | undefined {
  if (!happens(random, RUNS_WITH_IDENTITIES)) return undefined;
  const span = Math.max(...workload.requests.map(({ at }) => at));
  const everybody = Array.from({ length: workload.contacts }, (_, n) => n + 1);
  const twoNamed = everybody.filter(() => happens(random, 0.7));
  const early = twoNamed.filter(() => happens(random, 0.6));
  const late = twoNamed.filter((contact) => !early.includes(contact));
  const merges = workload.contacts > 1 && happens(random, 0.5) ? drawMerges(random, workload.contacts, span) : [];
  let tags = 5_000;
  const nextTag = () => {
    tags += 1;
    return `w${tags}`;
  };
  const rename = (intent: Intent): Intent =>
    twoNamed.includes(intent.contact) && intent.by !== 'nobody' && happens(random, 0.5)
      ? { ...intent, byEmail: secondEmailOf(intent.contact) }
      : intent;
  return {
    settings: {
      aliasesInOneUpsert: drawOne(random, ['two-results', 'one-result', 'drops-second', 'refuse']),
      mergedIdInBatchUpdate: drawOne(random, ['omitted', 'omitted', 'omitted-but-applied', 'survivor', 'not-found']),
      mergeKeepsPrimaryId: happens(random, 0.5),
    },
    restored: early.map((contact) => ({
      kind: 'contact-created',
      id: String(FIRST_ID + contact),
      at: start - MINUTE,
      values: { email: emailOf(contact), hs_additional_emails: secondEmailOf(contact) },
      associations: [],
    })),
    deeds: [
      ...late.map((contact): Deed => ({ kind: 'adds-second-email', at: drawBetween(random, 0, span), contact })),
      ...merges,
    ],
    requests: [
      ...workload.requests.map((request) => ({ ...request, intents: request.intents.map(rename) })),
      ...merges.flatMap((merge) => drawAftermath(random, merge, span, nextTag, rename)).slice(0, mostRequests),
    ],
  };
}

type Merge = Extract<Deed, { kind: 'merges' }>;

const drawMerges = (random: Random, contacts: number, span: number): Merge[] =>
  Array.from({ length: drawWhole(random, 1, 2) }, () => {
    const into = drawWhole(random, 1, Math.min(contacts, 4));
    const other = drawWhole(random, 1, Math.min(contacts, 4) - 1);
    const at = drawBetween(random, span / 10, span + drawOne(random, [0, MINUTE, 5 * MINUTE]));
    return { kind: 'merges', at, into, contact: other === into ? Math.min(contacts, 4) : other };
  });

/** Writes to both contacts of a merge, by all their names, before and after it. */
function drawAftermath(
  random: Random,
  { at, into, contact }: Merge,
  span: number,
  nextTag: () => string,
  rename: (intent: Intent) => Intent,
): readonly PlannedRequest[] {
  return Array.from({ length: drawWhole(random, 4, 12) }, (): PlannedRequest => {
    const isUpsert = happens(random, 0.5);
    return {
      at: Math.max(0, at + drawBetween(random, -span / 4, drawOne(random, [span / 2, MINUTE, 8 * MINUTE]))),
      verb: isUpsert ? 'upsert' : 'update',
      shape: isUpsert || happens(random, 0.5) ? 'batch' : 'single',
      intents: [
        rename({
          contact: happens(random, 0.5) ? into : contact,
          by: happens(random, 0.5) && !isUpsert ? 'id' : 'email',
          properties: { [drawOne(random, PROPERTIES)]: nextTag() },
        }),
      ],
      copies: 1,
      misusesKey: false,
      retries: 2,
    };
  });
}

/** Lets the deeds be done at their times; one whose contacts are not there yet, or that HubSpot refuses, is left. */
export function startPerson(
  { deeds }: Identities,
  core: HubSpotCore,
  scheduler: Scheduler,
  idOf: (email: string) => string | undefined,
): void {
  const start = scheduler.now();
  const send = (method: string, path: string, body: object) =>
    core.asPerson({
      method,
      path: `/crm/v3/objects/contacts${path}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  for (const deed of deeds) {
    scheduler.at(start + deed.at, () => {
      const id = idOf(emailOf(deed.contact));
      if (id === undefined) return;
      if (deed.kind === 'adds-second-email') {
        const others = core.contact(id)?.properties['hs_additional_emails'] ?? '';
        const emails = [...others.split(';'), secondEmailOf(deed.contact)].filter((email) => email !== '');
        send('PATCH', `/${id}`, { properties: { hs_additional_emails: emails.join(';') } });
        return;
      }
      const into = idOf(emailOf(deed.into));
      if (into !== undefined) send('POST', '/merge', { primaryObjectId: into, objectIdToMerge: id });
    });
  }
}
