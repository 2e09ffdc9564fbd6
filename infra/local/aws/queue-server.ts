import { DatabaseSync } from 'node:sqlite';
import { buildApp } from 'fauxqs';
// fauxqs exports only a start function that binds all interfaces; its stores, which persistence needs, are reached by path.
import { PersistenceManager } from '../../../node_modules/fauxqs/dist/persistence.js';
import { S3Store } from '../../../node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from '../../../node_modules/fauxqs/dist/sns/snsStore.js';
import { SqsQueue, SqsStore } from '../../../node_modules/fauxqs/dist/sqs/sqsStore.js';

/** The embedded SQS. */
export interface QueueServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Receives count for the queue that they happen on. fauxqs lets a redriven message keep its count, which sends it through a chain of
 * queues to the dead letters without anyone having received it on the way.
 */
const enqueue = SqsQueue.prototype.enqueue;
SqsQueue.prototype.enqueue = function enqueueUncounted(message) {
  message.approximateReceiveCount = 0;
  enqueue.call(this, message);
};

/**
 * Starts fauxqs on 127.0.0.1. With a `directory` every message is on disk before it is confirmed; messages that were in
 * flight when the last runner died are made visible at once, because whoever held them died with it.
 */
export async function startQueueServer(options: { readonly directory?: string | undefined }): Promise<QueueServer> {
  const stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
  const persistence = options.directory === undefined ? undefined : loadFrom(options.directory, stores);
  const app = buildApp({ logger: false, stores });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    close: async () => {
      await app.close();
      persistence?.close();
    },
  };
}

function loadFrom(
  directory: string,
  stores: { sqsStore: SqsStore; snsStore: SnsStore; s3Store: S3Store },
): PersistenceManager {
  const persistence = new PersistenceManager(directory);
  const database: unknown = Reflect.get(persistence, 'db');
  if (!(database instanceof DatabaseSync)) throw new Error('this version of fauxqs keeps its messages elsewhere');
  // In WAL mode this keeps every commit through kill -9 and only risks the last ones when the machine loses power, and a
  // confirmed send no longer waits for the disk.
  database.exec('PRAGMA synchronous = NORMAL');
  const visible = 'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL';
  database.exec(visible);
  // fauxqs's own statement also clears the receive count, which may not be NULL: a visibility of 0 would fail and lose the
  // message from memory.
  const makeVisible = database.prepare(`${visible} WHERE message_id = ?`);
  persistence.updateMessageReady = (messageId) => {
    makeVisible.run(messageId);
  };
  persistence.load(stores.sqsStore, stores.snsStore, stores.s3Store);
  stores.sqsStore.persistence = persistence;
  for (const queue of stores.sqsStore.allQueues()) queue.persistence = persistence;
  return persistence;
}
