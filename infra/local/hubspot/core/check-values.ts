import { isEmail, normaliseEmail, splitEmails } from './email-address.ts';
import type { PropertyDefinition } from './property-definitions.ts';
import type { Settings } from './settings.ts';

/** A property as JSON may carry it; HubSpot reads numbers and booleans as their text. */
export type RawValue = string | number | boolean | null;

/** Why one property of a write is refused. */
export interface PropertyFault {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** The values as they would be stored (`''` clears one), and what is wrong with the others. */
export interface CheckedValues {
  readonly values: Readonly<Record<string, string>>;
  readonly faults: readonly PropertyFault[];
}

type Checked = { readonly value: string } | { readonly code: string; readonly message: string };

const DAY_MS = 86_400_000;

/** Defined as an enumeration without options, it takes any e-mails, with `;` between them. */
const SECONDARY_EMAILS = 'hs_additional_emails';

/**
 * Checks properties against their definitions and brings them into the form that is stored.
 *
 * `rulesApply` says that the request came in by a version that enforces `validationRules`.
 */
export function checkValues(
  definitions: ReadonlyMap<string, PropertyDefinition>,
  raw: Readonly<Record<string, RawValue>>,
  settings: Settings,
  rulesApply: boolean,
): CheckedValues {
  const values: Record<string, string> = {};
  const faults: PropertyFault[] = [];
  for (const [name, given] of Object.entries(raw)) {
    if (given === null && settings.nullValues === 'ignore') continue;
    const checked = checkProperty(definitions.get(name), name, String(given ?? ''), settings, rulesApply);
    if ('code' in checked) faults.push({ name, ...checked });
    else values[name] = checked.value;
  }
  return { values, faults };
}

function checkProperty(
  definition: PropertyDefinition | undefined,
  name: string,
  text: string,
  settings: Settings,
  rulesApply: boolean,
): Checked {
  if (!definition) return { code: 'PROPERTY_DOESNT_EXIST', message: `Property "${name}" does not exist` };
  if (definition.readOnly) {
    return { code: 'READ_ONLY_VALUE', message: `"${name}" is a read only property; its value cannot be set.` };
  }
  if (text === '') return { value: '' };
  const rule = rulesApply ? settings.validationRules[name] : undefined;
  if (rule !== undefined && !new RegExp(rule).test(text)) {
    return {
      code: 'VALIDATION_RULE_VIOLATION',
      message: `Property "${name}" breaks a validation rule of this account`,
    };
  }
  return checkTyped(definition, text, settings);
}

function checkTyped(definition: PropertyDefinition, text: string, settings: Settings): Checked {
  if (definition.name === SECONDARY_EMAILS) return checkText(definition.name, text, settings);
  switch (definition.type) {
    case 'number':
      return isNumber(text)
        ? { value: text.trim() }
        : { code: 'INVALID_LONG', message: `${text} was not a valid long.` };
    case 'enumeration':
    case 'bool':
      return checkOptions(definition, text);
    case 'date':
      return checkDate(text);
    case 'datetime':
      return checkDateTime(text);
    case 'string':
    case 'phone_number':
      return checkText(definition.name, text, settings);
  }
}

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));

/** Options that are not in the definition are records of HubSpot's, so that they are numbers; whether they exist is not known here. */
function checkOptions(definition: PropertyDefinition, text: string): Checked {
  if (definition.externalOptions && /^\d+$/.test(text)) return { value: text };
  const allowed = definition.options.map((option) => option.value);
  const chosen = definition.fieldType === 'checkbox' ? text.split(';').filter((value) => value !== '') : [text];
  if (chosen.every((value) => allowed.includes(value))) return { value: text };
  return { code: 'INVALID_OPTION', message: `${text} was not one of the allowed options: [${allowed.join(', ')}]` };
}

/** Dates are days: `YYYY-MM-DD`, or the milliseconds of a midnight in UTC. */
function checkDate(text: string): Checked {
  const time = /^-?\d+$/.test(text) ? Number(text) : /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  const day = isoOf(time);
  if (day === undefined) return { code: 'INVALID_DATE', message: `${text} was not a valid date.` };
  if (time % DAY_MS !== 0)
    return { code: 'INVALID_DATE', message: `${text} is not midnight UTC, as a date has to be.` };
  return { value: day.slice(0, 10) };
}

function checkDateTime(text: string): Checked {
  const time = isoOf(/^-?\d+$/.test(text) ? Number(text) : /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : NaN);
  return time === undefined ? { code: 'INVALID_DATE', message: `${text} was not a valid date.` } : { value: time };
}

function isoOf(time: number): string | undefined {
  return Number.isFinite(time) && Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : undefined;
}

function checkText(name: string, text: string, settings: Settings): Checked {
  if (settings.longTexts === 'refuse' && text.length > settings.maxTextLength) {
    return {
      code: 'PROPERTY_VALUE_TOO_LONG',
      message: `Property "${name}" is longer than ${settings.maxTextLength} characters`,
    };
  }
  if (name === 'email') return checkEmail(text, settings);
  return name === SECONDARY_EMAILS ? checkSecondaryEmails(text, settings) : { value: text };
}

function checkSecondaryEmails(text: string, settings: Settings): Checked {
  const emails = splitEmails(text);
  const wrong = emails.find((email) => !isEmail(email, settings.unicodeEmails));
  return wrong === undefined ? { value: [...new Set(emails)].join(';') } : invalidEmail(wrong);
}

function checkEmail(text: string, settings: Settings): Checked {
  const email = normaliseEmail(text);
  const blank = settings.emailBlanks === 'refuse' && text !== text.trim();
  return !blank && isEmail(email, settings.unicodeEmails) ? { value: email } : invalidEmail(text);
}

const invalidEmail = (text: string): Checked => ({
  code: 'INVALID_EMAIL',
  message: `Email address ${text} is invalid`,
});
