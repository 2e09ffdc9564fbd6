import type { DurationMs } from '../../../lib/runtime/units.ts';

/** What the demo found out. */
export interface DemoFacts {
  readonly requests: number;
  readonly contacts: number;
  readonly accepted: number;
  readonly delivered: number;
  readonly superseded: number;
  readonly rejected: number;
  /** Accepted and not yet accounted for when the demo's patience ended. */
  readonly pending: number;
  /** Refused by the relay itself, before anything was stored. */
  readonly refused: number;
  /** One sentence a refusal. */
  readonly reasons: readonly string[];
  readonly elapsed: DurationMs;
  /** What HubSpot counted: calls, and the records in them, those that were only looked up or were sent again included; absent when HubSpot is not the simulator. */
  readonly calls?: { readonly total: number; readonly records: number };
  readonly exampleOperation?: string;
}

const LONGEST_REASON = 96;
const number = (value: number): string => value.toLocaleString('en-US');
const line = (label: string, value: string): string => `  ${label.padEnd(22)}${value}`;

/** The report, line by line. */
export function renderReport(facts: DemoFacts, { baseUrl, apiKey }: { baseUrl: string; apiKey: string }): string[] {
  return [
    '',
    headline(facts),
    '',
    line('accepted', number(facts.accepted)),
    line('delivered', number(facts.delivered)),
    line('superseded', number(facts.superseded)),
    line('refused by HubSpot', number(facts.rejected)),
    line('refused at the door', number(facts.refused)),
    ...(facts.pending > 0 ? [line('pending', number(facts.pending))] : []),
    ...reasonLines(facts.reasons),
    ...callLines(facts),
    ...tryLines(facts, baseUrl, apiKey),
  ];
}

function headline({ contacts, requests, pending, elapsed }: DemoFacts): string {
  const account = pending === 0 ? 'every one accounted for' : `${number(pending)} still pending`;
  return `${number(contacts)} contacts in ${number(requests)} requests, ${account} after ${(elapsed / 1_000).toFixed(1)} s`;
}

/** Each reason once, the most frequent first. */
function reasonLines(reasons: readonly string[]): string[] {
  if (reasons.length === 0) return [];
  const counts = new Map<string, number>();
  for (const reason of reasons) {
    const kind = shorten(reason);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const lines = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `    ${String(count).padStart(3)} x ${cut(reason)}`);
  return ['', '  Why some were refused', ...lines];
}

/** The kernel of HubSpot's sentences: the fault itself, without ids and without the JSON around it. */
function shorten(reason: string): string {
  const faults = [...reason.matchAll(/"message":"((?:[^"\\]|\\.)*)"/g)].map(([, message]) =>
    message?.replaceAll('\\"', '"'),
  );
  const [category] = reason.split(':');
  if (faults.length > 0) return `${category}: ${faults.join('; ')}`;
  return reason.replace(/Existing ID: \d+/, 'Existing ID: …');
}

const cut = (text: string): string => (text.length <= LONGEST_REASON ? text : `${text.slice(0, LONGEST_REASON - 1)}…`);

function callLines({ calls, accepted }: DemoFacts): string[] {
  if (calls === undefined) return [];
  const perCall = (calls.records / Math.max(calls.total, 1)).toFixed(1);
  return [
    '',
    line('HubSpot calls', `${number(calls.total)}, where one call a contact would have been ${number(accepted)}`),
    line(
      'records per call',
      `${perCall} (${number(calls.records)} records in ${number(calls.total)} calls, lookups and repeats included)`,
    ),
  ];
}

function tryLines({ exampleOperation }: DemoFacts, baseUrl: string, apiKey: string): string[] {
  const authorization = `-H 'Authorization: Bearer ${apiKey}'`;
  const json = `-H 'Content-Type: application/json'`;
  return [
    ...(exampleOperation === undefined ? [] : ['', line('one operation', `${baseUrl}/operations/${exampleOperation}`)]),
    '',
    '  Try it:',
    `    curl ${authorization} ${baseUrl}/operations/${exampleOperation ?? '…'}`,
    `    curl -i ${authorization} ${json} -d '{"properties":{"email":"you@example.com","firstname":"You"}}' ${baseUrl}/sync/crm/v3/objects/contacts`,
    `    curl ${authorization} '${baseUrl}/crm/v3/objects/contacts/you@example.com?idProperty=email'`,
    '',
  ];
}
