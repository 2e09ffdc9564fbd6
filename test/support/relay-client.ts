import { z } from 'zod';
import { eventually } from './eventually.ts';

const operationSchema = z.object({
  id: z.string(),
  status: z.enum(['PENDING', 'PROCESSING', 'COMPLETE']),
  completedAt: z.string().optional(),
  counts: z.object({
    total: z.number(),
    pending: z.number(),
    delivered: z.number(),
    superseded: z.number(),
    rejected: z.number(),
  }),
  results: z.array(z.object({ index: z.number(), outcome: z.string(), id: z.string().optional() })),
  errors: z.array(
    z.looseObject({ index: z.number(), category: z.string(), message: z.string(), context: z.unknown().optional() }),
  ),
  links: z.object({ status: z.string() }),
});

/** An operation as `GET /operations/{id}` shows it. */
export type SeenOperation = z.infer<typeof operationSchema>;

/** An answer of the front door; `body` is parsed where it is JSON and the text itself where it is not. */
export interface SeenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A request to the front door. A `body` that is text or bytes goes out as it is, anything else as JSON. */
export interface SentRequest {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  /** Laid over the key and the JSON content type; `null` takes a header away. */
  readonly headers?: Readonly<Record<string, string | null>>;
}

/** A caller of the relay, over HTTP as any other. */
export interface RelayClient {
  send(request: SentRequest): Promise<SeenAnswer>;
  /** Sends a write that must be accepted: rejects unless the answer is `202`. */
  accept(request: SentRequest): Promise<SeenOperation>;
  readOperation(id: string): Promise<SeenOperation>;
  /** The operation once it is COMPLETE. */
  completed(id: string, patienceMs?: number): Promise<SeenOperation>;
}

/** Gives a caller with a relay key. */
export function createRelayClient(url: string, apiKey: string): RelayClient {
  const send = async ({ method = 'POST', path, body, headers = {} }: SentRequest): Promise<SeenAnswer> => {
    const all = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers };
    const sent = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
    const response = await fetch(`${url}${path}`, {
      method,
      headers: Object.fromEntries(sent),
      ...(body !== undefined && { body: encode(body) }),
    });
    return { status: response.status, headers: response.headers, body: decode(await response.text()) };
  };
  const readOperation = async (id: string): Promise<SeenOperation> => {
    const answer = await send({ method: 'GET', path: `/operations/${id}` });
    if (answer.status !== 200) throw new Error(`operation ${id}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return operationSchema.parse(answer.body);
  };
  return {
    send,
    readOperation,
    accept: async (request) => {
      const answer = await send(request);
      if (answer.status !== 202) throw new Error(`not accepted: ${answer.status} ${JSON.stringify(answer.body)}`);
      return operationSchema.parse(answer.body);
    },
    completed: (id, patienceMs) =>
      eventually(
        `operation ${id} to complete`,
        async () => {
          const operation = await readOperation(id);
          return operation.status === 'COMPLETE' ? operation : undefined;
        },
        patienceMs,
      ),
  };
}

/** The operation in the body of a `202`. */
export const parseOperation = (body: unknown): SeenOperation => operationSchema.parse(body);

const encode = (body: unknown): string | Uint8Array<ArrayBuffer> => {
  if (body instanceof Uint8Array) return new Uint8Array(body);
  return typeof body === 'string' ? body : JSON.stringify(body);
};

function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
