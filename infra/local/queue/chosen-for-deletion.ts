import type { InvocationResult } from '../lambda/environment.ts';

/**
 * Decides which messages of a batch Lambda deletes after an invocation; the others are left to their visibility timeout.
 *
 * AWS's rules, to the letter: without `ReportBatchItemFailures` any return deletes all. With it, nothing said (no answer,
 * no list, a null or empty list) means that *all succeeded*; one identifier that is no text, is empty or is not in the
 * batch fails the *whole* batch, as an error or a timeout does.
 */
export function chosenForDeletion(
  messageIds: readonly string[],
  result: InvocationResult,
  reportsItemFailures: boolean,
): readonly string[] {
  if (result.kind !== 'returned') return [];
  if (!reportsItemFailures) return messageIds;
  const failed = failedIdentifiers(result.payload);
  if (failed === 'unreadable' || !isSubset(failed, messageIds)) return [];
  return messageIds.filter((id) => !failed.has(id));
}

function failedIdentifiers(payload: unknown): ReadonlySet<string> | 'unreadable' {
  if (payload === null || payload === undefined) return new Set();
  if (typeof payload !== 'object' || Array.isArray(payload)) return 'unreadable';
  const failures = 'batchItemFailures' in payload ? payload.batchItemFailures : undefined;
  if (failures === null || failures === undefined) return new Set();
  if (!Array.isArray(failures)) return 'unreadable';
  const identifiers = failures.map(identifierOf);
  return identifiers.every((identifier) => identifier !== undefined) ? new Set(identifiers) : 'unreadable';
}

function identifierOf(failure: unknown): string | undefined {
  if (typeof failure !== 'object' || failure === null || !('itemIdentifier' in failure)) return undefined;
  return typeof failure.itemIdentifier === 'string' ? failure.itemIdentifier : undefined;
}

/** The empty identifier is in no batch, so it needs no rule of its own. */
function isSubset(identifiers: ReadonlySet<string>, messageIds: readonly string[]): boolean {
  const known = new Set(messageIds);
  return [...identifiers].every((identifier) => known.has(identifier));
}
