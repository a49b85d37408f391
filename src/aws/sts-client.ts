/** Imported only for a role to assume; naming the pieces here lets the bundler drop the rest. */
export { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
