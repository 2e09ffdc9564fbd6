import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

/** Where the code is: a directory that holds `functions/<name>/handler.ts`. */
export interface CodeLocation {
  readonly projectRoot: string;
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
export function withBundle<T>({ projectRoot }: CodeLocation, name: string, build: (code: Code) => T): T {
  // Bundled before CDK sees it: its own bundling tells of every asset on stderr, where a user of `npm start` looks for faults.
  const directory = mkdtempSync(join(tmpdir(), 'hubspot-relay-bundle-'));
  try {
    bundle(join(projectRoot, 'functions', name, 'handler.ts'), join(directory, 'index.mjs'));
    return build(Code.fromAsset(directory));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function bundle(entry: string, outfile: string): void {
  buildSync({
    entryPoints: [entry],
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
