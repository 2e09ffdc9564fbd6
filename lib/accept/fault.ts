/** One thing that is wrong with a request. Never holds an e-mail, a property value or a key. */
export interface Fault {
  /** A word for programs, e.g. `INVALID_EMAIL`. */
  readonly code: string;
  /** A sentence for people: what is wrong and what to do. */
  readonly message: string;
  /** Where: `inputs[3].properties.email`, or a header's name. */
  readonly in: string;
  readonly propertyName?: string;
  /** Place of the input in a batch. */
  readonly index?: number;
  /** Found by the portal's definitions, which change: the same request may be right at another time. */
  readonly byDefinitions?: 'value' | 'idProperty' | 'rest';
  /** Found by the clock: the same request was right at an earlier time. */
  readonly byClock?: true;
  /** Found because the caller prefers so: the same request may have been taken with another preference. */
  readonly byPreference?: true;
}

/** As many faults as a refusal lists; a thousand inputs with ten faults each would make an answer of a megabyte. */
export const MAX_LISTED_FAULTS = 100;

/** Which faults of a request are kept, the others being counted. */
export interface Listing {
  /** The first so many, */
  readonly most: number;
  /** and beyond them the first of each input. */
  readonly isOfEachInput: boolean;
}

export const LISTING_OF_A_REFUSAL: Listing = { most: MAX_LISTED_FAULTS, isOfEachInput: false };

/** Gathers all faults of a request. */
export class FaultList {
  readonly listed: Fault[] = [];
  readonly #listing: Listing;
  readonly #totals = new Map<number | undefined, number>();
  #total = 0;
  #byDefinitions = 0;
  #byClock = 0;
  #byPreference = 0;

  constructor(listing: Listing = LISTING_OF_A_REFUSAL) {
    this.#listing = listing;
  }

  get total(): number {
    return this.#total;
  }

  /** How many faults an input has, listed or not; without an index, how many concern no input of a batch. */
  totalOf(index: number | undefined): number {
    return this.#totals.get(index) ?? 0;
  }

  /** Whether there are faults, and none that stands whatever the portal's definitions say. */
  get areAllByDefinitions(): boolean {
    return this.#total > 0 && this.#byDefinitions === this.#total;
  }

  /** Whether there are faults, and none that the same request had at the time when it was taken. */
  get areAllOfTheMoment(): boolean {
    return this.#total > 0 && this.#byDefinitions + this.#byClock + this.#byPreference === this.#total;
  }

  /** Whether there are faults, and all for the time that has passed. */
  get areAllByClock(): boolean {
    return this.#total > 0 && this.#byClock === this.#total;
  }

  add(fault: Fault): void {
    const { most, isOfEachInput } = this.#listing;
    const ofInput = this.totalOf(fault.index);
    const isFirst = isOfEachInput && fault.index !== undefined && ofInput === 0;
    this.#total += 1;
    this.#totals.set(fault.index, ofInput + 1);
    if (fault.byDefinitions !== undefined) this.#byDefinitions += 1;
    if (fault.byClock !== undefined) this.#byClock += 1;
    if (fault.byPreference !== undefined) this.#byPreference += 1;
    if (this.listed.length < most || isFirst) this.listed.push(fault);
  }
}

/** Where in a request something stands: in the input `index` of a batch, or in the body of a single request. */
export interface Place {
  readonly index?: number;
}

/** The full path of `field` at `place`, e.g. `inputs[3].id`. */
export const pathAt = (place: Place, field: string): string =>
  place.index === undefined ? field : `inputs[${place.index}]${field === '' ? '' : `.${field}`}`;

/** A fault of `field` at `place`. */
export function faultAt(place: Place, field: string, code: string, sentence: (path: string) => string): Fault {
  const path = pathAt(place, field);
  return { code, message: sentence(path), in: path, ...place };
}
