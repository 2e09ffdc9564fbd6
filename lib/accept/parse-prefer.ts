import { LIFECYCLE_POLICIES, type LifecyclePolicy } from '../operations/lifecycle.ts';
import { type DurationMs, seconds } from '../runtime/units.ts';

/** HTTP APIs give up after 30 s; 25 leave time for everything around the wait. */
export const MAX_WAIT_SECONDS = 25;

/** `token`, optionally `= word`, where a word is a token or a quoted string (RFC 7240, section 2, as corrected by erratum 4439). */
const PREFERENCE = /^[\t ]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[\t ]*=[\t ]*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?[\t ]*$/;

/**
 * How long a caller asks to wait with `Prefer: wait=N`, in whole seconds, 25 at most; 0 when it does not. As the RFC has it, of
 * several `wait` the first counts, other preferences and parameters are skipped, and what is malformed is ignored.
 */
export function parseWait(header: string | undefined): DurationMs {
  const value = readPreference(header, 'wait') ?? '';
  return seconds(/^\d+$/.test(value) ? Math.min(Number(value), MAX_WAIT_SECONDS) : 0);
}

/** What is to become of a request with faults in it: `strict` refuses it, `lenient` takes what is right of it (RFC 7240, 4.4). */
export type Handling = 'strict' | 'lenient';

/** Which of the two a caller asks for with `Prefer: handling=…`; undefined when it asks for neither. */
export function parseHandling(header: string | undefined): Handling | undefined {
  const value = readPreference(header, 'handling')?.toLowerCase();
  return value === 'strict' || value === 'lenient' ? value : undefined;
}

/** What a caller wants done about lifecycle stages with `Prefer: lifecycle=…`; undefined when it does not say. */
export function parseLifecycle(header: string | undefined): LifecyclePolicy | undefined {
  const value = readPreference(header, 'lifecycle')?.toLowerCase();
  return LIFECYCLE_POLICIES.find((policy) => policy === value);
}

/** The value of the first preference of this name, `''` when it has none. */
function readPreference(header: string | undefined, name: string): string | undefined {
  for (const preference of splitOutsideQuotes(header ?? '', ',')) {
    const match = PREFERENCE.exec(splitOutsideQuotes(preference, ';')[0] ?? '');
    if (match?.[1]?.toLowerCase() === name) return match[2] ?? match[3] ?? '';
  }
  return undefined;
}

function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isQuoted && character === '\\') at += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
