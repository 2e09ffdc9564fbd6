import type { SearchFilter } from './parse-body.ts';

type Test = (value: string | undefined, filter: SearchFilter) => boolean;

const text = (value: string | null | undefined): string => (value ?? '').toLowerCase();
const lists = (filter: SearchFilter, value: string): boolean =>
  (filter.values ?? []).some((each) => text(each) === text(value));

/** Tokens are words; `*` stands for any rest at either end. */
function hasToken(value: string, wanted: string): boolean {
  const word = text(wanted).replaceAll('*', '');
  const [open, close] = [wanted.startsWith('*'), wanted.endsWith('*')];
  return text(value)
    .split(/[^\p{L}\p{N}]+/u)
    .concat(text(value))
    .some((token) => {
      if (open && close) return token.includes(word);
      if (open) return token.endsWith(word);
      return close ? token.startsWith(word) : token === word;
    });
}

const tests: Readonly<Record<string, Test>> = {
  EQ: (value, filter) => value !== undefined && text(value) === text(filter.value),
  NEQ: (value, filter) => value !== undefined && text(value) !== text(filter.value),
  LT: (value, filter) => value !== undefined && compareValues(value, filter.value ?? '') < 0,
  LTE: (value, filter) => value !== undefined && compareValues(value, filter.value ?? '') <= 0,
  GT: (value, filter) => value !== undefined && compareValues(value, filter.value ?? '') > 0,
  GTE: (value, filter) => value !== undefined && compareValues(value, filter.value ?? '') >= 0,
  BETWEEN: (value, filter) =>
    value !== undefined &&
    compareValues(value, filter.value ?? '') >= 0 &&
    compareValues(value, filter.highValue ?? '') <= 0,
  IN: (value, filter) => value !== undefined && lists(filter, value),
  NOT_IN: (value, filter) => value !== undefined && !lists(filter, value),
  HAS_PROPERTY: (value) => value !== undefined,
  NOT_HAS_PROPERTY: (value) => value === undefined,
  CONTAINS_TOKEN: (value, filter) => value !== undefined && hasToken(value, filter.value ?? ''),
  NOT_CONTAINS_TOKEN: (value, filter) => value === undefined || !hasToken(value, filter.value ?? ''),
};

export const isOperator = (name: string): boolean => Object.hasOwn(tests, name);

/** Whether a value passes one filter of a search. */
export function matchesFilter(filter: SearchFilter, value: string | undefined): boolean {
  return tests[filter.operator]?.(value, filter) ?? false;
}

/** Orders two values: as numbers or times where both are some, else as texts without regard to case. */
export function compareValues(a: string, b: string): number {
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined && right !== undefined) return left - right;
  return text(a) < text(b) ? -1 : Number(text(a) > text(b));
}

function numberOf(value: string): number | undefined {
  if (value.trim() === '') return undefined;
  const number = /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : Number(value);
  return Number.isNaN(number) ? undefined : number;
}
