import type { DurationMs } from '../runtime/units.ts';

/** An authenticated HTTP request, as much of it as the routes look at. */
export interface HttpRequest {
  readonly method: string;
  /** With `/sync`, without the query. */
  readonly path: string;
  /** The route's `{id}`, decoded by the gateway. */
  readonly pathId?: string | undefined;
  /** As it came, without the question mark. */
  readonly query: string;
  /** The query's `idProperty`, decoded. */
  readonly idProperty?: string | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | undefined;
  readonly isBase64Encoded: boolean;
  /** Name of the relay key that the request came with. */
  readonly principal: string;
  /** Names this request in answers and logs. */
  readonly correlationId: string;
  /** How long the function still has. */
  remainingTime(): DurationMs;
}
