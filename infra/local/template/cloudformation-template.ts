import { z } from 'zod';

/** One resource as the template has it; its properties still hold intrinsics. */
export interface TemplateResource {
  readonly type: string;
  readonly condition: string | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What the runner reads of a synthesized CloudFormation template. */
export interface CloudFormationTemplate {
  readonly parameterDefaults: Readonly<Record<string, unknown>>;
  readonly conditions: Readonly<Record<string, unknown>>;
  readonly mappings: Readonly<Record<string, unknown>>;
  readonly resources: Readonly<Record<string, TemplateResource>>;
}

const anyRecord = z.record(z.string(), z.unknown());

const templateSchema = z.object({
  Parameters: z.record(z.string(), z.looseObject({ Default: z.unknown().optional() })).default({}),
  Conditions: anyRecord.default({}),
  Mappings: anyRecord.default({}),
  Resources: z.record(
    z.string(),
    z.looseObject({ Type: z.string(), Condition: z.string().optional(), Properties: anyRecord.default({}) }),
  ),
});

/** Parses a template; throws zod's error, with the path at fault, for anything that is none. */
export function parseTemplate(json: unknown): CloudFormationTemplate {
  const template = templateSchema.parse(json);
  return {
    parameterDefaults: mapValues(template.Parameters, (parameter) => parameter.Default),
    conditions: template.Conditions,
    mappings: template.Mappings,
    resources: mapValues(template.Resources, (resource) => ({
      type: resource.Type,
      condition: resource.Condition,
      properties: resource.Properties,
    })),
  };
}

function mapValues<In, Out>(record: Readonly<Record<string, In>>, change: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
