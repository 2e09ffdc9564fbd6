/** The process of the embedded SQS. */
import { z } from 'zod';
import { startQueueServer } from '../aws/queue-server.ts';
import { serveParent } from './serve-parent.ts';

const optionsSchema = z.object({ directory: z.string().optional() });

await serveParent((options) => startQueueServer(optionsSchema.parse(options)));
