import { registerHooks } from 'node:module';

/** A deliberate bug in the source: a passage of one file, and what stands there instead. */
export interface SourceEdit {
  /** From the project's directory, e.g. `lib/deliver/plan-calls.ts`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * Lets modules be loaded with edits from now on; only what is imported afterwards is affected, so this is for processes and
 * processes of their own. Loading a file throws when its passage is not there exactly once: the mutation has to follow the code.
 */
export function applySourceEdits(edits: readonly SourceEdit[]): void {
  if (edits.length === 0) return;
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const wanted = edits.filter(({ file }) => url.endsWith(`/${file}`));
      if (wanted.length === 0 || loaded.source === undefined || loaded.source === null) return loaded;
      const source = wanted.reduce(applyEdit, Buffer.from(loaded.source as Uint8Array | string).toString());
      return { ...loaded, source };
    },
  });
}

function applyEdit(source: string, { file, find, replace }: SourceEdit): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`${file} holds ${JSON.stringify(find)} ${parts.length - 1} times, not once`);
  return parts.join(replace);
}
