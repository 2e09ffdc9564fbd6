import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from './start-error.ts';

/** Where one run keeps its files. */
export interface DataDirectory {
  /** The cloud assembly; made anew by every start. */
  readonly assembly: string;
  /** What functions print. */
  readonly logFile: string;
  /** A file descriptor of the log, to append to. */
  readonly log: number;
  /** Only with a directory that is kept. */
  readonly kept: { readonly queues: string; readonly tables: string; readonly contacts: string } | undefined;
  /** Closes the files; removes the directory unless it is kept. */
  readonly close: () => void;
}

/**
 * Makes a directory ready: the given one, which is kept, or else a temporary one. Throws `StartError` when another runner
 * uses it.
 */
export function openDataDirectory(directory: string | undefined): DataDirectory {
  const root = directory === undefined ? mkdtempSync(join(tmpdir(), 'hubspot-relay-')) : resolve(directory);
  makeDirectory(root);
  const unlock = lock(root);
  const assembly = join(root, 'assembly');
  rmSync(assembly, { recursive: true, force: true });
  const logFile = join(root, 'functions.log');
  const log = openSync(logFile, 'a');
  const inRoot = (name: string) => makeDirectory(join(root, name));
  return {
    assembly,
    logFile,
    log,
    kept:
      directory === undefined
        ? undefined
        : { queues: inRoot('queues'), tables: inRoot('tables'), contacts: join(inRoot('hubspot'), 'contacts.jsonl') },
    close: () => {
      closeSync(log);
      unlock();
      if (directory === undefined) rmSync(root, { recursive: true, force: true });
    },
  };
}

function makeDirectory(path: string): string {
  try {
    mkdirSync(path, { recursive: true });
    return path;
  } catch (error) {
    throw new StartError(
      `The data directory ${path} cannot be made: ${error instanceof Error ? error.message : error}.`,
    );
  }
}

/** A lock of SQLite's ends with its process, however that ends; a file with a process id in it would stay behind. */
function lock(root: string): () => void {
  const database = new DatabaseSync(join(root, 'lock.sqlite'));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch {
    database.close();
    throw new StartError(
      `The data directory ${root} is in use by another relay; stop that one or name another directory.`,
    );
  }
  return () => database.close();
}
