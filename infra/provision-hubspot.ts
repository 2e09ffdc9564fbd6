/**
 * Makes the unique property that the setting `writeIdProperty` names, in the portal of the token:
 *
 *     HUBSPOT_ACCESS_TOKEN=… npm run hubspot:provision
 *     HUBSPOT_ACCESS_TOKEN=… npm run hubspot:provision -- --property my_write_id
 *
 * HUBSPOT_BASE_URL is another HubSpot than the real one. Running it again changes nothing.
 */
import { parseArgs } from 'node:util';
import { ProvisionError, provisionProperty } from './provision-property.ts';

try {
  const { property } = parseArgs({ options: { property: { type: 'string', default: 'relay_write_id' } } }).values;
  const token = process.env['HUBSPOT_ACCESS_TOKEN'];
  if (!token) throw new ProvisionError('put a token of the portal into HUBSPOT_ACCESS_TOKEN');
  const baseUrl = process.env['HUBSPOT_BASE_URL'] || 'https://api.hubapi.com';
  const done = await provisionProperty({ property, baseUrl, token });
  const says = done === 'created' ? `created ${property}, unique` : `${property} exists and is unique: nothing to do`;
  process.stdout.write(`${says}\nturn it on: npx cdk deploy -c writeIdProperty=${property}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
