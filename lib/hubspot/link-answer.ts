import * as z from 'zod/mini';

/** Ids in answers about associations are numbers, though the specification has texts. */
const Id = z.pipe(z.union([z.string(), z.number()]), z.transform(String));

/** What `batch/create` answers of an association, and what `batch/associate/default` does. */
const Labelled = z.looseObject({ fromObjectId: Id, toObjectId: Id });
const Directed = z.looseObject({ from: z.object({ id: Id }), to: z.object({ id: Id }) });

const LinkError = z.looseObject({
  category: z.optional(z.string()),
  message: z.optional(z.string()),
  context: z.optional(z.record(z.string(), z.array(z.string()))),
});

const LinkAnswer = z.object({
  results: z.optional(z.array(z.unknown())),
  errors: z.optional(z.array(LinkError)),
});

/** One association as HubSpot answered it. */
export interface LinkResult {
  readonly fromId: string;
  readonly toId: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What HubSpot says of the inputs of a batch about associations, in no order. */
export interface LinkBatchAnswer {
  readonly results: readonly LinkResult[];
  readonly errors: readonly z.infer<typeof LinkError>[];
}

/** Undefined when `body` is no batch answer. Results that name no two ends are left out: they tell of no input. */
export function parseLinkAnswer(body: unknown): LinkBatchAnswer | undefined {
  const parsed = LinkAnswer.safeParse(body);
  if (!parsed.success) return undefined;
  return { results: (parsed.data.results ?? []).flatMap(parseResult), errors: parsed.data.errors ?? [] };
}

function parseResult(value: unknown): LinkResult[] {
  const labelled = Labelled.safeParse(value);
  if (labelled.success) {
    const { fromObjectId, toObjectId } = labelled.data;
    return [{ fromId: fromObjectId, toId: toObjectId, body: Object(value) }];
  }
  const directed = Directed.safeParse(value);
  if (!directed.success) return [];
  return [{ fromId: directed.data.from.id, toId: directed.data.to.id, body: Object(value) }];
}
