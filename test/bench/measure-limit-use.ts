import { startRelay } from '../../infra/local/run-relay.ts';
import { upsertsOf } from './bench-contacts.ts';
import type { BenchResult } from './bench-suite.ts';
import { sendAsBacklog } from './drain-load.ts';
import { drain } from './measure-drain.ts';
import { fixed, renderTable, verdict } from './render-table.ts';

/**
 * Calls in 10 s. Few, so that the relay, its queue, its tables and HubSpot, all on one machine, keep up with them: what is
 * measured is the pace, and that is the same for any limit.
 */
const LIMIT = 25;
const RECORDS = 20_000;
const LEAST_USE = 0.97;
const MOST_TIME = 1.05;

/** How much of HubSpot's limit is used while 20,000 contacts drain against the strict simulator, and what it refuses. */
export async function measureLimitUse(): Promise<BenchResult> {
  const relay = await startRelay({ overrides: { hubspotCallsPer10Seconds: String(LIMIT) } });
  try {
    const load = {
      label: `${RECORDS} upserts, 100 a message`,
      recordsPerCall: 99,
      send: sendAsBacklog,
      operations: () => upsertsOf('limit', RECORDS, 100),
    };
    const drained = await drain(load, relay, LIMIT);
    const { calls, callingSeconds, idealSeconds, rateLimited, peakCallsPer10Seconds } = drained;
    // The first call stands at the beginning of the time, the last one at its end.
    const use = (calls - 1) / (callingSeconds * (LIMIT / 10));
    const ratio = callingSeconds / idealSeconds;
    const head = ['load', 'calls', 'use', 'goal', '', '429s', 'peak/10 s', 'calling s', 'ideal s', 'ratio', 'goal', ''];
    const row = [
      load.label,
      String(calls),
      `${fixed(use * 100, 1)} %`,
      `>= ${LEAST_USE * 100} %`,
      verdict(use >= LEAST_USE && rateLimited === 0),
      String(rateLimited),
      String(peakCallsPer10Seconds),
      fixed(callingSeconds, 1),
      fixed(idealSeconds, 1),
      fixed(ratio, 2),
      `<= ${MOST_TIME}`,
      verdict(ratio <= MOST_TIME),
    ];
    return {
      title: `Use of HubSpot's limit while a backlog drains (the limit is ${LIMIT} calls in 10 s)`,
      lines: renderTable(head, [row]),
      numbers: { ...drained, use, ratio },
    };
  } finally {
    await relay.stop();
  }
}
