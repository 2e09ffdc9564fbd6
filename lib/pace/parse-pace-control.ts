import * as z from 'zod/mini';
import { type EpochMs, epochMs } from '../runtime/units.ts';
import type { Circuit, PaceControl } from './pace-state.ts';

const Time = z.pipe(
  z.number(),
  z.transform((value): EpochMs => epochMs(value)),
);

const Control = z.object({
  notBefore: Time,
  lanes: z.optional(z.record(z.string(), Time)),
  circuit: z.union([
    z.object({ kind: z.literal('closed'), failures: z.number(), refusals: z.optional(z.number()) }),
    z.object({
      kind: z.literal('open'),
      until: Time,
      round: z.number(),
      probe: z.optional(z.object({ owner: z.string(), since: Time, end: Time })),
    }),
  ]),
  ceiling: z.optional(z.object({ callsPerWindow: z.number(), seenAt: Time })),
  daily: z.optional(z.object({ limit: z.number(), remaining: z.number(), at: Time, resetAt: z.optional(Time) })),
});

/** Reads the control as it was stored. Throws when somebody else wrote to the item. */
export function parsePaceControl(json: string): PaceControl {
  const { notBefore, lanes, circuit, ceiling, daily } = Control.parse(JSON.parse(json));
  return {
    notBefore,
    circuit: toCircuit(circuit),
    ...(lanes !== undefined && { lanes }),
    ...(ceiling !== undefined && { ceiling }),
    ...(daily !== undefined && { daily: withoutUndefined(daily) }),
  };
}

function toCircuit(circuit: z.output<typeof Control>['circuit']): Circuit {
  if (circuit.kind === 'closed') {
    const { refusals, ...closed } = circuit;
    return refusals === undefined ? closed : { ...closed, refusals };
  }
  const { probe, ...open } = circuit;
  return probe === undefined ? open : { ...open, probe };
}

function withoutUndefined({ resetAt, ...daily }: NonNullable<z.output<typeof Control>['daily']>) {
  return resetAt === undefined ? daily : { ...daily, resetAt };
}
