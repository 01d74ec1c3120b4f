import { awsClients } from '#adapters/aws/clients.ts';
import { dynamoRunStore } from '#adapters/dynamodb/run-store.ts';
import { s3ArtifactStore } from '#adapters/s3/artifact-store.ts';
import { systemClock } from '#adapters/system/clock.ts';
import { env } from './env.ts';
import { planCandidates } from './handler.ts';

const vars = env.parse(process.env);
const aws = awsClients();
export const handler = planCandidates({
  runs: dynamoRunStore(aws.dynamodb(), vars.RUNS_TABLE),
  artifacts: s3ArtifactStore(aws.s3(), vars.ARTIFACT_BUCKET),
  code: vars.CODE_DIGEST,
  clock: systemClock(),
});
