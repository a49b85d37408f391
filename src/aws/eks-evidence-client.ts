/** Imported only for evidence beyond the map; naming the pieces here lets the bundler drop the rest. */
export {
  DescribeUpdateCommand,
  EKSClient,
  ListAccessEntriesCommand,
  ListUpdatesCommand,
} from "@aws-sdk/client-eks";
