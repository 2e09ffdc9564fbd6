/** One HTTP request as it stood on the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path with its query string. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** One HTTP answer, ready to be written. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What HubSpot's error bodies may say beside `status` and `correlationId`; every part is optional in real ones. */
export interface ErrorDetail {
  readonly message: string;
  readonly errors?: readonly object[];
  readonly context?: Readonly<Record<string, readonly string[]>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly category?: string;
  /** The rate limit's body: `errorType` and `policyName` in place of a category. */
  readonly rateLimit?: { readonly policyName: string; readonly groupName?: string };
}

/** What an operation answers, before headers and ids are put on. */
export type Reply =
  | { readonly kind: 'json'; readonly status: number; readonly body: object }
  | { readonly kind: 'empty'; readonly status: 204 }
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly detail: ErrorDetail;
      readonly retryAfterSeconds?: number;
    };

export const json = (status: number, body: object): Reply => ({ kind: 'json', status, body });

export const noContent: Reply = { kind: 'empty', status: 204 };

export const failure = (status: number, detail: ErrorDetail): Reply => ({ kind: 'error', status, detail });

/** The body of an error, its keys in the order in which real ones were seen. */
export function errorBody(detail: ErrorDetail, correlationId: string): object {
  const { message, errors, context, links, category, rateLimit } = detail;
  return {
    status: 'error',
    message,
    ...(rateLimit && { errorType: 'RATE_LIMIT' }),
    correlationId,
    ...(rateLimit && { ...rateLimit, requestId: correlationId }),
    ...(errors && { errors }),
    ...(context && { context }),
    ...(links && { links }),
    ...(category !== undefined && { category }),
  };
}

/** A UUIDv7 from the injected clock and randomness, as recent correlation ids are. */
export function correlationIdAt(now: number, random: () => number): string {
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  const time = Math.max(0, Math.floor(now)).toString(16).padStart(12, '0').slice(-12);
  const variant = (8 + Math.floor(random() * 4)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-${variant}${hex(3)}-${hex(6)}${hex(6)}`;
}
