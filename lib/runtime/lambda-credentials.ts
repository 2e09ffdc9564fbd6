import { fromEnv } from '@aws-sdk/credential-provider-env';

type Credentials = Awaited<ReturnType<ReturnType<typeof fromEnv>>>;

/**
 * Stands for the SDK's chain of credential providers in the bundles (`infra/synthesize.ts`), and so has the chain's name and shape. Lambda gives
 * a function its role's credentials as environment variables, which the chain would read first and keep; all that it would ask after
 * them, and a third of what a small function loads, are clients of services that are not there.
 */
export function defaultProvider(): () => Promise<Credentials> {
  const read = fromEnv();
  let known: Credentials | undefined;
  return async () => {
    known ??= await read();
    return known;
  };
}
