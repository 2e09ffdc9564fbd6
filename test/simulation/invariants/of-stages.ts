import type { HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import type { WireAnswer } from '../../../infra/local/hubspot/core/wire.ts';
import type { LifecyclePolicy, StageNote } from '../../../lib/operations/lifecycle.ts';
import type { Lapse, WireCall } from '../hubspot-wire.ts';
import type { Witness, WriteFact } from '../witness.ts';

const STAGE = 'lifecyclestage';

export const stageOf = ({ write }: WriteFact): string | undefined => write.properties[STAGE];

/** What holds for the stage of a write. */
const policyOf = (witness: Witness, { lifecycle }: WriteFact): LifecyclePolicy => lifecycle ?? witness.lifecyclePolicy;

/** Whether the newest stage has to be the contact's, also when it lies before the one that it had. */
export const mustBeTaken = (witness: Witness, newest: WriteFact): boolean =>
  policyOf(witness, newest) === 'allow-backward';

/** What an answer says of a batch of inputs. */
interface AnsweredBatch {
  readonly results?: readonly { readonly id: string }[];
  readonly errors?: readonly { readonly context?: { readonly objectWriteTraceId?: readonly string[] } }[];
}

/**
 * Notes for each stage that HubSpot was sent what the contact had once it was done. Of two names of one contact in a call, which nobody knew
 * to be one, the call shows only what was left in the end; HubSpot may have dropped one for the sake of another that it then refused.
 */
export function noteStages(
  witness: Witness,
  core: HubSpotCore,
  { inputs }: WireCall,
  given: WireAnswer,
  lapse: Lapse,
): void {
  if (inputs.every(({ properties }) => properties?.[STAGE] === undefined)) return;
  const { results = [], errors = [] }: AnsweredBatch = JSON.parse(given.body);
  const refused = errors.flatMap(({ context }) => context?.objectWriteTraceId ?? []);
  const done = new Set(results.map(({ id }) => core.resolveId(id)));
  const ids = inputs.map((input, position) => {
    const trace = input.objectWriteTraceId;
    if (position === lapse.ignoredInput || (trace !== undefined && refused.includes(trace))) return undefined;
    const email = input.id === undefined ? input.properties?.['email'] : input.id;
    const isByEmail = input.id === undefined || input.idProperty === 'email';
    return isByEmail ? witness.idOf((email ?? '').trim().toLowerCase()) : core.resolveId(input.id ?? '');
  });
  for (const [position, input] of inputs.entries()) {
    const sent = input.properties?.[STAGE];
    const id = ids[position];
    if (sent === undefined || id === undefined || !done.has(id)) continue;
    if (ids.filter((each) => each === id).length > 1) continue;
    witness.stageWrites.push({ id, sent, held: core.contact(id)?.properties[STAGE] ?? '' });
  }
}

/**
 * An outcome tells of a stage that HubSpot did not take, or that was moved back, if and only if that is so. A write that a newer stage has
 * followed may be told either way: what was sent for it is not to be told from the other's.
 */
export function checkStageNote(witness: Witness, fact: WriteFact, id: string, note: StageNote | undefined): void {
  const sent = stageOf(fact);
  const report = (what: string) => witness.report('stage told', `${fact.key} (${sent ?? 'no stage'} to ${id}) ${what}`);
  if (sent === undefined || note?.sent !== (note && sent)) {
    if (note !== undefined) report(`is told to have brought ${note.sent}`);
    return;
  }
  // Before a merge that was to another id, or to a contact that is gone; what it came to was told by the ledger since.
  const ids = new Set([witness.resolve(id), ...witness.everReachedBy(fact)]);
  const written = witness.stageWrites.filter((each) => ids.has(witness.resolve(each.id)));
  const own = written.filter((each) => each.sent === sent);
  switch (note?.kind) {
    case 'kept':
      if (note.stage === sent || !own.some(({ held }) => held === note.stage)) report(`was not kept at ${note.stage}`);
      if (note.reason === 'backward' && mustBeTaken(witness, fact)) report(`was left at ${note.stage}`);
      return;
    case 'moved-back':
      if (!mustBeTaken(witness, fact)) report('was moved back, which nobody wants');
      if (!written.some((each) => each.sent === '' && each.held === '') || !own.some(({ held }) => held === sent))
        report('was not moved back');
      return;
    case undefined: {
      const last = own.findLast((each) => each.id === id);
      if (last !== undefined && last.held !== sent && isNewest(witness, fact))
        report(`was kept at ${last.held}, and nothing is told of it`);
    }
  }
}

const isNewest = (witness: Witness, fact: WriteFact): boolean =>
  !witness.wasArchived(fact.target) &&
  ![...witness.writes.values()].some(
    (other) => other.order > fact.order && stageOf(other) !== undefined && isOneContact(witness, other, fact),
  );

/** By name, or under whatever names HubSpot knows the contact. */
const isOneContact = (witness: Witness, a: WriteFact, b: WriteFact): boolean =>
  witness.nameOf(a.target) === witness.nameOf(b.target) ||
  (witness.contactOf(a) !== undefined && witness.contactOf(a) === witness.contactOf(b));

/** Where stages are ignored, none gets through the front door. */
export function checkIgnored(witness: Witness): void {
  for (const fact of witness.writes.values()) {
    if (stageOf(fact) !== undefined && policyOf(witness, fact) === 'ignore')
      witness.report('stage ignored', `${fact.key} brings ${stageOf(fact) || 'a clear'}`);
  }
}
