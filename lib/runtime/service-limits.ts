import { type DurationMs, milliseconds, seconds } from './units.ts';

/** DynamoDB and SQS answer within milliseconds; what takes so long comes to nothing. */
export const SERVICE_TIMEOUT: DurationMs = seconds(2);
/** Single failures are over by the second try, most others by the third. */
export const SERVICE_TRIES = 3;
/** The SDK's pauses before the second and third try are drawn from 0 to 100 ms and 0 to 200 ms. */
const PAUSES: DurationMs = milliseconds(300);
/** 3 x 2 s + 0.3 s: after so long a caller learns that DynamoDB is away, if its function lives as long. */
export const SERVICE_MOST: DurationMs = milliseconds(SERVICE_TRIES * SERVICE_TIMEOUT + PAUSES);

/** Secrets Manager answers within some 100 ms, a new connection and a slow processor included. */
export const SECRET_TIMEOUT: DurationMs = milliseconds(1_500);
/** One more than the first: single failures are over by then. */
export const SECRET_TRIES = 2;
/** The SDK's pause before its second try is drawn from 0 to 100 ms. */
const PAUSE: DurationMs = milliseconds(100);
/** 2 x 1.5 s + 0.1 s: so long at worst waits whoever needs a secret that was never read. Every function has more time than that. */
export const SECRET_READ_MOST: DurationMs = milliseconds(SECRET_TRIES * SECRET_TIMEOUT + PAUSE);
/** So long a refresh is waited for while there is an old value. */
export const REFRESH_PATIENCE: DurationMs = seconds(1);
