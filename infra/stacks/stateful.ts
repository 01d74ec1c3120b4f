/** What must outlive every deployment: tables and bucket. */
import { Stack, type StackProps } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  CfnBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { RUN_INDEXES } from '#adapters/dynamodb/keys.ts';
import { acknowledgeRule } from '../constructs/acknowledge.ts';
import { physicalNames } from '#contracts/physical-names.ts';
import type { Environment } from '../environments.ts';

export class StatefulStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    props: StackProps & { readonly environment: Environment },
  ) {
    super(scope, id, { ...props, terminationProtection: props.environment.name === 'production' });
    const { environment } = props;
    const names = physicalNames(environment.name, this);

    const table = (id: string, tableName: string) =>
      new Table(this, id, {
        tableName,
        partitionKey: { name: 'pk', type: AttributeType.STRING },
        sortKey: { name: 'sk', type: AttributeType.STRING },
        billingMode: BillingMode.PAY_PER_REQUEST,
        encryption: TableEncryption.DEFAULT,
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
        deletionProtection: environment.onAws,
        removalPolicy: environment.removal,
      });
    const runs = table('Runs', names.runsTable);
    for (const index of Object.values(RUN_INDEXES)) {
      runs.addGlobalSecondaryIndex({
        indexName: index.name,
        partitionKey: { name: index.partitionKey, type: AttributeType.STRING },
        sortKey: { name: index.sortKey, type: AttributeType.STRING },
        projectionType: ProjectionType.ALL,
      });
    }
    table('Champion', names.championTable);

    const safe = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: environment.removal,
    };
    const artifacts = new Bucket(this, 'Artifacts', {
      ...safe,
      bucketName: names.bucket,
      versioned: true,
    });
    if (!environment.onAws) {
      acknowledgeRule(artifacts, 'S1', 'the local AWS writes no access logs');
      return;
    }
    const accessLogs = new Bucket(this, 'AccessLogs', {
      ...safe,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    });
    acknowledgeRule(accessLogs, 'S1', 'this is the bucket that access logs go to');
    // By the L1 property: the L2's `serverAccessLogsBucket` doesn't type under exactOptionalPropertyTypes.
    const bucket = artifacts.node.defaultChild;
    if (!(bucket instanceof CfnBucket)) throw new Error('a Bucket is made of a CfnBucket');
    bucket.loggingConfiguration = {
      destinationBucketName: accessLogs.bucketName,
      logFilePrefix: 'artifacts/',
    };
    accessLogs.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('logging.s3.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [accessLogs.arnForObjects('artifacts/*')],
        conditions: { ArnLike: { 'aws:SourceArn': artifacts.bucketArn } },
      }),
    );
  }
}
