import { normaliseEmail } from '../../../infra/local/hubspot/core/email-address.ts';
import type { WireAnswer } from '../../../infra/local/hubspot/core/wire.ts';
import type { HubSpotAnswer } from '../../../lib/hubspot/hubspot-answer.ts';
import { VERBS, type Verb } from '../../../lib/operations/contact-write.ts';
import { FUNCTION_TIMEOUT } from '../function-timeout.ts';
import type { WireCall, WireInput, WireTap } from '../hubspot-wire.ts';
import { tagsOf, type Witness } from '../witness.ts';
import { checkOlderWrites } from './of-deletions.ts';
import { isOrderLost } from './of-renames.ts';

/** What the checks at the wire need to know beside what is sent. */
export interface WireChecks {
  readonly witness: Witness;
  readonly now: () => number;
  /** Where an id leads after merges. */
  readonly resolveId: (id: string) => string;
  /** Whether the process holds the lease on a contact; undefined while no ledger is in use. */
  readonly holdsLease: (process: string, target: { id?: string; email?: string }) => boolean | undefined;
  /** Told of each call that HubSpot worked on. */
  readonly carriedOut: WireTap['carriedOut'];
  /** Set in runs in which contacts have several names: whether the caller can know that two of them are one contact. */
  readonly isKnownAsOne?: (
    caller: WireCall,
    a: { id?: string; email?: string },
    b: { id?: string; email?: string },
  ) => boolean;
  /** Set in the same runs: whether the caller can know where the name leads now. */
  readonly knowsHome?: (caller: WireCall, target: { id?: string; email?: string }) => boolean;
}

const MOST_INPUTS = 100;
/** Properties in which the order of writes is kept for themselves. */
const ORDERED: readonly string[] = ['city', 'phone', 'company', 'firstname'];
/** Consumers learn of each other's `Retry-After` through the store: that takes a moment. */
const TIME_TO_LEARN = 5_000;

/** D3, D4, D6, F2 and F3 at each call, and what its answer proves for D7 and D9. */
export function createWireTap(checks: WireChecks): WireTap {
  const quiet: Quiet = { until: 0, since: 0, by: undefined };
  const ownQuiet = new Map<string, OwnQuiet>();
  return {
    started: (call) => {
      const kind = kindOf(call);
      checkFlow(checks, call, quiet, ownQuiet);
      checkOlderWrites(checks.witness, call);
      if (isGdprDelete(call)) checkLease(checks, call, deletedIn(call));
      if (isAboutLinks(call.request)) checkLinks(checks, call);
      if (kind === undefined) return;
      checkD6(checks, call, kind);
      if (kind === 'read') return;
      checkD4(checks, call);
      checkD3(checks, call);
      if (checks.isKnownAsOne !== undefined) checkUndoing(checks, call);
    },
    answered: (call, answer) => {
      if (answer.kind !== 'answered') return;
      if (answer.retryAfter !== undefined) {
        const until = checks.now() + answer.retryAfter;
        const own = ownQuiet.get(call.process.name);
        if (until > (own?.until ?? 0)) ownQuiet.set(call.process.name, { until, since: checks.now() });
        if (until > quiet.until) Object.assign(quiet, { until, since: checks.now(), by: call.process });
      }
      noteRefusals(checks.witness, call, answer);
    },
    carriedOut: checks.carriedOut,
  };
}

/** The longest `Retry-After` that a process heard; what it sent before is on its way. */
interface OwnQuiet {
  readonly until: number;
  readonly since: number;
}

/** The longest `Retry-After`, since when, and who heard it: whoever died of it told nobody. */
interface Quiet extends OwnQuiet {
  readonly by: { readonly isAlive: boolean } | undefined;
}

type Kind = Verb | 'read';

/** Undefined for calls that are about one contact by their path. */
function kindOf({ request }: WireCall): Kind | undefined {
  if (isAboutLinks(request)) return undefined;
  const job = request.path.split('/batch/')[1];
  return job === 'read' ? job : VERBS.find((verb) => verb === job);
}

const isAboutLinks = ({ path }: { readonly path: string }): boolean => path.includes('/associations/');

interface LinkInput {
  readonly from: { readonly id: string };
  readonly to: { readonly id: string } | readonly { readonly id: string }[];
}

/** D3 and D6 at a call about associations: several inputs of one contact are several pairs. */
function checkLinks({ witness, holdsLease, resolveId, isKnownAsOne }: WireChecks, call: WireCall): void {
  const inputs = call.inputs as unknown as readonly LinkInput[];
  const pairs = inputs.flatMap(({ from, to }) => [to].flat().map(({ id }) => `${from.id} ${id}`));
  if (pairs.length > MOST_INPUTS) witness.report('D6', `a call of ${pairs.length} associations`);
  if (new Set(pairs).size < pairs.length) witness.report('D6', `a pair twice in ${call.request.path}`);
  const ids = [...new Set(inputs.map(({ from }) => from.id))];
  for (const [n, id] of ids.entries()) {
    const other = ids.slice(0, n).find((each) => resolveId(each) === resolveId(id));
    // Ids that nobody has told to be one contact's may meet in a call.
    if (other !== undefined && isKnownAsOne?.(call, { id: other }, { id }) !== false)
      witness.report('D6', `contact ${resolveId(id)} as ${other} and as ${id} in ${call.request.path}`);
  }
  for (const { from } of inputs) {
    if (holdsLease(call.process.name, { id: from.id }) === false)
      witness.report('D3', `${call.process.name} associates ${from.id} without its lease`);
  }
}

function checkFlow(
  { witness, now }: WireChecks,
  call: WireCall,
  quiet: Quiet,
  ownQuiet: ReadonlyMap<string, OwnQuiet>,
): void {
  if (call.startedAt + call.timeout > call.deadline) {
    witness.report(
      'F3',
      `${call.process.name} starts a call of ${call.timeout} ms, ${call.deadline - now()} ms before its end`,
    );
  }
  const own = ownQuiet.get(call.process.name);
  if (own !== undefined && call.startedAt > own.since && call.startedAt < own.until)
    witness.report('F2', `${call.process.name} calls ${own.until - now()} ms before its Retry-After ends`);
  else if (call.startedAt < quiet.until && call.startedAt > quiet.since + TIME_TO_LEARN && quiet.by?.isAlive === true) {
    witness.report(
      'F2 shared',
      `${call.process.name} calls ${quiet.until - now()} ms before another's Retry-After ends`,
    );
  }
}

function checkD6(checks: WireChecks, call: WireCall, kind: Kind): void {
  const { witness, resolveId } = checks;
  if (call.inputs.length > MOST_INPUTS) witness.report('D6', `a call of ${call.inputs.length} inputs`);
  const met = new Map<string, WireInput>();
  for (const input of call.inputs) {
    const contact = contactOf(input, witness, resolveId);
    const before = contact === undefined ? undefined : met.get(contact);
    if (before !== undefined && isAvoidable(checks, call, kind, before, input))
      witness.report('D6', `contact ${contact} twice in a ${kind}`);
    if (contact !== undefined) met.set(contact, input);
    for (const tag of tagsOf(input.properties)) {
      const verbs = (witness.writesByTag.get(tag) ?? []).map(({ verb }) => verb);
      // A create that was found to have made its contact is repeated as an update (delivery rule 13).
      const isRepeated = kind === 'update' && (witness.creations.has(tag) || isRestored(checks, input, tag));
      if (!isRepeated && !verbs.some((verb) => verb === kind))
        witness.report('D6', `write ${tag} (${verbs}) travels in a ${kind}`);
    }
  }
}

/** The contact an input means: its record id once it has one, else its e-mail. */
function contactOf(input: WireInput, witness: Witness, resolveId: (id: string) => string): string | undefined {
  const email = emailOf(input);
  if (email !== undefined) return witness.idOf(email) ?? email;
  return input.id === undefined ? undefined : resolveId(input.id);
}

function targetOf(input: WireInput): { readonly id?: string; readonly email?: string } {
  const email = emailOf(input);
  if (email !== undefined) return { email };
  return input.id === undefined ? {} : { id: input.id };
}

function emailOf(input: WireInput): string | undefined {
  if (input.id === undefined) {
    const email = input.properties?.['email'];
    return email === undefined || email === '' ? undefined : normaliseEmail(email);
  }
  return input.idProperty === 'email' ? normaliseEmail(input.id) : undefined;
}

/**
 * D5 for each name, however many homes it had: once a write by it is settled as delivered, no older write by the same name touches what it
 * set. But for an invocation that has run since before the name was led elsewhere: what it overwrites has to be there in the end.
 */
function checkUndoing({ witness, knowsHome }: WireChecks, call: WireCall): void {
  for (const input of call.inputs) {
    if (knowsHome?.(call, targetOf(input)) === false || isOrderLost(witness, input.id ?? '')) continue;
    const { properties = {} } = input;
    for (const [name, value] of Object.entries(properties)) {
      const facts = ORDERED.includes(name) ? (witness.writesByTag.get(value) ?? []) : [];
      const [fact] = facts;
      if (fact === undefined || facts.length > 1 || fact.verb === 'create' || witness.isSettled(value)) continue;
      const newer = [...witness.writes.values()].find(
        ({ key, order, target, write }) =>
          order > fact.order &&
          write.properties[name] !== undefined &&
          ['created', 'updated'].includes(witness.outcomes.get(key)?.kind ?? '') &&
          JSON.stringify(target) === JSON.stringify(fact.target) &&
          !wentToFormer(witness, input, write.properties[name]),
      );
      if (newer !== undefined) witness.report('D5', `${value} is sent, and ${newer.key} has set ${name} since`);
    }
  }
}

/** Whether a value was written to a contact that had the e-mail before another got it, to whom the call is about. */
const wentToFormer = (witness: Witness, { id = '' }: WireInput, value: string): boolean =>
  witness.history.predecessorsOf(id).length > 0 &&
  !witness.commits.some((commit) => commit.id === id && Object.values(commit.values).includes(value));

/** Names that nobody has told to be one contact's may meet in a call, and in any reading. */
function isAvoidable({ isKnownAsOne }: WireChecks, call: WireCall, kind: Kind, a: WireInput, b: WireInput): boolean {
  if (isKnownAsOne === undefined) return true;
  return kind !== 'read' && isKnownAsOne(call, targetOf(a), targetOf(b));
}

/** A value that the contact had before, written again: an older write by another name had overwritten it (delivery rule 7). */
function isRestored({ witness, isKnownAsOne }: WireChecks, { id }: WireInput, tag: string): boolean {
  if (isKnownAsOne === undefined || id === undefined) return false;
  return witness.commits.some(
    (commit) => witness.resolve(commit.id) === witness.resolve(id) && Object.values(commit.values).includes(tag),
  );
}

/**
 * Whether the fence that would have told of the delivery went with a person who was deleted, and the outcome was stored only when the caller's
 * invocation was running.
 */
function wentWithPerson(witness: Witness, { deadline }: WireCall, tag: string): boolean {
  return (witness.writesByTag.get(tag) ?? []).every(
    ({ key, target }) =>
      (witness.purged.has(witness.nameOf(target)) || witness.blocked.has(witness.nameOf(target))) &&
      (witness.settledAt.get(key)?.at ?? 0) >= deadline - FUNCTION_TIMEOUT,
  );
}

function checkD4(checks: WireChecks, call: WireCall): void {
  const { witness } = checks;
  for (const input of call.inputs) {
    for (const tag of tagsOf(input.properties)) {
      const isRepair = kindOf(call) === 'update' && isRestored(checks, input, tag);
      const writes = witness.writesByTag.get(tag) ?? [];
      const isNews = writes.every(({ key }) => witness.cameTooLateFor(call.process.name, key));
      if (witness.isSettled(tag) && !isRepair && !isNews && !wentWithPerson(witness, call, tag))
        witness.report('D4', `${call.process.name} sends ${tag}, which is settled`);
    }
  }
}

function checkD3(checks: WireChecks, call: WireCall): void {
  for (const input of call.inputs) checkLease(checks, call, input);
}

function checkLease({ witness, holdsLease }: WireChecks, call: WireCall, input: WireInput): void {
  const target = targetOf(input);
  if (target.id === undefined && target.email === undefined) return;
  if (holdsLease(call.process.name, target) === false) {
    witness.report('D3', `${call.process.name} writes to ${target.id ?? target.email} without its lease`);
  }
}

const isGdprDelete = ({ request }: WireCall): boolean => request.path.endsWith('/gdpr-delete');

/** Whom a GDPR delete is about, as an input. */
function deletedIn({ request }: WireCall): WireInput {
  const { objectId, idProperty } = Object(request.body);
  return { id: String(objectId), ...(idProperty !== undefined && { idProperty: String(idProperty) }) };
}

/** Notes by which id HubSpot has deleted somebody for good. */
export function noteGdprDelete(witness: Witness, call: WireCall, { status }: WireAnswer): void {
  if (!isGdprDelete(call) || status !== 204) return;
  const { id, idProperty } = deletedIn(call);
  if (id !== undefined && idProperty === undefined) witness.purgedById.add(id);
}

const ABOUT_THE_RECORD = new Set([400, 404, 409, 413, 414, 422]);

/** What an answer that arrived proves: which inputs HubSpot refused, and whom it does not know. */
function noteRefusals(witness: Witness, call: WireCall, answer: Extract<HubSpotAnswer, { kind: 'answered' }>): void {
  const refuse = (input: WireInput) => {
    const tags = [...tagsOf(input.properties)];
    if (tags.length === 1 && tags[0] !== undefined) witness.refusedAlone.add(tags[0]);
    if (tags.length === 0 && kindOf(call) === 'update') witness.refusedEmails.add(input.properties?.['email'] ?? '');
    if (kindOf(call) === 'read' && input.id !== undefined) witness.absent.add(normaliseEmail(input.id));
  };
  const [only] = call.inputs;
  if (kindOf(call) === undefined) {
    if (answer.status === 404 && !isAboutLinks(call.request))
      witness.absent.add(isGdprDelete(call) ? (deletedIn(call).id ?? '') : idInPath(call.request.path));
    return;
  }
  if (call.inputs.length === 1 && only !== undefined && ABOUT_THE_RECORD.has(answer.status)) refuse(only);
  for (const context of errorContexts(answer.body)) {
    for (const input of call.inputs) {
      const isNamed =
        (input.objectWriteTraceId !== undefined && context['objectWriteTraceId']?.includes(input.objectWriteTraceId)) ||
        (input.id !== undefined && context['ids']?.includes(input.id));
      if (isNamed === true) refuse(input);
    }
  }
}

const idInPath = (path: string): string => {
  const last = new URL(path, 'http://hubspot.invalid').pathname.split('/').at(-1) ?? '';
  return normaliseEmail(decodeURIComponent(last));
};

type Context = Readonly<Record<string, readonly string[] | undefined>>;

function errorContexts(body: unknown): readonly Context[] {
  if (typeof body !== 'object' || body === null || !('errors' in body) || !Array.isArray(body.errors)) return [];
  const errors: readonly { readonly context?: Context }[] = body.errors;
  return errors.flatMap(({ context }) => (context === undefined ? [] : [context]));
}
