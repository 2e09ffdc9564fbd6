import type { SharedPace } from './pace.ts';
import type { PaceObservation } from './pace-observation.ts';

export type Observing = Pick<SharedPace, 'observe'>;

/** Tells the pace of a call's lane what came of it, and those of other lanes what is about the whole account. Never rejects. */
export async function tellPaces(
  seen: PaceObservation,
  pace: Observing,
  otherLanes: readonly Observing[],
): Promise<void> {
  // What the rate headers say is about the one lane.
  const { headers: _, ...lesson } = seen;
  const others = isOfAccount(seen) ? otherLanes.map((each) => each.observe(lesson)) : [];
  await Promise.all([pace.observe(seen), ...others]);
}

/** A migration, or the day's calls used up: HubSpot wants peace in all lanes. */
const isOfAccount = ({ status, policyName }: PaceObservation): boolean => status === 477 || policyName === 'DAILY';
