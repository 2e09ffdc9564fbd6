import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';

const SampleContact = z.object({
  verb: z.enum(['create', 'update', 'upsert']),
  /** How a service sends it: by itself, or a hundred at a time. */
  via: z.enum(['single', 'batch']),
  /** The e-mail that addresses an update. */
  id: z.optional(z.string()),
  properties: z.record(z.string(), z.string()),
});
/** One line of `sample-contacts.jsonl`: what some service wants done with a contact. */
export type SampleContact = z.infer<typeof SampleContact>;

/** The thousand contacts of the demo: some twice, some that HubSpot refuses, some that the relay refuses, all at example.com. */
export function readSample(): readonly SampleContact[] {
  const text = readFileSync(new URL('sample-contacts.jsonl', import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => SampleContact.parse(JSON.parse(line)));
}
