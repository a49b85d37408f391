/** Imported only when a call needs it; naming the pieces here lets the bundler drop the rest. */
export {
  DescribeNetworkInterfacesCommand,
  DescribeVpcsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
