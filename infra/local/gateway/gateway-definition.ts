import { z } from 'zod';
import { type DurationMs, milliseconds, seconds } from '../../../lib/runtime/units.ts';
import type { ResolvedResource, ResolvedTemplate } from '../template/resolve-template.ts';
import { TemplateError } from '../template/template-error.ts';
import { parseRouteKey, type RoutePattern } from './match-route.ts';

/** An HTTP API as the template describes it. */
export interface GatewayDefinition {
  readonly apiId: string;
  readonly routes: readonly GatewayRoute[];
}

/** One route: what it matches, who may pass, and where it leads. */
export interface GatewayRoute {
  readonly pattern: RoutePattern;
  readonly functionArn: string;
  /** After this the client is answered without the function. */
  readonly timeout: DurationMs;
  readonly authorizer: AuthorizerDefinition | undefined;
}

/** A Lambda authorizer of the request kind, payload format 2.0, simple responses. */
export interface AuthorizerDefinition {
  readonly id: string;
  readonly functionArn: string;
  /** For instance `$request.header.Authorization`; a request without one of them is refused unasked. */
  readonly identitySources: readonly string[];
  /** How long an answer is kept; only with identity sources, which are its key. */
  readonly cacheTtl: DurationMs;
}

const apiProperties = z.looseObject({ ProtocolType: z.literal('HTTP') });
const stageProperties = z.looseObject({ StageName: z.literal('$default') });
const integrationProperties = z.looseObject({
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal('2.0'),
  TimeoutInMillis: z.coerce.number().max(30_000).default(30_000),
});
const authorizerProperties = z.looseObject({
  AuthorizerType: z.literal('REQUEST'),
  AuthorizerUri: z.string(),
  AuthorizerPayloadFormatVersion: z.literal('2.0'),
  EnableSimpleResponses: z.literal(true),
  IdentitySource: z.array(z.string()).default([]),
  AuthorizerResultTtlInSeconds: z.coerce.number().default(300),
});
const routeProperties = z.looseObject({
  RouteKey: z.string(),
  Target: z.string(),
  AuthorizationType: z.enum(['NONE', 'CUSTOM']).default('NONE'),
  AuthorizerId: z.string().optional(),
});

/**
 * Reads the template's one HTTP API. Throws `TemplateError` for what this gateway is not: other protocols, named stages,
 * integrations that are no functions, JWT and IAM authorizers. Throttling and access logs of the stage are left out.
 */
export function readGateway(template: ResolvedTemplate): GatewayDefinition {
  const [api, ...others] = template.resources('AWS::ApiGatewayV2::Api');
  if (api === undefined || others.length > 0) throw new TemplateError('the local runner runs exactly one HTTP API');
  parse(apiProperties, api);
  for (const stage of template.resources('AWS::ApiGatewayV2::Stage')) parse(stageProperties, stage);
  const integrations = byId(template.resources('AWS::ApiGatewayV2::Integration'), integrationProperties);
  const authorizers = byId(template.resources('AWS::ApiGatewayV2::Authorizer'), authorizerProperties);
  return {
    apiId: api.logicalId,
    routes: template.resources('AWS::ApiGatewayV2::Route').map((resource) => {
      const route = parse(routeProperties, resource);
      const integration = integrations.get(route.Target.replace(/^integrations\//, ''));
      if (integration === undefined) throw new TemplateError(`route ${route.RouteKey} leads nowhere`);
      const authorizer = authorizers.get(route.AuthorizerId ?? '');
      if (route.AuthorizationType === 'CUSTOM' && authorizer === undefined) {
        throw new TemplateError(`route ${route.RouteKey} names an authorizer that is not there`);
      }
      return {
        pattern: parseRouteKey(route.RouteKey),
        functionArn: functionArnIn(integration.IntegrationUri),
        timeout: milliseconds(integration.TimeoutInMillis),
        authorizer:
          route.AuthorizationType === 'CUSTOM' && authorizer !== undefined
            ? toAuthorizer(route.AuthorizerId ?? '', authorizer)
            : undefined,
      };
    }),
  };
}

function toAuthorizer(id: string, properties: z.infer<typeof authorizerProperties>): AuthorizerDefinition {
  const identitySources = properties.IdentitySource;
  return {
    id,
    functionArn: functionArnIn(properties.AuthorizerUri),
    identitySources,
    cacheTtl: seconds(identitySources.length > 0 ? properties.AuthorizerResultTtlInSeconds : 0),
  };
}

/** Function ARNs stand alone or inside of an `arn:aws:apigateway:…/functions/<arn>/invocations`. */
function functionArnIn(uri: string): string {
  const arn = /arn:aws:lambda:[^:/]+:\d+:function:[^/:]+/.exec(uri)?.[0];
  if (arn === undefined) throw new TemplateError(`the gateway leads to ${uri}, which is no function`);
  return arn;
}

function byId<Schema extends z.ZodType>(resources: readonly ResolvedResource[], schema: Schema) {
  return new Map(resources.map((resource) => [resource.logicalId, parse(schema, resource)]));
}

function parse<Schema extends z.ZodType>(schema: Schema, resource: ResolvedResource): z.infer<Schema> {
  const parsed = schema.safeParse(resource.properties);
  if (parsed.success) return parsed.data;
  throw new TemplateError(`the local runner cannot run ${resource.logicalId}: ${z.prettifyError(parsed.error)}`);
}
