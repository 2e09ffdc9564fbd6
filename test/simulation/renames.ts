import type { HubSpotCore } from '../../infra/local/hubspot/core/core.ts';
import type { Settings } from '../../infra/local/hubspot/core/settings.ts';
import type { Random } from '../../lib/runtime/random.ts';
import type { Scheduler } from './scheduler.ts';
import { drawBetween, drawOne, drawWhole, happens } from './seeded-random.ts';
import type { Witness } from './witness.ts';
import { emailOf, type Intent, newEmailOf, type PlannedRequest, PROPERTIES, type Workload } from './workload.ts';

/** A person gives a contact another e-mail in HubSpot's own pages. */
interface Deed {
  readonly at: number;
  readonly contact: number;
  readonly email: string;
}

/** A run in which contacts get other e-mails, from callers of the relay or from people in HubSpot. */
export interface Renames {
  readonly settings: Partial<Settings>;
  readonly deeds: readonly Deed[];
  readonly requests: readonly PlannedRequest[];
}

/** Share of the runs without archives, deletions and several names. */
const RUNS_WITH_RENAMES = 0.5;
const MINUTE = 60_000;
/** Tags of writes that are drawn here. */
const FIRST_TAG = 20_001;
const once = { copies: 1, misusesKey: false, retries: 2 } as const;

/** Undefined in a run in which every contact keeps its e-mail: `random` is one of their own, so that those stay the same. */
export function drawRenames(random: Random, { requests, contacts }: Workload, most: number): Renames | undefined {
  if (!happens(random, RUNS_WITH_RENAMES)) return undefined;
  const span = Math.max(...requests.map(({ at }) => at));
  const hot = Math.min(contacts, 4);
  let tags = FIRST_TAG;
  const nextTag = () => {
    tags += 1;
    return `w${tags}`;
  };
  const renames = Array.from({ length: drawWhole(random, 1, 4) }, (): Deed => {
    const contact = drawWhole(random, 1, hot);
    const email = drawOne(random, [
      newEmailOf(contact),
      newEmailOf(contact),
      newEmailOf(contact),
      emailOf(contact),
      emailOf(drawWhole(random, 1, hot)),
    ]);
    return { at: drawBetween(random, span / 10, span), contact, email };
  });
  const isByPerson = renames.map(() => happens(random, 0.4));
  return {
    settings: { replacedEmail: drawOne(random, ['dropped', 'dropped', 'secondary']) },
    deeds: renames.filter((_, n) => isByPerson[n]),
    requests: renames
      .flatMap((rename, n) => [
        ...(isByPerson[n] ? [] : [drawRename(random, rename, nextTag)]),
        ...drawAftermath(random, rename, span, nextTag),
      ])
      .slice(0, most),
  };
}

/** What a caller sends who gives a contact another e-mail. */
function drawRename(random: Random, { at, contact, email }: Deed, nextTag: () => string): PlannedRequest {
  return {
    ...once,
    at,
    verb: 'update',
    shape: happens(random, 0.5) ? 'batch' : 'single',
    intents: [
      {
        contact,
        by: happens(random, 0.5) ? 'id' : 'email',
        ...(happens(random, 0.3) && { byEmail: newEmailOf(contact) }),
        properties: { email, [drawOne(random, PROPERTIES)]: nextTag() },
      },
    ],
  };
}

/** Writes by all names of a contact, before it is renamed, soon after, and for so long that nobody may remember the old name. */
function drawAftermath(
  random: Random,
  { at, contact }: Deed,
  span: number,
  nextTag: () => string,
): readonly PlannedRequest[] {
  const intentOf = (): Intent => {
    const isNew = happens(random, 0.4);
    return {
      contact,
      by: happens(random, 0.3) ? 'id' : 'email',
      ...(isNew && { byEmail: newEmailOf(contact) }),
      properties: { [drawOne(random, PROPERTIES)]: nextTag() },
    };
  };
  const requestAt = (time: number): PlannedRequest => {
    const intent = intentOf();
    const verb = intent.by === 'email' && happens(random, 0.5) ? 'upsert' : 'update';
    const shape = verb === 'upsert' || happens(random, 0.5) ? 'batch' : 'single';
    return { ...once, at: Math.max(0, time), verb, shape, intents: [intent] };
  };
  const around = Array.from({ length: drawWhole(random, 4, 10) }, () =>
    requestAt(at + drawBetween(random, -span / 4, drawOne(random, [span / 2, MINUTE, 8 * MINUTE, 40 * MINUTE]))),
  );
  const period = drawBetween(random, 2 * MINUTE, 9 * MINUTE);
  const steady = happens(random, 0.2) ? Array.from({ length: 8 }, (_, n) => requestAt(at + n * period)) : [];
  return [...around, ...steady];
}

/** Lets the deeds be done at their times; one whose contact is not there yet, or that HubSpot refuses, is left. */
export function startRenaming({ deeds }: Renames, core: HubSpotCore, scheduler: Scheduler, witness: Witness): void {
  const start = scheduler.now();
  for (const { at, contact, email } of deeds) {
    scheduler.at(start + at, () => {
      const id = witness.idOf(emailOf(contact)) ?? witness.idOf(newEmailOf(contact));
      if (id === undefined) return;
      witness.renamedByPerson.add(id);
      core.asPerson({
        method: 'PATCH',
        path: `/crm/v3/objects/contacts/${id}`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ properties: { email } }),
      });
    });
  }
}
