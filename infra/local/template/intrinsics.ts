import { TemplateError } from './template-error.ts';

/** What intrinsic functions look things up in. */
export interface IntrinsicContext {
  ref(name: string): unknown;
  attribute(logicalId: string, name: string): string;
  condition(name: string): boolean;
  readonly mappings: Readonly<Record<string, unknown>>;
}

/** `AWS::NoValue`: the property or list entry that it stands for is left out. */
export const noValue = Symbol('AWS::NoValue');

type Intrinsic = (argument: unknown, context: IntrinsicContext) => unknown;

const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, context) => context.ref(text(argument, 'Ref')),
  Condition: (argument, context) => context.condition(text(argument, 'Condition')),
  'Fn::GetAtt': getAttribute,
  'Fn::Join': join,
  'Fn::Sub': substitute,
  'Fn::Select': select,
  'Fn::Split': split,
  'Fn::If': choose,
  'Fn::FindInMap': findInMap,
  'Fn::Equals': (argument, context) => {
    const [left, right] = list(argument, 'Fn::Equals', context);
    return JSON.stringify(left) === JSON.stringify(right);
  },
  'Fn::Not': (argument, context) => list(argument, 'Fn::Not', context)[0] !== true,
  'Fn::And': (argument, context) => list(argument, 'Fn::And', context).every((value) => value === true),
  'Fn::Or': (argument, context) => list(argument, 'Fn::Or', context).some((value) => value === true),
};

/** Replaces every intrinsic in `value`. Throws `TemplateError` for one that is unknown or malformed. */
export function resolveValue(value: unknown, context: IntrinsicContext): unknown {
  if (Array.isArray(value)) {
    return value.map((entry) => resolveValue(entry, context)).filter((entry) => entry !== noValue);
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && isIntrinsicName(first[0])) {
    const intrinsic = intrinsics[first[0]];
    if (intrinsic === undefined) throw new TemplateError(`the local runner does not know the intrinsic ${first[0]}`);
    return intrinsic(first[1], context);
  }
  const resolved = entries.map(([key, entry]) => [key, resolveValue(entry, context)] as const);
  return Object.fromEntries(resolved.filter(([, entry]) => entry !== noValue));
}

/** `Condition` is also a plain key (of IAM statements), but then never the only key of its object. */
function isIntrinsicName(key: string): boolean {
  return key === 'Ref' || key === 'Condition' || key.startsWith('Fn::');
}

function getAttribute(argument: unknown, context: IntrinsicContext): string {
  const parts = typeof argument === 'string' ? splitOnce(argument, '.') : list(argument, 'Fn::GetAtt', context);
  return context.attribute(text(parts[0], 'Fn::GetAtt'), text(parts[1], 'Fn::GetAtt'));
}

function join(argument: unknown, context: IntrinsicContext): string {
  const [separator, values] = list(argument, 'Fn::Join', context);
  return array(values, 'Fn::Join')
    .map((value) => scalar(value, 'Fn::Join'))
    .join(text(separator, 'Fn::Join'));
}

function substitute(argument: unknown, context: IntrinsicContext): string {
  const [pattern, own] = typeof argument === 'string' ? [argument, {}] : list(argument, 'Fn::Sub', context);
  const variables = new Map(Object.entries(typeof own === 'object' && own !== null ? own : {}));
  return text(pattern, 'Fn::Sub').replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`;
    if (variables.has(name)) return scalar(variables.get(name), 'Fn::Sub');
    return scalar(name.includes('.') ? getAttribute(name, context) : context.ref(name), 'Fn::Sub');
  });
}

function select(argument: unknown, context: IntrinsicContext): unknown {
  const [index, values] = list(argument, 'Fn::Select', context);
  const chosen: unknown = array(values, 'Fn::Select')[Number(index)];
  if (chosen === undefined) throw new TemplateError('Fn::Select selects an entry that is not there');
  return chosen;
}

function split(argument: unknown, context: IntrinsicContext): string[] {
  const [separator, value] = list(argument, 'Fn::Split', context);
  return text(value, 'Fn::Split').split(text(separator, 'Fn::Split'));
}

/** Resolves only the branch that is taken: the other may refer to what does not exist. */
function choose(argument: unknown, context: IntrinsicContext): unknown {
  const [name, whenTrue, whenFalse] = array(argument, 'Fn::If');
  return resolveValue(context.condition(text(name, 'Fn::If')) ? whenTrue : whenFalse, context);
}

function findInMap(argument: unknown, context: IntrinsicContext): unknown {
  let found: unknown = context.mappings;
  for (const key of list(argument, 'Fn::FindInMap', context)) {
    found = new Map(Object.entries(typeof found === 'object' && found !== null ? found : {})).get(
      scalar(key, 'Fn::FindInMap'),
    );
  }
  if (found === undefined) throw new TemplateError(`Fn::FindInMap finds nothing for ${JSON.stringify(argument)}`);
  return found;
}

function list(argument: unknown, intrinsic: string, context: IntrinsicContext): unknown[] {
  return array(resolveValue(argument, context), intrinsic);
}

function array(value: unknown, intrinsic: string): unknown[] {
  if (!Array.isArray(value)) throw new TemplateError(`${intrinsic} needs a list`);
  return value;
}

function text(value: unknown, intrinsic: string): string {
  if (typeof value !== 'string') throw new TemplateError(`${intrinsic} needs a text, not ${JSON.stringify(value)}`);
  return value;
}

function scalar(value: unknown, intrinsic: string): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return text(value, intrinsic);
}

function splitOnce(value: string, separator: string): string[] {
  const at = value.indexOf(separator);
  return at < 0 ? [value] : [value.slice(0, at), value.slice(at + 1)];
}
