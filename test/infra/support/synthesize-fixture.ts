import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import type { CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api';
import { createRelayApp } from '../../../infra/synthesize.ts';

const FUNCTION_NAMES = [
  'create-contacts',
  'update-contacts',
  'upsert-contacts',
  'archive-contacts',
  'gdpr-delete-contacts',
  'associate-contacts',
  'read-operation',
  'forward-request',
  'authorize-request',
  'deliver-writes',
  'refresh-definitions',
];

/** A directory with an empty handler for each function: what is looked at is the template, and bundling stays quick. */
export function emptyHandlers(): { readonly projectRoot: string; readonly remove: () => void } {
  const projectRoot = mkdtempSync(join(tmpdir(), 'relay-infra-'));
  for (const name of FUNCTION_NAMES) {
    mkdirSync(join(projectRoot, 'functions', name), { recursive: true });
    writeFileSync(
      join(projectRoot, 'functions', name, 'handler.ts'),
      `export const handler = async () => '${name}';\n`,
    );
  }
  return { projectRoot, remove: () => rmSync(projectRoot, { recursive: true, force: true }) };
}

/** The relay, synthesized once around empty handlers. */
export function synthesizeFixture(overrides: Readonly<Record<string, string>> = {}) {
  const code = emptyHandlers();
  try {
    const { app, stack } = createRelayApp({ outdir: join(code.projectRoot, 'cdk.out'), overrides, code });
    const artifact: CloudFormationStackArtifact = app.synth().getStackByName(stack.stackName);
    return { app, stack, artifact, template: Template.fromStack(stack) };
  } finally {
    code.remove();
  }
}
