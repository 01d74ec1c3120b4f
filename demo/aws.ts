/** What the story looks at in AWS itself, by the SDK and past our own code. */
import { CloudWatchLogsClient, paginateDescribeLogStreams } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { paginateListExecutions, SFNClient } from '@aws-sdk/client-sfn';
import { EVENT_SOURCE } from '#contracts/events.ts';
import { LOCAL_ACCOUNT, physicalNames } from '#contracts/physical-names.ts';
import { StoryFailed } from './expectation.ts';

const NAMES = physicalNames('local', LOCAL_ACCOUNT);

export interface AwsView {
  /** The bytes of an object, as S3 has them. */
  readonly object: (kind: 'models' | 'evidence' | 'data', sha256: string) => Promise<Uint8Array>;
  /** Puts a `CommitPushed` straight on the bus. */
  readonly putEvent: (detail: unknown) => Promise<void>;
  /** Names of the executions of one run, any attempt. */
  readonly executionsOf: (runId: string) => Promise<readonly string[]>;
  /** How many environments of a function wrote a log: one stream each. */
  readonly environmentsOf: (name: string) => Promise<number>;
}

export function awsView(endpoint: string): AwsView {
  const config = {
    endpoint,
    region: LOCAL_ACCOUNT.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const sfn = new SFNClient(config);
  const events = new EventBridgeClient(config);
  const logs = new CloudWatchLogsClient(config);
  return {
    object: async (kind, sha256) => {
      const hex = sha256.replace(/^sha256:/, '');
      const { Body } = await s3.send(
        new GetObjectCommand({ Bucket: NAMES.bucket, Key: `${kind}/${hex.slice(0, 2)}/${hex}` }),
      );
      if (Body === undefined) throw new StoryFailed('S3', `${kind}/${hex} has no content`);
      return Body.transformToByteArray();
    },
    putEvent: async (detail) => {
      const { FailedEntryCount } = await events.send(
        new PutEventsCommand({
          Entries: [
            {
              EventBusName: NAMES.bus,
              Source: EVENT_SOURCE,
              DetailType: 'CommitPushed',
              Detail: JSON.stringify(detail),
            },
          ],
        }),
      );
      if (FailedEntryCount !== 0) throw new StoryFailed('EventBridge', 'the bus refused the event');
    },
    executionsOf: async (runId) => {
      const found: string[] = [];
      const pages = paginateListExecutions({ client: sfn }, { stateMachineArn: NAMES.machineArn });
      for await (const page of pages) {
        for (const { name } of page.executions ?? []) {
          if (name?.startsWith(`${runId}-`) === true) found.push(name);
        }
      }
      return found;
    },
    environmentsOf: async (name) => {
      let streams = 0;
      const group = { logGroupName: NAMES.logGroup(name) };
      for await (const page of paginateDescribeLogStreams({ client: logs }, group)) {
        streams += page.logStreams?.length ?? 0;
      }
      return streams;
    },
  };
}
