/** Whose credentials, which region, and how long a call may take. */
export interface AwsOptions {
  /** Undefined: AWS_REGION, AWS_DEFAULT_REGION, then the profile's region. */
  readonly region: string | undefined;
  /** Undefined: AWS_PROFILE, then `default`. Given, it wins over keys in the environment. */
  readonly profile: string | undefined;
  /** Role to assume first; every call and the token are then the role's. */
  readonly roleArn: string | undefined;
  readonly externalId: string | undefined;
  /** Id of a local cluster on Outposts: tokens name it instead of the cluster's name. */
  readonly clusterId?: string | undefined;
  /** For one port call in all: credentials, request, retries and every page together. */
  readonly timeoutMs: number;
  /** The environment to read AWS_* from; the SDK itself reads the process's own. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told whenever a request to AWS is made, so that a caller can use the time until it is answered. */
  readonly onRequest?: () => void;
}
