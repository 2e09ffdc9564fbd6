import type { PropertyDefinition } from './property-definitions.ts';

/** Why HubSpot refuses a value, in its own code and sentence; where that quotes the value, it has `<name>` instead. */
export interface ValueFault {
  readonly code: string;
  readonly message: string;
  /** Tells of something that HubSpot may have by now though the definitions have it not: a new property, a new option. */
  readonly mayBeOutdated?: true;
}

/** HubSpot takes no longer texts (knowledge base, property field types). */
export const MAX_TEXT_LENGTH = 65_536;
/** A refusal of a thousand inputs has to stay small; who needs all options finds them in HubSpot. */
const MOST_OPTIONS_TOLD = 20;
const MOST_CHARACTERS_TOLD = 500;
const DAY_MS = 86_400_000;
const LATEST_TIME_MS = 8.64e15;

/**
 * What HubSpot would certainly say against writing `value` into a property; undefined when nothing is known. An empty value clears the
 * property. Values of a form that nobody documents pass: they are HubSpot's to judge.
 */
export function checkValue(
  name: string,
  value: string,
  definition: PropertyDefinition | undefined,
): ValueFault | undefined {
  if (definition === undefined) {
    return { code: 'PROPERTY_DOESNT_EXIST', message: `Property "${name}" does not exist`, mayBeOutdated: true };
  }
  if (definition.isReadOnly) return readOnlyFault(name);
  return value === '' ? undefined : checkKind(name, value, definition);
}

/** What HubSpot says to a value for a property that nobody may write. */
export const readOnlyFault = (name: string): ValueFault => ({
  code: 'READ_ONLY_VALUE',
  message: `"${name}" is a read only property; its value cannot be set.`,
});

function checkKind(name: string, value: string, { kind, options }: PropertyDefinition): ValueFault | undefined {
  switch (kind) {
    case 'text':
      return checkLength(name, value);
    case 'number':
      return isNumber(value) ? undefined : { code: 'INVALID_LONG', message: `<${name}> was not a valid long.` };
    case 'date':
      return checkDate(name, value);
    case 'datetime':
      return isTime(value) ? undefined : invalidDate(name);
    case 'option':
      return checkOptions(name, [value], options);
    case 'options':
      return checkOptions(name, value.split(';'), options);
    case 'other':
      return undefined;
  }
}

function checkLength(name: string, value: string): ValueFault | undefined {
  if (value.length <= MAX_TEXT_LENGTH) return undefined;
  return {
    code: 'PROPERTY_VALUE_TOO_LONG',
    message: `Property "${name}" is longer than ${MAX_TEXT_LENGTH} characters`,
  };
}

const isNumber = (value: string): boolean => value.trim() !== '' && Number.isFinite(Number(value));

/** Several options may begin with a semicolon, which adds to those that are chosen already (properties guide). */
function checkOptions(
  name: string,
  chosen: readonly string[],
  options: readonly string[] | undefined,
): ValueFault | undefined {
  if (options === undefined) return undefined;
  const known = setOf(options);
  if (chosen.every((each) => each === '' || known.has(each) || known.has(each.trim()))) return undefined;
  return {
    code: 'INVALID_OPTION',
    message: `<${name}> was not one of the allowed options: [${tell(options)}]`,
    mayBeOutdated: true,
  };
}

const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

/** Made once for each list: an enumeration may have thousands of options, and a value may choose as many. */
function setOf(options: readonly string[]): ReadonlySet<string> {
  const made = sets.get(options) ?? new Set(options);
  sets.set(options, made);
  return made;
}

/** The first options, and how many more there are. */
function tell(options: readonly string[]): string {
  const told: string[] = [];
  let length = 0;
  for (const option of options.slice(0, MOST_OPTIONS_TOLD)) {
    length += option.length;
    if (length > MOST_CHARACTERS_TOLD) break;
    told.push(option);
  }
  const more = options.length - told.length;
  return [...told, ...(more > 0 ? [`${told.length > 0 ? 'and ' : ''}${more} more`] : [])].join(', ');
}

/** Dates are days: `YYYY-MM-DD`, or the milliseconds of a midnight in UTC (properties guide). A day with a time is HubSpot's to judge. */
function checkDate(name: string, value: string): ValueFault | undefined {
  if (!isTime(value)) return invalidDate(name);
  if (!IS_MILLISECONDS.test(value) || Number(value) % DAY_MS === 0) return undefined;
  return { code: 'INVALID_DATE', message: `<${name}> is not midnight UTC, as a date has to be.` };
}

const IS_MILLISECONDS = /^-?\d+$/;
const BEGINS_WITH_A_DAY = /^\d{4}-\d{2}-\d{2}/;

/** Milliseconds since 1970, or text that begins with a day and that can be read as a time. */
function isTime(value: string): boolean {
  const isText = BEGINS_WITH_A_DAY.test(value);
  const time = IS_MILLISECONDS.test(value) ? Number(value) : isText ? Date.parse(value) : Number.NaN;
  return Number.isFinite(time) && Math.abs(time) <= LATEST_TIME_MS;
}

const invalidDate = (name: string): ValueFault => ({
  code: 'INVALID_DATE',
  message: `<${name}> was not a valid date.`,
});
