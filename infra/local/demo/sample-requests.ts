import type { SampleContact } from './read-sample.ts';

/** One HTTP request to the relay, in HubSpot's own format. */
export interface SampleRequest {
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly body: unknown;
  /** How many contacts it carries. */
  readonly contacts: number;
}

const CONTACTS = '/crm/v3/objects/contacts';
const HUBSPOT_BATCH = 100;

/** The requests that bring the sample in: singles one by one, batches by the hundred as HubSpot takes them. */
export function sampleRequests(sample: readonly SampleContact[]): readonly SampleRequest[] {
  const singles = sample.filter(({ via }) => via === 'single').map(singleRequest);
  const batched = sample.filter(({ via }) => via === 'batch');
  const batches: SampleRequest[] = [];
  for (let start = 0; start < batched.length; start += HUBSPOT_BATCH) {
    batches.push(batchRequest(batched.slice(start, start + HUBSPOT_BATCH)));
  }
  return [...batches, ...singles];
}

function singleRequest({ verb, id, properties }: SampleContact): SampleRequest {
  if (verb === 'create') return { method: 'POST', path: CONTACTS, body: { properties }, contacts: 1 };
  const path = `${CONTACTS}/${encodeURIComponent(id ?? '')}?idProperty=email`;
  return { method: 'PATCH', path, body: { properties }, contacts: 1 };
}

/** Each row has a trace id: what is wrong with one is refused alone, by HubSpot; a single contact is refused at the door. */
const batchRequest = (contacts: readonly SampleContact[]): SampleRequest => ({
  method: 'POST',
  path: `${CONTACTS}/batch/upsert`,
  body: {
    inputs: contacts.map(({ properties }, row) => ({
      id: properties['email'],
      idProperty: 'email',
      properties,
      objectWriteTraceId: `row ${row}`,
    })),
  },
  contacts: contacts.length,
});
