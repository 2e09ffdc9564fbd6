import type { Log, LogFields } from '../../lib/runtime/logger.ts';

/** A log that only remembers. */
export interface RecordingLog extends Log {
  readonly events: readonly { readonly event: string; readonly fields: LogFields | undefined }[];
}

export function createRecordingLog(): RecordingLog {
  const events: { event: string; fields: LogFields | undefined }[] = [];
  const record = (event: string, fields?: LogFields) => {
    events.push({ event, fields });
  };
  return { events, info: record, warn: record, error: record };
}
