import { UnreadableItemError } from './attribute-values.ts';
import type { LinkOutcome } from './link.ts';

/**
 * Bytes that the refusals among the associations of one outcome may take in all: a hundred outcomes must fit one item of 400 KB, and
 * the door takes 20 associations a write, of about 100 bytes each.
 */
const MAX_REFUSAL_BYTES = 1_200;
const SHORTEST_MESSAGE = 40;
const HTTP_NAMES_AROUND_A_MESSAGE = 60;

const LETTERS = { associated: 'a', superseded: 's', rejected: 'r' } as const;

type Compact = readonly [string, string, string, string?, string?];

/** Appended to a compact outcome: `|[["companies","123","a"],["deals","9","r","VALIDATION_ERROR","…"]]`, or nothing. */
export function compactAssociations(associations: readonly LinkOutcome[] | undefined): string {
  if (associations === undefined) return '';
  const refused = associations.filter(({ outcome }) => outcome === 'rejected').length;
  const room = Math.max(SHORTEST_MESSAGE, MAX_REFUSAL_BYTES / Math.max(1, refused) - HTTP_NAMES_AROUND_A_MESSAGE);
  const compact = associations.map((each): Compact => {
    const common = [each.toObjectType, each.toObjectId, LETTERS[each.outcome]] as const;
    if (each.outcome !== 'rejected') return common;
    return [...common, each.error.category.slice(0, 40), cut(each.error.message, Math.floor(room))];
  });
  return `|${JSON.stringify(compact)}`;
}

/** At most so many bytes of JSON, in which a control character takes six. */
function cut(message: string, bytes: number): string {
  let kept = message.toWellFormed().slice(0, bytes);
  while (Buffer.byteLength(JSON.stringify(kept)) > bytes + 2) kept = kept.slice(0, kept.length * 0.9).toWellFormed();
  return kept;
}

/** Reads them back; nothing for an outcome that has none. */
export function parseAssociations(text: string): { readonly associations?: readonly LinkOutcome[] } {
  if (text === '') return {};
  const compact: readonly Compact[] = JSON.parse(text.slice(1));
  return {
    associations: compact.map(([toObjectType, toObjectId, letter, category = '', message = '']): LinkOutcome => {
      const end = { toObjectType, toObjectId };
      if (letter === 'a') return { ...end, outcome: 'associated' };
      if (letter === 's') return { ...end, outcome: 'superseded' };
      if (letter !== 'r') throw new UnreadableItemError('associations');
      return { ...end, outcome: 'rejected', error: { status: 'error', category, message } };
    }),
  };
}
