import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { synthesizeRelay } from '../../infra/synthesize.ts';
import { lambdaNamed, resourcesOf } from './support/read-template.ts';

const FUNCTIONS = [
  'CreateContacts',
  'UpdateContacts',
  'UpsertContacts',
  'ArchiveContacts',
  'GdprDeleteContacts',
  'AssociateContacts',
  'ReadOperation',
  'ForwardRequest',
  'AuthorizeRequest',
  'DeliverWrites',
  'RefreshDefinitions',
];

let outdir: string;
let template: Template;

beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'relay-bundles-'));
  template = Template.fromJSON(synthesizeRelay({ outdir }).getStackByName('HubSpotRelay').template);
}, 60_000);

afterAll(() => rmSync(outdir, { recursive: true, force: true }));

/** The directory that a function is deployed from. */
function assetOf(part: string): string {
  const [properties] = [...resourcesOf(template, 'AWS::Lambda::Function')]
    .filter(([id]) => id.includes(part))
    .map(([, { Properties }]) => Properties);
  const key = String(Object(properties?.['Code'])['S3Key']);
  return join(outdir, `asset.${key.replace(/\.zip$/, '')}`);
}

/** The variables that a function is deployed with; where AWS fills in a name, any name will do. */
function variablesOf(part: string): Record<string, string> {
  const { Variables } = lambdaNamed(template, part).Environment;
  return Object.fromEntries(
    Object.entries(Variables).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : 'http://127.0.0.1:9/some-name',
    ]),
  );
}

describe('the bundle', () => {
  test.each(FUNCTIONS)('of %s is one file with its source map beside it', (part) => {
    expect(readdirSync(assetOf(part)).sort()).toEqual(['index.mjs', 'index.mjs.map']);
    expect(readFileSync(join(assetOf(part), 'index.mjs'), 'utf8')).not.toContain('sourceMappingURL');
  });

  test.each(FUNCTIONS)('of %s reads every variable that the function is told', (part) => {
    const code = readFileSync(join(assetOf(part), 'index.mjs'), 'utf8');
    const told = Object.keys(variablesOf(part));
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter((name) => !code.includes(name))).toEqual([]);
  });

  test.each(FUNCTIONS)('of %s asks for credentials nowhere but in its environment', (part) => {
    const code = readFileSync(join(assetOf(part), 'index.mjs'), 'utf8');
    expect(code).toContain('AWS_SESSION_TOKEN');
    // What the other providers of the SDK's chain say: SSO, a web identity, a container's or an instance's endpoint.
    for (const word of ['GetRoleCredentials', 'AssumeRoleWithWebIdentity', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'])
      expect(code).not.toContain(word);
  });

  test.each(FUNCTIONS)('of %s loads with nothing beside it, and exports its handler', async (part) => {
    const file = join(assetOf(part), 'index.mjs');
    expect(existsSync(file)).toBe(true);
    const script = `const loaded = await import(${JSON.stringify(pathToFileURL(file).href)}); process.stdout.write(typeof loaded.handler)`;
    // Away from the checkout there is no node_modules: what was not bundled is not found.
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: outdir,
      env: { ...variablesOf(part), AWS_REGION: 'eu-west-1', AWS_LAMBDA_FUNCTION_NAME: part },
    });
    expect(stdout).toBe('function');
  });
});
