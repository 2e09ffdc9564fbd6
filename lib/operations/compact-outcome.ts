import { UnreadableItemError } from './attribute-values.ts';
import { compactAssociations, parseAssociations } from './compact-associations.ts';
import type { ContactId } from './contact-write.ts';
import type { StageNote } from './lifecycle.ts';
import type { Outcome, WriteError } from './outcome.ts';

/** Longer messages are cut: a hundred outcomes must fit one item of 400 KB. HubSpot's longest seen are about 600. */
export const MAX_MESSAGE_LENGTH = 1_000;
/** 100 x (2,000 + 1,200 + 300 for the rest) = 350 KB. */
const MAX_MESSAGE_BYTES = 2_000;
const MAX_CONTEXT_BYTES = 1_200;
const MAX_CATEGORY_LENGTH = 60;
const MAX_NOTE_BYTES = 1_000;
const CUT = ' … (cut)';

const KINDS = { c: 'created', u: 'updated' } as const;

/** Letters of the outcomes that bring nothing but a contact's id, and may lack it. */
const LETTERS = {
  created: 'c',
  updated: 'u',
  superseded: 's',
  archived: 'a',
  associated: 'l',
  dissociated: 'd',
  deleted: 'x',
} as const;

/**
 * An outcome as one short string, `u:512`, `u:512:{…}` with a note about its lifecycle stage, or `r:400:{…}`: a hundred successes take
 * 2 KB, two write units.
 */
export function compactOutcome(outcome: Outcome): string {
  if (outcome.kind === 'rejected') return `r:${outcome.httpStatus}:${JSON.stringify(boundError(outcome.error))}`;
  if (outcome.kind === 'archived' && outcome.wasGone) return `g:${outcome.id ?? ''}`;
  if (outcome.kind === 'deleted' && outcome.wasGone) return `n:${outcome.id ?? ''}`;
  const note = 'stage' in outcome ? compactNote(outcome.stage) : '';
  const associations = 'associations' in outcome ? compactAssociations(outcome.associations) : '';
  // JSON has no line ends: what follows one is the note.
  return `${LETTERS[outcome.kind]}:${outcome.id ?? ''}${associations}${associations !== '' && note !== '' ? '\n' : ''}${note}`;
}

/** Left out where it is too long, rather than cut to something untrue: no stage that a portal has is. */
function compactNote(note: StageNote | undefined): string {
  const json = note === undefined ? '' : JSON.stringify(note);
  return json === '' || Buffer.byteLength(json) > MAX_NOTE_BYTES ? '' : `:${json}`;
}

/** Reads an outcome back. */
export function parseOutcome(index: number, compact: string): Outcome {
  const letter = compact.charAt(0);
  const rest = compact.slice(2);
  if (letter === 'r') {
    const colon = rest.indexOf(':');
    const error: WriteError = JSON.parse(rest.slice(colon + 1));
    return { kind: 'rejected', index, httpStatus: Number(rest.slice(0, colon)), error };
  }
  const given = /^[^:|]*/.exec(rest)?.[0] ?? '';
  const id = given as ContactId;
  const named = given === '' ? {} : { id };
  const [first = '', second = ''] = rest.slice(given.length).split('\n');
  const associations = parseAssociations(first.startsWith('|') ? first : '');
  const noted = first.startsWith(':') ? first : second;
  if (letter === 's') return { kind: 'superseded', index, ...named, ...associations };
  if (letter === 'a') return { kind: 'archived', index, ...named };
  if (letter === 'g') return { kind: 'archived', index, wasGone: true, ...named };
  if (letter === 'x') return { kind: 'deleted', index, ...named };
  if (letter === 'n') return { kind: 'deleted', index, wasGone: true, ...named };
  if (letter === 'l') return { kind: 'associated', index, id };
  if (letter === 'd') return { kind: 'dissociated', index, id };
  if (letter !== 'c' && letter !== 'u') throw new UnreadableItemError(`of outcome ${index}`);
  return { kind: KINDS[letter], index, id, ...associations, ...parseNote(noted) };
}

const parseNote = (noted: string): { readonly stage?: StageNote } =>
  noted === '' ? {} : { stage: JSON.parse(noted.slice(1)) };

/** An error short enough to be stored; a context that is too long is left out rather than cut to something untrue. */
export function boundError({ status, category, message, context }: WriteError): WriteError {
  const bounded = { status, category: category.slice(0, MAX_CATEGORY_LENGTH), message: boundMessage(message) };
  const fits = context !== undefined && Buffer.byteLength(JSON.stringify(context)) <= MAX_CONTEXT_BYTES;
  return fits ? { ...bounded, context } : bounded;
}

function boundMessage(message: string): string {
  const wellFormed = message.toWellFormed();
  // Bytes are counted as JSON, where a control character takes six.
  const bytes = Buffer.byteLength(JSON.stringify(wellFormed));
  if (wellFormed.length <= MAX_MESSAGE_LENGTH && bytes <= MAX_MESSAGE_BYTES) return wellFormed;
  const length = Math.min(MAX_MESSAGE_LENGTH, Math.floor(wellFormed.length * (MAX_MESSAGE_BYTES / bytes)));
  let kept = wellFormed.slice(0, length - CUT.length);
  while (Buffer.byteLength(JSON.stringify(kept)) > MAX_MESSAGE_BYTES - 20) kept = kept.slice(0, kept.length * 0.9);
  return kept.toWellFormed() + CUT;
}
