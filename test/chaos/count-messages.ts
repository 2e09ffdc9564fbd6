import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

const rowsSchema = z.array(z.object({ queue: z.string(), messages: z.number() }));

/**
 * Messages that the embedded SQS keeps in a relay's data directory, visible or not, by queue. A relay that runs elsewhere
 * tells nobody where its queues are, and what is on disk is what it would find after a restart.
 */
export function countMessages(dataDirectory: string): Readonly<Record<string, number>> {
  const database = new DatabaseSync(join(dataDirectory, 'queues', 'fauxqs.db'), { readOnly: true });
  try {
    const rows = database
      .prepare(
        `SELECT q.name AS queue, COUNT(m.message_id) AS messages
           FROM sqs_queues q LEFT JOIN sqs_messages m ON m.queue_name = q.name GROUP BY q.name`,
      )
      .all();
    return Object.fromEntries(rowsSchema.parse(rows).map(({ queue, messages }) => [queue, messages]));
  } finally {
    database.close();
  }
}
