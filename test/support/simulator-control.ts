import { z } from 'zod';

const statisticsSchema = z.object({
  calls: z.number(),
  records: z.number(),
  rateLimited: z.number(),
  lost: z.number(),
  callsByRoute: z.record(z.string(), z.number()),
  statuses: z.record(z.string(), z.number()),
  violations: z.record(z.string(), z.number()),
});
const contactSchema = z.object({ id: z.string(), properties: z.record(z.string(), z.string().nullable()) });
const pageSchema = z.object({
  results: z.array(contactSchema),
  paging: z.object({ next: z.object({ after: z.string() }) }).optional(),
});

/** What the simulator was sent. */
export type SeenStatistics = z.infer<typeof statisticsSchema>;
/** A contact as the simulator holds it. */
export type SimulatedContact = z.infer<typeof contactSchema>;

/** The control calls of a HubSpot simulator, which never count as HubSpot's. */
export interface SimulatorControl {
  statistics(): Promise<SeenStatistics>;
  contacts(): Promise<readonly SimulatedContact[]>;
  /** All contacts with this e-mail: there must never be two. */
  contactsOf(email: string): Promise<readonly SimulatedContact[]>;
  /** Adds faults, in the form that `POST /_simulator/faults` takes. */
  fail(...faults: readonly object[]): Promise<void>;
  heal(): Promise<void>;
  forgetStatistics(): Promise<void>;
}

/** Gives the controls of the simulator at `url`. */
export function createSimulatorControl(url: string): SimulatorControl {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}/_simulator${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const contacts = async (): Promise<readonly SimulatedContact[]> => {
    const all: SimulatedContact[] = [];
    for (let after: string | undefined = '0'; after !== undefined; ) {
      const page = pageSchema.parse(await call('GET', `/contacts?limit=1000&after=${after}`));
      all.push(...page.results);
      after = page.paging?.next.after;
    }
    return all;
  };
  return {
    contacts,
    statistics: async () => statisticsSchema.parse(await call('GET', '/stats')),
    contactsOf: async (email) => (await contacts()).filter(({ properties }) => properties['email'] === email),
    fail: async (...faults) => void (await call('POST', '/faults', faults)),
    heal: async () => void (await call('DELETE', '/faults')),
    forgetStatistics: async () => void (await call('POST', '/reset', { only: ['statistics'] })),
  };
}
