import { Logger } from '@aws-lambda-powertools/logger';

/** Facts of an event. Never an e-mail, a property value, a key or a token. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where events are written. An event is a word of ours, e.g. `send-failed`. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** Writes events as one line of JSON each; the level comes from the variable `LOG_LEVEL`. */
export function createLog(service: string): Log {
  const logger = new Logger({ serviceName: service });
  return {
    info: (event, fields = {}) => logger.info(event, { ...fields }),
    warn: (event, fields = {}) => logger.warn(event, { ...fields }),
    error: (event, fields = {}) => logger.error(event, { ...fields }),
  };
}

/**
 * What a log may say of an error: its name, its code (`ECONNREFUSED`) and where it was thrown, and the message only of answers of AWS. The messages of others can
 * quote what they choked on, as those of `JSON.parse` do.
 */
export function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return { name: typeof error };
  const at = (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 5)
    .map((line) => line.trim());
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { name: error.name, ...code, ...('$fault' in error ? { message: error.message } : {}), at };
}
