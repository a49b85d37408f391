/** AWS credentials, as the SDK passes them around. Never printed, never kept in a result. */
export interface AwsIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Undefined: they do not expire by themselves. */
  readonly expiration?: Date;
}
