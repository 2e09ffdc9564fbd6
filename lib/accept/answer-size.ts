/**
 * How large a body may be on its way through Lambda, which hands on 6 MB (Lambda quotas, response payload): 6,291,556 bytes, of which
 * the headers and the JSON around the body get the rest.
 */
export const MAX_BODY_BYTES_ON_THE_WAY = 5_800_000;

/** The most bytes that a UTF-16 unit of JSON takes as a part of a string: three as UTF-8, two where it is escaped. */
const MOST_BYTES_A_UNIT = 3;

/** The bytes of a body on its way: its JSON is a string in the JSON of the function's result, where each `"` and `\` takes two. */
const bytesOnTheWay = (json: string): number => Buffer.byteLength(JSON.stringify(json));

/** Whether a body's JSON can be handed on. Only what may be too large is measured. */
export const fitsOnTheWay = (json: string): boolean =>
  json.length * MOST_BYTES_A_UNIT <= MAX_BODY_BYTES_ON_THE_WAY || bytesOnTheWay(json) <= MAX_BODY_BYTES_ON_THE_WAY;

/** What can be told of one input: all, or the least. */
export interface Telling<Part> {
  readonly all: Part;
  readonly least: Part;
}

/** Kept back from the parts of an answer, for what is around and between them. */
const BYTES_AROUND_PARTS = 100_000;

/** Tells the least of every input, and all of each as long as there is room, in their order. */
export function tellWhatFits<Part>(tellings: readonly Telling<Part>[]): readonly Part[] {
  const sizeOf = (part: Part) => bytesOnTheWay(JSON.stringify(part));
  const least = tellings.reduce((sum, telling) => sum + sizeOf(telling.least), 0);
  let room = MAX_BODY_BYTES_ON_THE_WAY - BYTES_AROUND_PARTS - least;
  return tellings.map((telling) => {
    if (telling.all === telling.least) return telling.least;
    const more = sizeOf(telling.all) - sizeOf(telling.least);
    if (more > room) return telling.least;
    room -= more;
    return telling.all;
  });
}
