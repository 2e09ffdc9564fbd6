import type { DurationMs } from '../runtime/units.ts';
import type { RateHeaders } from './rate-headers.ts';

/** What came of one HTTP exchange with HubSpot. */
export type HubSpotAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Parsed JSON; undefined when the body is empty or no JSON. */
      readonly body: unknown;
      readonly retryAfter?: DurationMs;
      readonly rate?: RateHeaders;
    }
  /** No connection came about: HubSpot never saw the request. `isUnauthorized` when there is no token that could be sent with it. */
  | { readonly kind: 'unsent'; readonly cause: string; readonly isUnauthorized?: true }
  /** The request went out and no whole answer came back: HubSpot may have carried it out. */
  | { readonly kind: 'unanswered'; readonly cause: string };

/** A request of the relay's own; the body is sent as JSON. */
export interface HubSpotRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

/** One HTTP exchange, never a hidden second one. */
export interface HubSpotClient {
  /** Gives up after `timeout`; never throws for what HubSpot or the network does. */
  call(request: HubSpotRequest, timeout: DurationMs): Promise<HubSpotAnswer>;
}
