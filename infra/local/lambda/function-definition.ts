import { z } from 'zod';
import { type DurationMs, seconds } from '../../../lib/runtime/units.ts';
import type { ResolvedResource } from '../template/resolve-template.ts';
import { TemplateError } from '../template/template-error.ts';

/** A Lambda function as the template describes it. */
export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  /** Where its code lies unpacked. */
  readonly directory: string;
  /** `module.export`. */
  readonly handler: string;
  readonly timeout: DurationMs;
  readonly memoryMegabytes: number;
  readonly variables: Readonly<Record<string, string>>;
  /** How many environments AWS would allow at most; `undefined` where the template reserves none. */
  readonly reservedConcurrency: number | undefined;
}

const functionProperties = z.looseObject({
  Runtime: z.string(),
  Handler: z.string().regex(/^[^.]+\.[^.]+$/),
  Code: z.looseObject({ S3Key: z.string() }),
  Timeout: z.coerce.number().default(3),
  MemorySize: z.coerce.number().default(128),
  ReservedConcurrentExecutions: z.coerce.number().optional(),
  Environment: z.looseObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).optional(),
});

/** Reads an `AWS::Lambda::Function`; throws `TemplateError` for a runtime that is not Node's. */
export function readFunction(
  resource: ResolvedResource,
  names: { readonly name: string; readonly arn: string },
  assetDirectory: (s3Key: string) => string,
): FunctionDefinition {
  const properties = functionProperties.parse(resource.properties);
  if (!properties.Runtime.startsWith('nodejs')) {
    throw new TemplateError(
      `function ${resource.logicalId} wants the runtime ${properties.Runtime}; only Node's runs here`,
    );
  }
  return {
    ...names,
    directory: assetDirectory(properties.Code.S3Key),
    handler: properties.Handler,
    timeout: seconds(properties.Timeout),
    memoryMegabytes: properties.MemorySize,
    variables: properties.Environment?.Variables ?? {},
    reservedConcurrency: properties.ReservedConcurrentExecutions,
  };
}
