import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

/** Where the code is. */
export interface CodeLocation {
  /** A directory that holds `functions/<name>/handler.ts`. */
  readonly projectRoot: string;
  /** Files that stand for packages wherever these are imported, by the package's name. */
  readonly inPlaceOf?: Readonly<Record<string, string>>;
}

/**
 * Builds a function with its code: `functions/<name>/handler.ts` and all it imports as one `index.mjs`, to be called as `index.handler`.
 *
 * The SDK is bundled too: what is tested is what runs, and it starts faster than the runtime's own copy. esbuild is called in process:
 * CDK's `NodejsFunction` starts one `npx` for each function, and falls back to Docker and the network where it finds no
 * esbuild. The asset is named after the bundle's content, so that a function is deployed only when its code has changed.
 *
 * The bundle is there only while `build` runs: CDK copies an asset when its function is built.
 *
 * @throws when the entry is missing or does not compile; esbuild's message names file and line.
 */
export function withBundle<T>(location: CodeLocation, name: string, build: (code: Code) => T): T {
  // Bundled before CDK sees it: its own bundling tells of every asset on stderr, where a user of `npm start` looks for faults.
  const directory = mkdtempSync(join(tmpdir(), 'hubspot-relay-bundle-'));
  try {
    bundle(location, name, join(directory, 'index.mjs'));
    return build(Code.fromAsset(directory));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function bundle({ projectRoot, inPlaceOf = {} }: CodeLocation, name: string, outfile: string): void {
  buildSync({
    entryPoints: [join(projectRoot, 'functions', name, 'handler.ts')],
    alias: inPlaceOf,
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    mainFields: ['module', 'main'],
    // A file beside the code for reading stack traces later. The code does not name it and the runtime does not load it.
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'warning',
  });
}
