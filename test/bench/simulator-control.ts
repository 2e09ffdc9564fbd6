import { z } from 'zod';

const statistics = z.looseObject({
  firstCallAt: z.string().nullable(),
  lastCallAt: z.string().nullable(),
  calls: z.number(),
  records: z.number(),
  rateLimited: z.number(),
  peakCallsPer10Seconds: z.number(),
  recordsByRoute: z.record(z.string(), z.looseObject({ calls: z.number(), records: z.number() })),
  violations: z.record(z.string(), z.number()),
});
/** What the simulator was sent. */
export type SimulatorStatistics = z.infer<typeof statistics>;

const contactPage = z.looseObject({
  total: z.number(),
  results: z.array(z.looseObject({ id: z.string(), properties: z.looseObject({ email: z.string().nullish() }) })),
});
export type ContactPage = z.infer<typeof contactPage>;

/** The simulator's counters and contacts, which HubSpot has not. */
export function simulatorControl(url: string) {
  const get = async (path: string): Promise<unknown> => (await fetch(`${url}/_simulator/${path}`)).json();
  return {
    statistics: async (): Promise<SimulatorStatistics> => statistics.parse(await get('stats')),
    contacts: async (limit: number): Promise<ContactPage> => contactPage.parse(await get(`contacts?limit=${limit}`)),
    forgetStatistics: async (): Promise<void> => {
      const body = JSON.stringify({ only: ['statistics'] });
      const { ok } = await fetch(`${url}/_simulator/reset`, { method: 'POST', body });
      if (!ok) throw new Error('the simulator did not forget its statistics');
    },
  };
}
