import { setTimeout as pause } from 'node:timers/promises';
import type { HubSpotCore } from '../../infra/local/hubspot/core/core.ts';
import type { Random } from '../../lib/runtime/random.ts';
import { drawBetween, shuffle } from '../simulation/seeded-random.ts';

/** Faults that come and go. */
export interface Weather {
  /** Clears up for good. */
  stop(): Promise<void>;
}

/** How HubSpot may fail. None takes effect later than the second that the relay's settings allow for. */
const FAULTS = [
  { rateLimit: true, retryAfter: 1 },
  { loseAnswer: true, commit: true },
  { loseAnswer: true, commit: false },
  { loseAnswer: true, commit: true, commitAfterMs: 500 },
  { answerAfterCommit: 502 },
  { status: 500 },
  { status: 503 },
  { delayMs: 400, commit: 'late' },
  { emptyResults: true },
];

/** Lets a few kinds of faults strike some calls for a while, then none, and so on. */
export function startWeather(core: Pick<HubSpotCore, 'addFaults' | 'clearFaults'>, random: Random): Weather {
  const stopping = new AbortController();
  const rest = (least: number, most: number): Promise<void> =>
    pause(drawBetween(random, least, most), undefined, { signal: stopping.signal }).catch(() => undefined);
  const change = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const kinds = shuffle(random, FAULTS).slice(0, 3);
      core.addFaults(kinds.map((kind) => ({ probability: 0.12, do: kind })));
      await rest(1_000, 3_000);
      core.clearFaults();
      await rest(300, 1_500);
    }
  };
  const changing = change();
  return {
    stop: async () => {
      stopping.abort();
      await changing;
      core.clearFaults();
    },
  };
}
