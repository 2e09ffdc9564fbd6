import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { localClient } from '../../infra/local/aws/local-client.ts';
import { createMint, sequenceAt } from '../../lib/accept/mint-sequences.ts';
import type { Verb } from '../../lib/operations/contact-write.ts';
import { createDynamoDbOperationStore } from '../../lib/operations/dynamodb-operation-store.ts';
import type { WriteMessage } from '../../lib/operations/message.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { mapConcurrently } from '../../lib/runtime/map-concurrently.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { days } from '../../lib/runtime/units.ts';

/** A write as a batch route takes it, e-mails already in lower case. */
export interface BenchWrite {
  readonly id?: string;
  readonly idProperty?: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** What one request brings: 1 to 100 writes of one verb. */
export interface BenchOperation {
  readonly verb: Verb;
  readonly writes: readonly BenchWrite[];
}

/** Stores operations and makes their messages as acceptance does, without its HTTP: thousands in seconds. */
export interface Acceptor {
  accept(operations: readonly BenchOperation[]): Promise<readonly WriteMessage[]>;
  close(): void;
}

/** An acceptor that stores in a table of an embedded DynamoDB. */
export function createAcceptor(dynamoDbUrl: string, table: string): Acceptor {
  const client = new DynamoDBClient(localClient(dynamoDbUrl));
  const store = createDynamoDbOperationStore({ client, table, clock: systemClock, ttl: days(30) });
  const mint = createMint(systemRandom);
  const acceptOne = async ({ verb, writes }: BenchOperation): Promise<WriteMessage> => {
    const requestedAt = systemClock.now();
    const { id, baseSequence } = mint(writes.length, requestedAt);
    await store.put({ id, verb, total: writes.length, baseSequence, requestedAt });
    const queued = writes.map((write, index) => ({ index, sequence: sequenceAt(baseSequence, index), ...write }));
    return { v: 1, operationId: id, verb, acceptedAt: requestedAt, attempt: 0, writes: queued };
  };
  return {
    accept: (operations) => mapConcurrently(operations, 20, acceptOne),
    close: () => client.destroy(),
  };
}
