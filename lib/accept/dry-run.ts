import type { LedgerName, NameHint } from '../directory/contact-ledger.ts';
import { nameOfId, nameOfKey } from '../directory/contact-ledger.ts';
import { MAPPING_IS_FRESH } from '../directory/mapping-is-fresh.ts';
import type { ContactId, Verb } from '../operations/contact-write.ts';
import { between, type EpochMs } from '../runtime/units.ts';
import { type Telling, tellWhatFits } from './answer-size.ts';
import type { CheckedRequest } from './check-request.ts';
import type { Fault, FaultList } from './fault.ts';
import { type HttpAnswer, messageOf, renderFault } from './hubspot-error.ts';
import type { ContactDraft } from './parse-contact-request.ts';

/** Tells what the ledger knows of names, possibly a moment old. */
export type FindHints = (names: readonly LedgerName[]) => Promise<readonly NameHint[]>;

/** What is known of the contact that a write is about. */
interface Prospect {
  /** `new`: nobody the relay knows has the create's e-mail. `unknown`: the relay has not met this contact yet, HubSpot may have. */
  readonly contact: 'known' | 'new' | 'unknown';
  readonly id?: ContactId;
  /** The calls of HubSpot's API that the write would join, in their order. */
  readonly calls: readonly string[];
}

/**
 * Answers what would become of a request that can be read: `200`, in the vocabulary of HubSpot's batches. Nothing is stored or sent.
 * Throws when the ledger cannot be read.
 */
export async function answerDryRun(
  verb: Verb,
  checked: CheckedRequest,
  findHints: FindHints,
  now: EpochMs,
): Promise<HttpAnswer> {
  const { drafts, faults, properties, route } = checked;
  const isSingle = route.shape === 'single';
  const faultsOf = byIndex([faults, properties.foreseen], isSingle);
  const warningsOf = byIndex([properties.warnings], isSingle);
  const total = isSingle ? 1 : indexAfter(drafts, faultsOf);
  const accepted = drafts.filter(({ index }) => !faultsOf.has(index));
  const prospects = await foretell(verb, accepted, findHints, now);
  const tellings = Array.from({ length: total }, (_, index) => index).flatMap((index): Telling<InputToldOf>[] => {
    const refused = faultsOf.get(index);
    if (refused !== undefined) return [tellRefused(index, refused)];
    const prospect = prospects.get(index);
    return prospect === undefined ? [] : [tellAccepted(index, prospect, warningsOf.get(index))];
  });
  const told = tellWhatFits(tellings);
  const results = told.filter((input) => 'outcome' in input);
  const errors = told.filter((input) => 'errors' in input);
  const counts = { total, accepted: results.length, refused: errors.length };
  const body = {
    dryRun: true,
    status: 'COMPLETE',
    verb,
    // One refused input refuses the request, unless HubSpot is left to judge each.
    accepted: faults.total === 0,
    counts,
    results,
    errors,
    numErrors: errors.length,
  };
  return { status: 200, body };
}

const indexAfter = (drafts: readonly ContactDraft[], faulty: ReadonlyMap<number, unknown>): number =>
  1 + Math.max(-1, ...drafts.map(({ index }) => index), ...faulty.keys());

/** What is wrong with one input; `listed` may be less than `total`. */
interface FaultsOfInput {
  readonly listed: readonly Fault[];
  readonly total: number;
}

/** A single request is its own input 0. */
function byIndex(lists: readonly FaultList[], isSingle: boolean): ReadonlyMap<number, FaultsOfInput> {
  const listed = Map.groupBy(
    lists.flatMap((list) => list.listed),
    ({ index }) => index ?? 0,
  );
  const totalOf = (index: number) => lists.reduce((sum, list) => sum + list.totalOf(isSingle ? undefined : index), 0);
  return new Map([...listed].map(([index, faults]) => [index, { listed: faults, total: totalOf(index) }]));
}

/** An entry of `results`, or of `errors`. */
type InputToldOf = ReturnType<typeof renderAccepted> | ReturnType<typeof renderRefused>;

const firstOf = ({ listed, total }: FaultsOfInput): FaultsOfInput => ({ listed: listed.slice(0, 1), total });

/** All that is known to be wrong with an input, or the first of it: thousands of sentences would not fit into an answer. */
function tellRefused(index: number, faults: FaultsOfInput): Telling<InputToldOf> {
  const all = renderRefused(index, faults);
  return { all, least: faults.listed.length === 1 ? all : renderRefused(index, firstOf(faults)) };
}

function tellAccepted(index: number, prospect: Prospect, warnings: FaultsOfInput | undefined): Telling<InputToldOf> {
  const all = renderAccepted(index, prospect, warnings);
  const isShort = warnings === undefined || warnings.listed.length === 1;
  return { all, least: isShort ? all : renderAccepted(index, prospect, firstOf(warnings)) };
}

const renderAccepted = (index: number, prospect: Prospect, warnings: FaultsOfInput | undefined) => ({
  index,
  outcome: 'accepted',
  ...prospect,
  ...(warnings && { warnings: warnings.listed.map(renderFault) }),
  ...(warnings && warnings.total > warnings.listed.length && { numWarnings: warnings.total }),
});

const renderRefused = (index: number, faults: FaultsOfInput) => ({
  index,
  status: 'error',
  category: 'VALIDATION_ERROR',
  message: messageOf(faults),
  errors: faults.listed.map(renderFault),
});

async function foretell(
  verb: Verb,
  drafts: readonly ContactDraft[],
  findHints: FindHints,
  now: EpochMs,
): Promise<ReadonlyMap<number, Prospect>> {
  const names = drafts.flatMap((draft) => nameOf(draft) ?? []);
  const hints = names.length === 0 ? [] : await findHints([...new Set(names)]);
  const known = new Map(hints.map((hint) => [hint.name, hint]));
  // A name that points elsewhere leads to its home's contact.
  const homes = hints.flatMap(({ name, home }) => (home === name || known.has(home) ? [] : [home]));
  if (homes.length > 0) for (const hint of await findHints([...new Set(homes)])) known.set(hint.name, hint);
  return new Map(drafts.map((draft) => [draft.index, prospectOf(verb, draft, known, now)]));
}

function nameOf({ id, idProperty, properties }: ContactDraft): LedgerName | undefined {
  if (id !== undefined) return idProperty === undefined ? nameOfId(id as ContactId) : nameOfKey(idProperty, id);
  const email = properties['email'] ?? '';
  return email === '' ? undefined : nameOfKey('email', email);
}

function prospectOf(verb: Verb, draft: ContactDraft, known: ReadonlyMap<LedgerName, NameHint>, now: EpochMs): Prospect {
  const name = nameOf(draft);
  const hint = name === undefined ? undefined : known.get(name);
  const home = hint && known.get(hint.home);
  const isRecordId = draft.id !== undefined && draft.idProperty === undefined;
  const id = home?.id ?? hint?.id ?? (isRecordId && hint !== undefined ? (draft.id as ContactId) : undefined);
  if (verb === 'gdpr-delete') return deletionOf(draft, hint, id);
  if (draft.link !== undefined) {
    const calls = [...(hint === undefined ? ['batch/read'] : []), `associations/${draft.link.toType}/batch`];
    return id === undefined ? { contact: 'unknown', calls } : { contact: 'known', id, calls };
  }
  const followUps = draft.associations?.flatMap(({ toObjectType }) => toObjectType ?? []) ?? [];
  const after = [...new Set(followUps)].map((toType) => `associations/${toType}/batch`);
  if (verb !== 'update' && verb !== 'archive') {
    const calls = [`batch/${verb}`, ...after];
    return id === undefined
      ? { contact: verb === 'create' ? 'new' : 'unknown', calls }
      : { contact: 'known', id, calls };
  }
  const confirmedAt = hint?.confirmedAt;
  const isSure = isRecordId || (confirmedAt !== undefined && between(confirmedAt, now) <= MAPPING_IS_FRESH);
  const calls = [...(id !== undefined && isSure ? [] : ['batch/read']), `batch/${verb}`, ...after];
  return id === undefined ? { contact: 'unknown', calls } : { contact: 'known', id, calls };
}

/** An e-mail is sent to HubSpot as it is; whom an id or another key names, HubSpot is asked first unless the relay knows. */
function deletionOf({ idProperty }: ContactDraft, hint: NameHint | undefined, id: ContactId | undefined): Prospect {
  const isAsked = idProperty === undefined ? hint === undefined : idProperty !== 'email';
  const calls = isAsked ? ['batch/read', 'gdpr-delete'] : ['gdpr-delete'];
  return id === undefined ? { contact: 'unknown', calls } : { contact: 'known', id, calls };
}
