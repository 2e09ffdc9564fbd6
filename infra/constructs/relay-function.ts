import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { RelayEnvironment } from '../../lib/runtime/config.ts';
import { type CodeLocation, withBundle } from '../bundle-handler.ts';
import type { RelaySettings } from '../settings.ts';

export interface RelayFunctionProps {
  readonly settings: RelaySettings;
  readonly code: CodeLocation;
  /** Its folder under `functions/`. */
  readonly name: string;
  /** What it is for, in one line. */
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** Only the variables that it needs. `LOG_LEVEL` is added. */
  readonly environment: Readonly<Partial<RelayEnvironment>>;
  /** All that it may do, beside writing its log. */
  readonly permissions: readonly Permission[];
}

/** Named actions on named resources. */
export interface Permission {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Only the items of a table with these keys. */
  readonly items?: readonly string[];
}

/**
 * A Lambda function of the relay, with its own role and its own log group.
 *
 * The role has inline policies only: so the function, and the event sources that AWS checks against its rights, wait for them.
 */
export class RelayFunction extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: RelayFunctionProps) {
    super(scope, id);
    const { settings, code } = props;
    const logGroup = new LogGroup(this, 'Log', {
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const build = (bundle: Code) =>
      new LambdaFunction(this, 'Function', {
        description: props.description,
        code: bundle,
        handler: 'index.handler',
        runtime: Runtime.NODEJS_24_X,
        architecture: Architecture.ARM_64,
        timeout: Duration.seconds(props.timeoutSeconds),
        memorySize: props.memoryMb,
        environment: { ...props.environment, LOG_LEVEL: settings.logLevel },
        role: roleOf(this, logGroup, props.permissions),
        logGroup,
        loggingFormat: LoggingFormat.JSON,
        applicationLogLevelV2: applicationLogLevel(settings.logLevel),
        // START, END and REPORT lines of each invocation cost more than the function's own; failures are still logged.
        systemLogLevelV2: SystemLogLevel.WARN,
      });
    this.lambda = withBundle(code, props.name, build);
  }
}

function roleOf(scope: Construct, logGroup: LogGroup, permissions: readonly Permission[]): Role {
  const allowed: readonly Permission[] = [
    ...permissions,
    { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
  ];
  const statements = allowed.map(
    ({ actions, resources, items }) =>
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: [...actions],
        resources: [...resources],
        ...(items && { conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': items } } }),
      }),
  );
  return new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { permissions: new PolicyDocument({ statements }) },
  });
}

function applicationLogLevel(level: RelaySettings['logLevel']): ApplicationLogLevel {
  switch (level) {
    case 'DEBUG':
      return ApplicationLogLevel.DEBUG;
    case 'WARN':
      return ApplicationLogLevel.WARN;
    case 'ERROR':
      return ApplicationLogLevel.ERROR;
    default:
      return ApplicationLogLevel.INFO;
  }
}
