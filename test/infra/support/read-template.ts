import type { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';

const resource = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
});
const shapes = {
  lambda: z.looseObject({
    Role: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }),
    Runtime: z.string(),
    Architectures: z.array(z.string()),
    Handler: z.string(),
    Timeout: z.number(),
    Description: z.string(),
    Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
  }),
  role: z.looseObject({
    ManagedPolicyArns: z.array(z.unknown()).default([]),
    Policies: z.array(
      z.object({
        PolicyDocument: z.object({
          Statement: z.array(
            z.looseObject({
              Effect: z.string(),
              Action: z.union([z.string(), z.array(z.string())]),
              Resource: z.unknown(),
            }),
          ),
        }),
      }),
    ),
  }),
};

export type Resource = z.output<typeof resource>;
export type LambdaProperties = z.output<typeof shapes.lambda>;

/** The resources of one type, by logical id. */
export function resourcesOf(template: Template, type: string): ReadonlyMap<string, Resource> {
  return new Map(Object.entries(template.findResources(type)).map(([id, found]) => [id, resource.parse(found)]));
}

/** The one resource of a type whose logical id contains `part`. */
export function resourceNamed(template: Template, type: string, part: string): { readonly id: string } & Resource {
  const found = [...resourcesOf(template, type)].filter(([id]) => id.includes(part));
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} resources of ${type} match ${part}`);
  return { id: only[0], ...only[1] };
}

/** A function by a part of its logical id, e.g. `DeliverWrites`. */
export function lambdaNamed(template: Template, part: string): LambdaProperties {
  return shapes.lambda.parse(resourceNamed(template, 'AWS::Lambda::Function', part).Properties);
}

/** The statements of a function's role. */
export function statementsOf(template: Template, lambda: LambdaProperties) {
  const role = roleOf(template, lambda);
  return role.Policies.flatMap((policy) => policy.PolicyDocument.Statement);
}

const roleOf = (template: Template, lambda: LambdaProperties) =>
  shapes.role.parse(resourceNamed(template, 'AWS::IAM::Role', lambda.Role['Fn::GetAtt'][0]).Properties);

/** What a function may do: `action on LogicalId`, sorted. */
export function permissionsOf(template: Template, lambda: LambdaProperties): readonly string[] {
  const managed = roleOf(template, lambda).ManagedPolicyArns.map((arn) => `managed policy ${JSON.stringify(arn)}`);
  const named = statementsOf(template, lambda).flatMap((statement) =>
    [statement.Action].flat().flatMap((action) => {
      const resources = Array.isArray(statement.Resource) ? statement.Resource : [statement.Resource];
      return resources.map((target) => `${action} on ${logicalIdOf(target)}`);
    }),
  );
  return [...managed, ...named].sort();
}

const reference = z.union([
  z.object({ Ref: z.string() }).transform(({ Ref }) => Ref),
  z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }).transform((value) => value['Fn::GetAtt'][0]),
]);

/** The logical id that a Ref or GetAtt names, without CDK's hash; the value itself when it is neither. */
export function logicalIdOf(value: unknown): string {
  const parsed = reference.safeParse(value);
  return parsed.success ? parsed.data.replace(/[0-9A-F]{8}$/, '') : JSON.stringify(value);
}
