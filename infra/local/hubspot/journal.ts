import { appendFileSync, closeSync, existsSync, openSync, readFileSync, truncateSync } from 'node:fs';
import { z } from 'zod';
import type { Change } from './core/contact-store.ts';

/** A file of changes, those of one call to a line. */
export interface Journal {
  /** The changes of earlier lives, oldest first. */
  readonly restored: Iterable<Change>;
  /** Writes changes before it returns: they are then in the system's hands, and a kill -9 of ours takes nothing back. */
  readonly append: (changes: readonly Change[]) => void;
  readonly close: () => void;
}

const NEWLINE = 0x0a;

const lineSchema = z.array(z.custom<Change>((value) => typeof value === 'object' && value !== null && 'kind' in value));

/**
 * Opens a journal, or starts one.
 *
 * A last line without its end was being written when the process died: it was never answered, so it is cut off. A
 * broken line before that is an error, as what follows may build on it.
 */
export function openJournal(path: string): Journal {
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  const whole = bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1);
  if (whole.length < bytes.length) truncateSync(path, whole.length);
  const file = openSync(path, 'a');
  return {
    restored: readChanges(whole, path),
    append: (changes) => appendFileSync(file, `${JSON.stringify(changes)}\n`),
    close: () => closeSync(file),
  };
}

function* readChanges(bytes: Buffer, path: string): Generator<Change> {
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start);
    line += 1;
    yield* parseLine(bytes.toString('utf8', start, end), `${path}:${line}`);
    start = end + 1;
  }
}

function parseLine(text: string, place: string): readonly Change[] {
  try {
    return lineSchema.parse(JSON.parse(text));
  } catch {
    throw new Error(`${place}: this line is no list of changes; move the file away to start with no contacts`);
  }
}
