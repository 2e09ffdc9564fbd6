import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { CodeLocation } from '../bundle-handler.ts';
import type { RelaySettings } from '../settings.ts';
import type { AcceptFunctions } from './accept-functions.ts';
import { RelayFunction } from './relay-function.ts';
import type { RelaySecrets } from './relay-secrets.ts';

export interface FrontDoorProps {
  readonly settings: RelaySettings;
  readonly code: CodeLocation;
  readonly secrets: RelaySecrets;
  readonly accept: AcceptFunctions;
  readonly forwardRequest: RelayFunction;
}

/** HubSpot's own paths, in both forms that HubSpot has for them. */
const CONTACTS_PATHS = ['/crm/v3/objects/contacts', '/crm/objects/{version}/contacts'];
/** How HubSpot's paths of associations name contacts, and what stands before that: v3 or v4, or a date. */
const CONTACT_NAMES = ['contacts', 'contact', '0-1'];
const OBJECTS_PATHS = ['/crm/{api}/objects', '/crm/objects/{version}'];
/** Under the second one a caller always waits for HubSpot's own answer. */
const BASE_PATHS = ['', '/sync'];

/**
 * What an access log line tells. Never a path, since `PATCH …/contacts/{id}` may hold an e-mail; never a header or a body.
 */
const ACCESS_LOG_FIELDS = {
  requestId: '$context.requestId',
  requestTime: '$context.requestTimeEpoch',
  route: '$context.routeKey',
  principal: '$context.authorizer.principal',
  status: '$context.status',
  responseBytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  integrationMs: '$context.integrationLatency',
  integrationStatus: '$context.integrationStatus',
};

/** The HTTP API: who may come in, which function serves which route, how many come in at a time. */
export class FrontDoor extends Construct {
  readonly url: string;
  readonly authorizeRequest: RelayFunction;

  constructor(scope: Construct, id: string, props: FrontDoorProps) {
    super(scope, id);
    const { settings, accept } = props;
    this.authorizeRequest = authorizeFunction(this, props);
    const api = new HttpApi(this, 'Api', {
      apiName: settings.stackName,
      description: 'HubSpot Relay',
      createDefaultStage: false,
      defaultAuthorizer: authorizer(this.authorizeRequest, settings),
    });
    const log = new LogGroup(this, 'AccessLog', {
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: settings.throttleRatePerSecond, burstLimit: settings.throttleBurst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(log),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG_FIELDS)),
      },
    });
    this.url = api.apiEndpoint;

    const create = integration('CreateContacts', accept.createContacts);
    const update = integration('UpdateContacts', accept.updateContacts);
    const upsert = integration('UpsertContacts', accept.upsertContacts);
    const archive = integration('ArchiveContacts', accept.archiveContacts);
    const gdprDelete = integration('GdprDeleteContacts', accept.gdprDeleteContacts);
    const associate = integration('AssociateContacts', accept.associateContacts);
    const forward = integration('ForwardRequest', props.forwardRequest);
    const route = (method: HttpMethod, path: string, target: HttpLambdaIntegration) =>
      api.addRoutes({ path, methods: [method], integration: target });
    for (const base of BASE_PATHS) {
      for (const contacts of CONTACTS_PATHS) {
        route(HttpMethod.POST, `${base}${contacts}`, create);
        route(HttpMethod.POST, `${base}${contacts}/batch/create`, create);
        route(HttpMethod.PATCH, `${base}${contacts}/{id}`, update);
        route(HttpMethod.POST, `${base}${contacts}/batch/update`, update);
        route(HttpMethod.POST, `${base}${contacts}/batch/upsert`, upsert);
        route(HttpMethod.DELETE, `${base}${contacts}/{id}`, archive);
        route(HttpMethod.POST, `${base}${contacts}/batch/archive`, archive);
        route(HttpMethod.POST, `${base}${contacts}/gdpr-delete`, gdprDelete);
      }
      for (const path of associationPaths(base)) {
        route(HttpMethod.PUT, path, associate);
        route(HttpMethod.DELETE, path, associate);
      }
      route(HttpMethod.ANY, `${base}/crm/{proxy+}`, forward);
    }
    route(HttpMethod.GET, '/operations/{operationId}', integration('ReadOperation', accept.readOperation));
  }
}

/** Paths of one association of a contact; `default/{toType}/{toId}` has as many segments as `{toType}/{toId}/{typeId}`. */
const associationPaths = (base: string): readonly string[] =>
  OBJECTS_PATHS.flatMap((objects) =>
    CONTACT_NAMES.flatMap((contacts) => {
      const pair = `${base}${objects}/${contacts}/{id}/associations/{toType}/{toId}`;
      return [pair, `${pair}/{typeId}`];
    }),
  );

/** One permission for each function, for the routes of this API only. */
const integration = (id: string, { lambda }: RelayFunction) =>
  new HttpLambdaIntegration(id, lambda, { scopePermissionToRoute: false });

function authorizeFunction(scope: Construct, { settings, code, secrets }: FrontDoorProps): RelayFunction {
  return new RelayFunction(scope, 'AuthorizeRequest', {
    settings,
    code,
    name: 'authorize-request',
    description: 'Tells whose key a request carries',
    timeoutSeconds: settings.authorizeTimeoutSeconds,
    memoryMb: settings.authorizeMemoryMb,
    environment: {
      RELAY_KEYS_SECRET: secrets.relayKeys.secretArn,
      ...(isCached(settings) && { AUTHORIZATIONS_ARE_CACHED: 'true' }),
    },
    permissions: [{ actions: ['secretsmanager:GetSecretValue'], resources: [secrets.relayKeys.secretArn] }],
  });
}

/**
 * Without a cache there is no identity source either: with one, API Gateway itself refuses a request that lacks the
 * header, in a shape that no HubSpot client understands. Without one, every request reaches a function that refuses it properly.
 */
const authorizer = ({ lambda }: RelayFunction, settings: RelaySettings): HttpLambdaAuthorizer =>
  new HttpLambdaAuthorizer('RelayKey', lambda, {
    responseTypes: [HttpLambdaResponseType.SIMPLE],
    identitySource: isCached(settings) ? ['$request.header.Authorization'] : [],
    resultsCacheTtl: Duration.seconds(settings.authorizerCacheSeconds),
  });

const isCached = ({ authorizerCacheSeconds }: RelaySettings): boolean => authorizerCacheSeconds > 0;
