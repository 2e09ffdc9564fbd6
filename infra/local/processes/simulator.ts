/** The process of the HubSpot simulator. */
import { z } from 'zod';
import { startHubSpotSimulator } from '../hubspot/server.ts';
import { serveParent } from './serve-parent.ts';

const optionsSchema = z.object({
  dataFile: z.string().optional(),
  settings: z.object({ token: z.string(), limit: z.number() }),
});

await serveParent((options) => {
  const { dataFile, settings } = optionsSchema.parse(options);
  return startHubSpotSimulator({ ...(dataFile !== undefined && { dataFile }), settings });
});
