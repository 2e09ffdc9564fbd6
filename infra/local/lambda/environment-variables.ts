import type { FunctionDefinition } from './function-definition.ts';

/** Where the embedded AWS services listen. */
export interface ServiceEndpoints {
  readonly sqs: string;
  readonly dynamodb: string;
  readonly secretsManager: string;
}

/**
 * All variables that an environment of this function sees: the template's own and those that Lambda sets. Nothing of the
 * machine comes through but where its time zone data and programs are, so that a function cannot come to rely on it.
 */
export function environmentVariables(
  definition: FunctionDefinition,
  region: string,
  endpoints: ServiceEndpoints,
): Record<string, string> {
  return {
    ...definition.variables,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    // The developer's own AWS configuration must not leak in: it could name another endpoint or region.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.secretsManager,
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMegabytes),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    LAMBDA_TASK_ROOT: definition.directory,
    LOCAL_FUNCTION_ARN: definition.arn,
    _HANDLER: definition.handler,
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
  };
}
