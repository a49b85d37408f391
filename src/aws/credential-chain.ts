/** Imported only without keys in the environment: it brings every kind of credential source. */
export { defaultProvider } from "@aws-sdk/credential-provider-node";
