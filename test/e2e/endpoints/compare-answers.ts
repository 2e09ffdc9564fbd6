import { maskAnswer } from '../../support/masked-answer.ts';
import type { Exchange } from './recording-door.ts';
import { type Remark, remarks, type Seen } from './remarks.ts';

/** What of the exchanges of a case is compared: status and body, without what differs from run to run, lists in an order of their own. */
export const seenOf = (exchanges: readonly Exchange[]): readonly Seen[] =>
  exchanges.map(({ status, body }) => ({ status, body: sortLists(maskAnswer(body)) }));

/** HubSpot gives results and errors in any order. */
function sortLists(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sortLists).sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  }
  if (typeof value === 'string') return value.replace(/\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g, '<operation>');
  if (typeof value === 'number' && value >= 100_000) return '<id>';
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, sortLists(field)]));
}

/** What two answers still have in common under some remarks. */
export function underRemarks(hubspot: Seen, relay: Seen, given: readonly Remark[]) {
  return given.reduce(
    (both, remark) => ({
      hubspot: remarks[remark].ofHubSpot(both.hubspot),
      relay: remarks[remark].ofRelay(both.relay),
    }),
    { hubspot, relay },
  );
}
