import { z } from 'zod';
import type { WireRequest } from './wire.ts';

const status = z.int().min(200).max(599);
const seconds = z.int().min(0);
const duration = z.number().min(0);
const yes = z.literal(true);

const action = z.union(
  [
    /** Answers this and does nothing; without a body, the one that such a status comes with. */
    z.strictObject({
      status,
      body: z.unknown().optional(),
      headers: z.record(z.string(), z.string()).optional(),
      retryAfter: seconds.optional(),
    }),
    /** Answers late; `commit: "late"` also takes effect only then, as when a client's timeout is shorter than HubSpot's work. */
    z.strictObject({ delayMs: duration, commit: z.enum(['early', 'late']).optional() }),
    /** Closes the connection without an answer; a commit may come after that. */
    z.strictObject({ loseAnswer: yes, commit: z.boolean(), commitAfterMs: duration.optional() }),
    /** Does the work and then answers this status, as a gateway in front of HubSpot would. */
    z.strictObject({ answerAfterCommit: status, retryAfter: seconds.optional() }),
    /** Answers a success with no results in it, and does nothing. */
    z.strictObject({ emptyResults: yes }),
    /** Never answers. */
    z.strictObject({ hang: yes, commit: z.boolean().optional() }),
    z.strictObject({ rateLimit: yes, retryAfter: seconds.optional() }),
    z.strictObject({ dailyLimit: yes, retryAfter: seconds.optional() }),
    /** 477: the account is being moved; `retryAfter` seconds, a minute unless said. */
    z.strictObject({ migration: yes, retryAfter: seconds.optional() }),
  ],
  {
    error:
      'wants exactly one of {status, body?, headers?, retryAfter?}, {delayMs, commit?: "early"|"late"}, ' +
      '{loseAnswer: true, commit: true|false, commitAfterMs?}, {answerAfterCommit: status, retryAfter?}, ' +
      '{emptyResults: true}, {hang: true, commit?}, {rateLimit: true, retryAfter?}, {dailyLimit: true, retryAfter?}, ' +
      '{migration: true, retryAfter?}',
  },
);

const fault = z.strictObject({
  match: z
    .strictObject({
      method: z.string().min(1).optional(),
      /** Part of the path. */
      path: z.string().min(1).optional(),
      /** Part of the body, so that one record can be made to hurt. */
      body: z.string().min(1).optional(),
    })
    .optional(),
  /** How often; until cleared where it is not said. */
  times: z.int().min(1).optional(),
  probability: z.number().min(0).max(1).optional(),
  do: action,
});

export type FaultAction = z.infer<typeof action>;
export type Fault = z.infer<typeof fault>;

/** A fault that was set, and how often it struck. */
export interface SetFault extends Fault {
  readonly hits: number;
}

/** The faults that calls run into: the first that fits wins. */
export interface Faults {
  /** What is to happen to a call; spends one of the fault's times. */
  readonly strike: (request: WireRequest, random: () => number) => FaultAction | undefined;
  readonly add: (faults: readonly Fault[]) => void;
  readonly list: () => readonly SetFault[];
  readonly clear: () => void;
}

/** Reads faults from a control call or a test; throws with every fault of theirs named. */
export function parseFaults(input: unknown): readonly Fault[] {
  const list = Array.isArray(input)
    ? input
    : (z.object({ faults: z.unknown() }).safeParse(input).data?.faults ?? input);
  const parsed = z.array(fault).safeParse(Array.isArray(list) ? list : [list]);
  if (!parsed.success) throw new Error(`unusable faults: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** No faults yet. */
export function createFaults(): Faults {
  let faults: SetFault[] = [];
  return {
    strike: (request, random) => {
      const index = faults.findIndex(
        (each) =>
          hasTimesLeft(each) &&
          matches(each, request) &&
          (each.probability === undefined || random() < each.probability),
      );
      const struck = faults[index];
      if (!struck) return undefined;
      faults[index] = { ...struck, hits: struck.hits + 1 };
      return struck.do;
    },
    add: (added) => {
      faults.push(...added.map((each) => ({ ...each, hits: 0 })));
    },
    list: () => [...faults],
    clear: () => {
      faults = [];
    },
  };
}

const hasTimesLeft = (fault: SetFault): boolean => fault.times === undefined || fault.hits < fault.times;

function matches({ match }: Fault, request: WireRequest): boolean {
  const { method, path, body } = match ?? {};
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  if (path !== undefined && !request.path.includes(path)) return false;
  return body === undefined || request.body.includes(body);
}
