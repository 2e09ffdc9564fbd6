import { checkValue, readOnlyFault, type ValueFault } from '../portal/check-value.ts';
import { type PortalDefinitions, STAGE_PROPERTY } from '../portal/property-definitions.ts';
import { type Fault, FaultList, faultAt, type Listing, type Place } from './fault.ts';

/** What is done about properties that HubSpot would refuse. */
export type FaultPolicy =
  /** The request is refused. */
  | 'refuse'
  /** The property is left out, and the caller warned. */
  | 'drop'
  /** HubSpot refuses the one input, and the others arrive. */
  | 'leave'
  /** Nobody looks. */
  | 'off';

export interface PropertyChecking {
  /** What is done about what the portal's definitions say. */
  readonly policy: FaultPolicy;
  /** HubSpot judges the request input by input: each has a trace id. */
  readonly isTraced?: boolean;
  /** All or nothing: also then nothing is left to HubSpot. */
  readonly isStrict?: boolean;
  /** Absent: nothing is known of the portal, and nothing is checked. */
  readonly definitions?: PortalDefinitions | undefined;
  /** Whether the definitions are so new that what they do not hold is not there. */
  readonly isFresh: boolean;
  /** The property that is the relay's own; only the relay writes it, whatever the policy. */
  readonly writeIdProperty?: string | undefined;
  /** Lifecycle stages are left out, whatever the policy. */
  readonly ignoresStages?: boolean;
  /** Which faults are kept for the caller. */
  readonly listing?: Listing;
}

/** Whether a fault of an input is left to HubSpot; without a check, or where it says otherwise, it is added to `faults`. */
export function isLeft(fault: Fault, check: PropertyCheck | undefined, faults: FaultList): boolean {
  if (check !== undefined) return check.leave(fault, faults);
  faults.add(fault);
  return false;
}

type Verdict = 'passes' | 'dropped' | 'dropped-by-definitions';

/** What is left of an input's properties. */
export interface PassedProperties {
  readonly properties: Readonly<Record<string, string>>;
  /** Something was left out for what the definitions say, which they may not at another time. */
  readonly isCutByDefinitions: boolean;
}

/** Checks the properties of one request's inputs against the portal, and remembers what it found. */
export class PropertyCheck {
  /** Faults of properties that were left out. */
  readonly warnings: FaultList;
  /** Faults that are left to HubSpot. */
  readonly foreseen: FaultList;
  readonly #checking: PropertyChecking;
  #mayBeOutdated = false;

  constructor(checking: PropertyChecking) {
    this.#checking = checking;
    this.warnings = new FaultList(checking.listing);
    this.foreseen = new FaultList(checking.listing);
  }

  /** Something was named that the definitions do not hold: newer ones may. */
  get mayBeOutdated(): boolean {
    return this.#mayBeOutdated;
  }

  /** An input goes on as it is, for HubSpot to refuse, with a fault that shows whatever the portal has; or it is refused here. */
  leave(fault: Fault, faults: FaultList): boolean {
    const { isTraced = false, isStrict = false } = this.#checking;
    if (isTraced && !isStrict) this.foreseen.add(fault);
    else faults.add(isTraced ? { ...fault, byPreference: true } : fault);
    return isTraced && !isStrict;
  }

  /** The properties that are to be written; what is refused is added to `faults`. */
  pass(properties: Readonly<Record<string, string>>, place: Place, faults: FaultList): PassedProperties {
    const kept: Record<string, string> = Object.create(null);
    let isCutByDefinitions = false;
    for (const [name, value] of Object.entries(properties)) {
      const verdict = this.#judge(name, value, place, faults);
      if (verdict === 'passes') kept[name] = value;
      else if (verdict === 'dropped-by-definitions') isCutByDefinitions = true;
    }
    return { properties: kept, isCutByDefinitions };
  }

  #judge(name: string, value: string, place: Place, faults: FaultList): Verdict {
    if (name === STAGE_PROPERTY && this.#checking.ignoresStages === true) {
      this.warnings.add(ignoredStage(place));
      return 'dropped';
    }
    const isOwn = name === this.#checking.writeIdProperty;
    const found = isOwn ? readOnlyFault(name) : this.#check(name, value);
    if (found === undefined) return 'passes';
    const fault = valueFault(name, found, place, isOwn);
    const { policy } = this.#checking;
    if (policy === 'drop') {
      this.warnings.add(fault);
      return isOwn ? 'dropped' : 'dropped-by-definitions';
    }
    if (policy === 'leave' && !isOwn) this.foreseen.add(fault);
    else faults.add(fault);
    return 'passes';
  }

  #check(name: string, value: string): ValueFault | undefined {
    const { policy, definitions, isFresh } = this.#checking;
    if (policy === 'off' || definitions === undefined) return undefined;
    const found = checkValue(name, value, definitions.properties.get(name));
    if (found?.mayBeOutdated !== true) return found;
    this.#mayBeOutdated = true;
    return isFresh ? found : undefined;
  }
}

const ignoredStage = (place: Place): Fault => ({
  ...faultAt(place, `properties.${STAGE_PROPERTY}`, 'LIFECYCLE_STAGE_IGNORED', (path) => `${path} ${IGNORED}`),
  propertyName: STAGE_PROPERTY,
});
const IGNORED = 'is left out: lifecycle stages are neither set nor cleared here (lifecycle=ignore)';

/** In HubSpot's words, which do not say where; `in` does. The relay's own property is no matter of the portal's definitions. */
function valueFault(name: string, { code, message }: ValueFault, place: Place, isOwn: boolean): Fault {
  const fault = { ...faultAt(place, `properties.${name}`, code, () => message), propertyName: name };
  return isOwn ? fault : { ...fault, byDefinitions: 'value' };
}
