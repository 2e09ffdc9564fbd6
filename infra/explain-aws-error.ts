/**
 * What to do about an error of the AWS SDK that comes from the shell it runs in; undefined for any other error. The SDK's own sentences
 * ("Region is missing") do not say where a region comes from. Names as in the AWS SDK for JavaScript v3 and Secrets Manager's API reference.
 */
export function explainAwsError(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.message === 'Region is missing') {
    return 'no AWS region is set: put AWS_REGION=<the region that the stack is in> in front of the command, or set AWS_PROFILE';
  }
  switch (error.name) {
    case 'CredentialsProviderError':
      return 'no AWS credentials are found: log in to the account that the stack is in, or set AWS_PROFILE';
    case 'ExpiredTokenException':
    case 'UnrecognizedClientException':
      return 'AWS does not accept the credentials of this shell: log in again';
    case 'AccessDeniedException':
      return "the credentials of this shell may not read and write the secret: they need secretsmanager's GetSecretValue and PutSecretValue on it";
    case 'ResourceNotFoundException':
      return 'there is no such secret in this region and account: --secret takes the output RelayKeysSecret of the stack, and AWS_REGION its region';
    default:
      return undefined;
  }
}
