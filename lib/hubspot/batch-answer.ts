import * as z from 'zod/mini';

/** An entry of `results`: a SimplePublicObject, with `new` on upsert. Whatever else it holds is kept for the caller. */
const BatchResult = z.looseObject({
  id: z.string(),
  properties: z.optional(z.record(z.string(), z.nullable(z.string()))),
  objectWriteTraceId: z.optional(z.string()),
  new: z.optional(z.boolean()),
});
export type BatchResult = z.infer<typeof BatchResult>;

/** An entry of `errors`; those seen carry only these four fields. */
const BatchError = z.looseObject({
  category: z.optional(z.string()),
  message: z.optional(z.string()),
  context: z.optional(z.record(z.string(), z.array(z.string()))),
});
export type BatchError = z.infer<typeof BatchError>;

const BatchAnswer = z.object({
  results: z.optional(z.array(BatchResult)),
  errors: z.optional(z.array(BatchError)),
});

/** What HubSpot says of the inputs of a batch call, in no order. */
export interface BatchAnswer {
  readonly results: readonly BatchResult[];
  readonly errors: readonly BatchError[];
}

/** Undefined when `body` is no batch answer. */
export function parseBatchAnswer(body: unknown): BatchAnswer | undefined {
  const parsed = BatchAnswer.safeParse(body);
  return parsed.success ? { results: parsed.data.results ?? [], errors: parsed.data.errors ?? [] } : undefined;
}
