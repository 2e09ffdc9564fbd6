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
}

/** As many faults as a refusal lists; a thousand inputs with ten faults each would make an answer of a megabyte. */
export const MAX_LISTED_FAULTS = 100;

/** Gathers all faults of a request; the first `MAX_LISTED_FAULTS` are kept, the others counted. */
export class FaultList {
  readonly listed: Fault[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(fault: Fault): void {
    this.#total += 1;
    if (this.listed.length < MAX_LISTED_FAULTS) this.listed.push(fault);
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
