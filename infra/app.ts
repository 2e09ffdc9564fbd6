import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readContextOverrides } from './read-context-overrides.ts';
import { RelayStack } from './relay-stack.ts';
import { parseSettings, type RelaySettings, SettingsError } from './settings.ts';
import { relayCode } from './synthesize.ts';

const app = new App({ analyticsReporting: false });
new RelayStack(app, { settings: readSettings(), code: relayCode });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

function readSettings(): RelaySettings {
  try {
    return parseSettings(readContextOverrides(app.node.getAllContext()));
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
