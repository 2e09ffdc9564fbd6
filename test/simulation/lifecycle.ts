import type { Settings } from '../../infra/local/hubspot/core/settings.ts';
import { LIFECYCLE_POLICIES, type LifecyclePolicy } from '../../lib/operations/lifecycle.ts';
import type { Random } from '../../lib/runtime/random.ts';
import { drawBetween, drawOne, drawWhole, happens } from './seeded-random.ts';
import { type PlannedRequest, STAGES, type Workload } from './workload.ts';

/** What a run does about lifecycle stages. */
export interface LifecycleScenario {
  readonly policy: LifecyclePolicy;
  /** Whether the relay knows the portal's order of stages. */
  readonly knowsOrder: boolean;
  /** Whether HubSpot ignores steps backward, where the run says it. */
  readonly portal?: Pick<Settings, 'lifecycleRegression'>;
  /** More writes of stages, among the requests of the run. */
  readonly requests: readonly PlannedRequest[];
}

/** Runs without one: HubSpot's rule, and the stages that the workload itself writes. */
export const NO_SCENARIO: LifecycleScenario = { policy: 'forward', knowsOrder: false, requests: [] };
const RUNS_WITH_SCENARIO = 0.3;
/** Milliseconds: in a shorter time most of the stages would be merged into one. */
const LEAST_SPAN = 120_000;
/** Far above those of the workload. */
const FIRST_TAG = 10_000;

/** Draws it: `random` is one of its own, so that runs without a scenario stay the same. */
export function drawLifecycle(random: Random, { requests, contacts }: Workload, isOrdered: boolean): LifecycleScenario {
  if (!happens(random, RUNS_WITH_SCENARIO)) return NO_SCENARIO;
  const policy = drawOne(random, [
    'forward',
    'forward',
    'allow-backward',
    'allow-backward',
    'allow-backward',
    'ignore',
  ] as const);
  const span = Math.max(LEAST_SPAN, ...requests.map(({ at }) => at * 1.2));
  const hot = Math.min(drawWhole(random, 1, 6), contacts);
  const wishes = drawOne(random, [0, 0, 0.3]);
  const occurred = isOrdered ? 0 : drawOne(random, [0, 0, 0.3]);
  let tags = FIRST_TAG;
  const drawRequest = (): PlannedRequest => {
    const verb = drawOne(random, ['upsert', 'upsert', 'update', 'create'] as const);
    const size = happens(random, 0.6) ? 1 : drawWhole(random, 2, 4);
    return {
      at: drawBetween(random, 0, span),
      verb,
      shape: 'batch',
      intents: Array.from({ length: size }, () => {
        tags += 1;
        return {
          contact: drawWhole(random, 1, hot),
          by: verb === 'update' && happens(random, 0.3) ? 'id' : 'email',
          properties: {
            [drawOne(random, ['city', 'phone'])]: `w${tags}`,
            ...(happens(random, 0.85) && { lifecyclestage: happens(random, 0.1) ? '' : drawOne(random, STAGES) }),
          },
          ...(happens(random, occurred) && { occurredBefore: Math.floor(drawBetween(random, 0, 120_000)) }),
        };
      }),
      copies: 1,
      misusesKey: false,
      retries: drawWhole(random, 0, 3),
      ...(happens(random, wishes) && { lifecycle: drawOne(random, LIFECYCLE_POLICIES) }),
    };
  };
  const drawn = Array.from({ length: drawWhole(random, 4, 16) }, drawRequest);
  const lifecycleRegression = drawOne(random, ['ignore', 'ignore', 'ignore', 'ignore', 'apply'] as const);
  return { policy, knowsOrder: happens(random, 0.5), portal: { lifecycleRegression }, requests: drawn };
}
