import type { CloudFormationTemplate } from './cloudformation-template.ts';
import { createConditions } from './conditions.ts';
import { type IntrinsicContext, noValue, resolveValue } from './intrinsics.ts';
import { refuseUnknownTypes } from './resource-types.ts';
import { TemplateError } from './template-error.ts';

/** Where the template is pretended to be deployed. */
export interface Deployment {
  readonly stackName: string;
  readonly region: string;
  readonly accountId: string;
  /** Values of template parameters, in place of their defaults. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A resource with its intrinsics replaced by values. */
export interface ResolvedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What `Ref` and `Fn::GetAtt` give for a resource. */
export interface PhysicalNames {
  ref(logicalId: string): string;
  /** `undefined` where the runner has nothing of that name. */
  attribute(logicalId: string, name: string): string | undefined;
}

/** A template that can be asked for its resources. */
export interface ResolvedTemplate {
  /** The resources of these types that exist (their condition holds), in the template's order. */
  resources(...types: readonly string[]): ResolvedResource[];
}

/**
 * Prepares a template to be read. Properties are resolved when they are asked for, so that what nothing reads (policies,
 * alarms) may use any intrinsic. Throws `TemplateError` for what cannot be run here.
 */
export function resolveTemplate(
  template: CloudFormationTemplate,
  deployment: Deployment,
  names: PhysicalNames,
): ResolvedTemplate {
  const parameters = { ...template.parameterDefaults, ...deployment.parameters };
  const pseudoParameters = pseudoParametersOf(deployment);
  const refParameter = (name: string): unknown => pseudoParameters[name] ?? parameters[name];
  const conditions = createConditions(template.conditions, {
    ref: (name) => definedOr(refParameter(name), () => missing(`Ref to ${name}, which no parameter is called,`)),
    attribute: (logicalId) => missing(`Fn::GetAtt of ${logicalId} inside of a condition`),
    mappings: template.mappings,
  });
  const exists = (logicalId: string): boolean => {
    const resource = template.resources[logicalId];
    return resource !== undefined && (resource.condition === undefined || conditions(resource.condition));
  };
  const existing = Object.fromEntries(Object.entries(template.resources).filter(([id]) => exists(id)));
  refuseUnknownTypes(existing);

  const context: IntrinsicContext = {
    ref: (name) =>
      definedOr(refParameter(name), () =>
        exists(name) ? names.ref(name) : missing(`Ref to ${name}, which is not there,`),
      ),
    attribute: (logicalId, name) => {
      const value = exists(logicalId) ? names.attribute(logicalId, name) : undefined;
      return value ?? missing(`Fn::GetAtt of ${logicalId}.${name}`);
    },
    mappings: template.mappings,
    condition: conditions,
  };
  return {
    resources: (...types) =>
      Object.entries(existing)
        .filter(([, resource]) => types.includes(resource.type))
        .map(([logicalId, resource]) => ({
          logicalId,
          type: resource.type,
          properties: resolveProperties(resource.properties, context),
        })),
  };
}

function resolveProperties(
  properties: Readonly<Record<string, unknown>>,
  context: IntrinsicContext,
): Record<string, unknown> {
  const resolved = Object.entries(properties).map(([key, value]) => [key, resolveValue(value, context)] as const);
  return Object.fromEntries(resolved.filter(([, value]) => value !== noValue));
}

function pseudoParametersOf(deployment: Deployment): Record<string, unknown> {
  return {
    'AWS::AccountId': deployment.accountId,
    'AWS::NoValue': noValue,
    'AWS::NotificationARNs': [],
    'AWS::Partition': 'aws',
    'AWS::Region': deployment.region,
    'AWS::StackId': `arn:aws:cloudformation:${deployment.region}:${deployment.accountId}:stack/${deployment.stackName}/local`,
    'AWS::StackName': deployment.stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  };
}

function definedOr(value: unknown, otherwise: () => unknown): unknown {
  return value === undefined ? otherwise() : value;
}

function missing(what: string): never {
  throw new TemplateError(`${what} cannot be resolved by the local runner`);
}
