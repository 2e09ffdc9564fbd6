import type { ContactId } from '../operations/contact-write.ts';
import { normaliseKey } from '../operations/contact-write.ts';
import type { WriteError } from '../operations/outcome.ts';
import type { BatchAnswer, BatchError, BatchResult } from './batch-answer.ts';

/** One input of a batch call, by all that an answer can name it. */
export interface SentInput {
  readonly traceId: string;
  /** What stood in the input's `id`: a record id, or the value of `idProperty`. Absent on a create. */
  readonly id?: string;
  readonly idProperty?: string;
  /** Another e-mail that is known to lead to the same contact. */
  readonly alias?: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** What became of one input. */
export type InputVerdict =
  | { readonly kind: 'delivered'; readonly id: ContactId; readonly isNew: boolean; readonly body: BatchResult }
  | {
      readonly kind: 'rejected';
      readonly httpStatus: number;
      readonly error: WriteError;
      readonly existingId?: ContactId;
    }
  /** Neither among the results nor among the errors: nothing is known of it. */
  | { readonly kind: 'missing' };

/**
 * Finds every input of a call in HubSpot's answer: by trace id, by id, by unique key, for a create without a key by its
 * content. Never by position, since HubSpot answers in any order, and never by the absence of an error, since it leaves
 * inputs out silently.
 */
export function reconcileBatch(inputs: readonly SentInput[], answer: BatchAnswer): readonly InputVerdict[] {
  return reconcile(inputs, answer, findResults);
}

/** The same for a `batch/read`, which gives each contact once, however many of its names were asked for. */
export function reconcileReading(inputs: readonly SentInput[], answer: BatchAnswer): readonly InputVerdict[] {
  return reconcile(inputs, answer, findShared);
}

function reconcile(
  inputs: readonly SentInput[],
  answer: BatchAnswer,
  find: (inputs: readonly SentInput[], results: readonly BatchResult[]) => Map<SentInput, BatchResult>,
): readonly InputVerdict[] {
  const errors = findErrors(inputs, answer.errors);
  const open = inputs.filter((input) => !errors.has(input));
  const results = find(open, answer.results);
  return inputs.map((input): InputVerdict => {
    const error = errors.get(input);
    if (error !== undefined) return rejected(error, input);
    const result = results.get(input);
    if (result === undefined) return { kind: 'missing' };
    return { kind: 'delivered', id: result.id as ContactId, isNew: result.new === true, body: result };
  });
}

/** An error names inputs by our trace id, or by the ids it could not find, several at once. */
function findErrors(inputs: readonly SentInput[], errors: readonly BatchError[]): Map<SentInput, BatchError> {
  const found = new Map<SentInput, BatchError>();
  if (errors.length === 0) return found;
  const byTrace = new Map(inputs.map((input) => [input.traceId, input]));
  const byId = new Map(inputs.flatMap((input) => (input.id === undefined ? [] : [[keyOf(input.id, input), input]])));
  for (const error of errors) {
    const traces = error.context?.['objectWriteTraceId'] ?? [];
    const named = traces.length > 0 ? traces.map((trace) => byTrace.get(trace)) : [];
    const ids =
      traces.length > 0 ? [] : (error.context?.['ids'] ?? []).map((id) => byId.get(id) ?? byId.get(lower(id)));
    for (const input of [...named, ...ids]) if (input !== undefined) found.set(input, error);
  }
  return found;
}

const lower = (id: string): string => id.trim().toLowerCase();
const keyOf = (id: string, { idProperty }: SentInput): string =>
  idProperty === undefined ? id : normaliseKey(idProperty, id);

/** The inputs that each result answers. */
function findShared(inputs: readonly SentInput[], results: readonly BatchResult[]): Map<SentInput, BatchResult> {
  const byId = new Map(results.map((result) => [result.id, result]));
  const byKey = new Map(results.flatMap((result) => keysOfResult(result).map((key) => [key, result] as const)));
  const found = new Map<SentInput, BatchResult>();
  for (const input of inputs) {
    const key = keysOfInput(input)[0];
    const result = key === undefined ? byId.get(input.id ?? '') : byKey.get(key);
    if (result !== undefined) found.set(input, result);
  }
  return found;
}

/** The surest match first, each result used once. */
function findResults(inputs: readonly SentInput[], results: readonly BatchResult[]): Map<SentInput, BatchResult> {
  const found = new Map<SentInput, BatchResult>();
  let left = matchOnce(
    inputs,
    results,
    found,
    (input) => [input.traceId],
    ({ objectWriteTraceId }) => (objectWriteTraceId === undefined ? [] : [objectWriteTraceId]),
  );
  left = matchOnce(
    inputs,
    left,
    found,
    (input) => (input.id !== undefined && input.idProperty === undefined ? [input.id] : []),
    (result) => [result.id],
  );
  const sure = new Set(found.keys());
  left = matchOnce(inputs, left, found, keysOfInput, keysOfResult);
  matchByContent(inputs, left, found);
  if (found.size < inputs.length) distrustEmails(inputs, found, sure);
  return found;
}

/**
 * A result that shows the e-mail of one input may be that of another, which HubSpot knows as the same contact by a secondary e-mail, and
 * the one itself dropped: then it shows something that only the other one sent.
 */
function distrustEmails(
  inputs: readonly SentInput[],
  found: Map<SentInput, BatchResult>,
  sure: ReadonlySet<SentInput>,
): void {
  const missing = inputs.filter((input) => !found.has(input) && input.idProperty === 'email');
  for (const [input, result] of [...found]) {
    if (input.idProperty !== 'email' || sure.has(input) || shows(result, input)) continue;
    if (missing.some((other) => showsOnlyOf(result, other, input))) found.delete(input);
  }
}

/** Pairs inputs and results that share a name; returns the results left over. */
function matchOnce(
  inputs: readonly SentInput[],
  results: readonly BatchResult[],
  found: Map<SentInput, BatchResult>,
  namesOfInput: (input: SentInput) => readonly string[],
  namesOfResult: (result: BatchResult) => readonly string[],
): readonly BatchResult[] {
  if (found.size === inputs.length || results.length === 0) return results;
  const open = new Map<string, SentInput>();
  for (const input of inputs) if (!found.has(input)) for (const name of namesOfInput(input)) open.set(name, input);
  return results.filter((result) => {
    const input = namesOfResult(result)
      .map((name) => open.get(name))
      .find((candidate) => candidate !== undefined && !found.has(candidate));
    if (input === undefined) return true;
    found.set(input, result);
    return false;
  });
}

/** The unique values by which an input can be told: its key, and for a create its e-mail. */
function keysOfInput(input: SentInput): readonly string[] {
  if (input.id !== undefined) {
    const alias = input.alias === undefined ? [] : [`email:${input.alias}`];
    return input.idProperty === undefined
      ? []
      : [`${input.idProperty}:${normaliseKey(input.idProperty, input.id)}`, ...alias];
  }
  const email = input.properties['email'];
  return email === undefined || email === '' ? [] : [`email:${normaliseKey('email', email)}`];
}

/** Every property of a result is a name it may be asked by; an additional e-mail is an alias of the contact. */
function keysOfResult(result: BatchResult): readonly string[] {
  const keys: string[] = [];
  for (const [name, value] of Object.entries(result.properties ?? {})) {
    if (value === null || value === '') continue;
    if (name === 'hs_additional_emails') {
      for (const alias of value.split(';')) keys.push(`email:${normaliseKey('email', alias)}`);
    } else keys.push(`${name}:${normaliseKey(name, value)}`);
  }
  return keys;
}

/**
 * Creates without a unique key: a result belongs to an input whose every property it shows. Inputs of equal content are
 * interchangeable. The last input and the last result left belong together: HubSpot rewrote a value, or shows only the primary e-mail of
 * whom a secondary one addressed.
 */
function matchByContent(
  inputs: readonly SentInput[],
  results: readonly BatchResult[],
  found: Map<SentInput, BatchResult>,
): void {
  const left = new Set(results);
  const open = inputs.filter((input) => !found.has(input) && input.id === undefined && keysOfInput(input).length === 0);
  // The most telling first: a result with more properties also shows an input with fewer.
  open.sort((a, b) => Object.keys(b.properties).length - Object.keys(a.properties).length);
  for (const input of open) {
    const result = [...left].find((candidate) => shows(candidate, input));
    if (result === undefined) continue;
    found.set(input, result);
    left.delete(result);
  }
  const unmatched = inputs.filter((input) => !found.has(input));
  const [input] = unmatched;
  const [result] = left;
  if (unmatched.length !== 1 || left.size !== 1 || input === undefined || result === undefined) return;
  if (input.id === undefined || input.idProperty === 'email') found.set(input, result);
}

const showsOnlyOf = (result: BatchResult, input: SentInput, other: SentInput): boolean =>
  Object.entries(input.properties).some(
    ([name, value]) => value !== '' && result.properties?.[name] === value && other.properties[name] !== value,
  );

const shows = (result: BatchResult, input: SentInput): boolean =>
  Object.entries(input.properties).every(([name, value]) => value === '' || result.properties?.[name] === value);

function rejected(error: BatchError, input: SentInput): InputVerdict {
  const category = error.category ?? 'VALIDATION_ERROR';
  const existing = error.context?.['existingId']?.[0];
  return {
    kind: 'rejected',
    httpStatus: httpStatusOf(category),
    error: {
      status: 'error',
      category,
      message: error.message ?? 'HubSpot refused the record and gave no reason',
      ...contextOf(error, input),
    },
    ...(existing !== undefined && { existingId: existing as ContactId }),
  };
}

/** Only what is about this input: a grouped error lists the ids of its neighbours too, our trace ids mean nothing outside. */
function contextOf(error: BatchError, input: SentInput): Pick<WriteError, 'context'> {
  const context: Record<string, readonly string[]> = {};
  for (const [name, values] of Object.entries(error.context ?? {})) {
    if (name === 'objectWriteTraceId') continue;
    context[name] = name === 'ids' && input.id !== undefined ? [input.id] : values;
  }
  return Object.keys(context).length > 0 ? { context } : {};
}

/** The status HubSpot gives a single request with a fault of this category. */
export function httpStatusOf(category: string): number {
  if (category === 'CONFLICT') return 409;
  return category === 'OBJECT_NOT_FOUND' ? 404 : 400;
}
