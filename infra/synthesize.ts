import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { z } from 'zod';
import type { CodeLocation } from './bundle-handler.ts';
import { RelayStack } from './relay-stack.ts';
import { parseSettings } from './settings.ts';

/** The relay's own code. */
export const relayCode: CodeLocation = {
  projectRoot: fileURLToPath(new URL('..', import.meta.url)),
  inPlaceOf: {
    '@aws-sdk/credential-provider-node': fileURLToPath(
      new URL('../lib/runtime/lambda-credentials.ts', import.meta.url),
    ),
  },
};

export interface SynthesizeOptions {
  /** Directory of the cloud assembly; made when it is not there. */
  readonly outdir: string;
  /** Settings by name, e.g. `{ batchSize: '500' }`. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Other entry files than the relay's own, for tests. */
  readonly code?: CodeLocation;
}

/**
 * Bundles the functions and writes the cloud assembly, as `cdk synth` does but in process and without its policy checks.
 * Takes seconds: each function is bundled.
 *
 * @throws SettingsError for overrides that cannot be; any other error is a fault of the build.
 */
export function synthesizeRelay(options: SynthesizeOptions): CloudAssembly {
  return createRelayApp(options).app.synth();
}

/** The app before synthesis, for tests that look into it. */
export function createRelayApp(options: SynthesizeOptions): { readonly app: App; readonly stack: RelayStack } {
  const settings = parseSettings(options.overrides ?? {});
  const app = new App({ outdir: options.outdir, analyticsReporting: false, context: readFeatureFlags() });
  const stack = new RelayStack(app, { settings, code: options.code ?? relayCode });
  return { app, stack };
}

/** CDK's feature flags change what is synthesized, and the CLI is not there to read them. */
function readFeatureFlags(): Record<string, unknown> {
  const file = z.object({ context: z.record(z.string(), z.unknown()) });
  return file.parse(JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8'))).context;
}
