import type { WriteError } from '../operations/outcome.ts';
import type { PendingWrite } from './pending-write.ts';

/** Shorter values stand in any sentence by chance and tell nobody anything. */
const SHORTEST_TELLING_VALUE = 3;

/**
 * HubSpot's error without the values it quotes: operations keep outcomes and ids, never what was written. Each value of
 * the write is replaced by the name of its property, e.g. `Email address <email> is invalid`.
 */
export function redactValues(error: WriteError, pending: PendingWrite): WriteError {
  const values = valuesOf(pending);
  const redact = (text: string): string =>
    values.reduce((redacted, [value, name]) => replaceQuoted(redacted, value, `<${name}>`), text);
  return {
    ...error,
    message: redact(error.message),
    ...(error.context !== undefined && {
      context: Object.fromEntries(
        Object.entries(error.context).map(([name, texts]) => [name, texts.map(redact)] as const),
      ),
    }),
  };
}

const WORD_AT_THE_END = /[\p{L}\p{N}]$/u;
const WORD_AT_THE_START = /^[\p{L}\p{N}]/u;

/** Whole words only: the city `Here` is not quoted by a sentence in which something is not t-here. */
function replaceQuoted(text: string, value: string, replacement: string): string {
  const startsWithWord = WORD_AT_THE_START.test(value);
  const endsWithWord = WORD_AT_THE_END.test(value);
  return text.replaceAll(value, (found: string, at: number, whole: string) => {
    const end = at + found.length;
    const isInsideWord =
      (startsWithWord && WORD_AT_THE_END.test(whole.slice(Math.max(0, at - 2), at))) ||
      (endsWithWord && WORD_AT_THE_START.test(whole.slice(end, end + 2)));
    return isInsideWord ? found : replacement;
  });
}

/** What must not be quoted: as written, as JSON escapes it, and in HubSpot's lower case; the longest first. */
function valuesOf({ write }: PendingWrite): readonly (readonly [string, string])[] {
  const named = Object.entries(write.properties).map(([name, value]) => [value, name] as const);
  const key = write.idProperty !== undefined && write.id !== undefined ? [[write.id, write.idProperty] as const] : [];
  return [...named, ...key]
    .flatMap(([value, name]) =>
      [value, value.trim(), value.toLowerCase().trim(), JSON.stringify(value).slice(1, -1)].map(
        (form) => [form, name] as const,
      ),
    )
    .filter(([form]) => form.length >= SHORTEST_TELLING_VALUE)
    .sort(([a], [b]) => b.length - a.length);
}
