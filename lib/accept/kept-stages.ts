import type { OperationRecord } from '../operations/operation-store.ts';
import { STAGE_PROPERTY } from '../portal/property-definitions.ts';
import type { ContactRoute } from './contact-route.ts';
import { type Fault, faultAt } from './fault.ts';

const WHY =
  'was not taken: HubSpot keeps the stage that the answer shows (it moves none backward unless it is cleared first)';

/** Warns a caller that waits of the lifecycle stages that HubSpot did not take; the contacts in its answer show those that it kept. */
export const keptStages = ({ shape }: ContactRoute, { outcomes }: OperationRecord): readonly Fault[] =>
  outcomes.flatMap((outcome) => {
    if (!('stage' in outcome) || outcome.stage?.kind !== 'kept') return [];
    const place = shape === 'batch' ? { index: outcome.index } : {};
    const fault = faultAt(place, `properties.${STAGE_PROPERTY}`, 'LIFECYCLE_STAGE_KEPT', (path) => `${path} ${WHY}`);
    return [{ ...fault, propertyName: STAGE_PROPERTY }];
  });
