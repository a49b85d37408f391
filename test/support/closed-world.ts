/**
 * Nothing a test does may ask a real AWS host, the machine's own DNS or the metadata service:
 * credentials are fake, every AWS service points at a closed port until a test says otherwise.
 */
for (const name of Object.keys(process.env)) {
  if (/^(AWS_|EKS_PROBE_)/.test(name) || /^(https?|all|no)_proxy$/i.test(name))
    delete process.env[name];
}
process.env["AWS_EC2_METADATA_DISABLED"] = "true";
process.env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9";
process.env["AWS_CONFIG_FILE"] = "/dev/null";
process.env["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null";
process.env["KUBECONFIG"] = "/dev/null";
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
process.env["EKS_PROBE_RESOLVER"] = "127.0.0.1:9";
