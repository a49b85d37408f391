/** Imported only when a call needs it; naming the pieces here lets the bundler drop the rest. */
export { DescribeClusterCommand, EKSClient } from "@aws-sdk/client-eks";
