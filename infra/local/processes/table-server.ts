/** The process of the embedded DynamoDB. */
import { z } from 'zod';
import { startTableServer } from '../aws/table-server.ts';
import { serveParent } from './serve-parent.ts';

const optionsSchema = z.object({ directory: z.string().optional() });

await serveParent((options) => startTableServer(optionsSchema.parse(options)));
