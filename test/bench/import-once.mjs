/** A fresh process that imports one bundle and reports what that took. Plain JavaScript, as in `worker.mjs`. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { href } = pathToFileURL(join(process.env.LAMBDA_TASK_ROOT, 'index.mjs'));
const startedAt = performance.now();
const before = process.cpuUsage();
const { handler } = await import(href);
const wallMs = performance.now() - startedAt;
const { user, system } = process.cpuUsage(before);
const isFunction = typeof handler === 'function';
process.send({ isFunction, wallMs, cpuMs: (user + system) / 1_000 }, () => process.exit(0));
