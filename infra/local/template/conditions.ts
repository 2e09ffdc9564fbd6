import { type IntrinsicContext, resolveValue } from './intrinsics.ts';
import { TemplateError } from './template-error.ts';

/**
 * Reads the template's `Conditions`: gives a function from a condition's name to whether it holds. A condition that is not
 * there, or that leads back to itself, is a `TemplateError`.
 */
export function createConditions(
  conditions: Readonly<Record<string, unknown>>,
  context: Omit<IntrinsicContext, 'condition'>,
): (name: string) => boolean {
  const open = new Set<string>();
  const holds = (name: string): boolean => {
    const expression = conditions[name];
    if (expression === undefined) throw new TemplateError(`the condition ${name} is not in the template`);
    if (open.has(name)) throw new TemplateError(`the condition ${name} depends on itself`);
    open.add(name);
    const value = resolveValue(expression, { ...context, condition: holds });
    open.delete(name);
    if (typeof value !== 'boolean') throw new TemplateError(`the condition ${name} is neither true nor false`);
    return value;
  };
  return holds;
}
