/** Two releases of one CloudFormation stack that differ in what LocalStack alone doesn’t update. */
import { ROLE } from './aws.ts';

export const templateOf = (release: 1 | 2) => ({
  Resources: {
    Fn: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'reserved',
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Role: ROLE,
        ReservedConcurrentExecutions: release + 2,
        Code: { ZipFile: 'exports.handler = async () => 1' },
      },
    },
    Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'repaired' } },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: 'repaired',
        EventBusName: { Ref: 'Bus' },
        EventPattern: { source: [`release-${String(release)}`] },
        Targets: [{ Id: `target-${String(release)}`, Arn: { 'Fn::GetAtt': ['Fn', 'Arn'] } }],
      },
    },
    Alarm: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: 'repaired',
        Namespace: 'Test',
        MetricName: 'M',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: release * 10,
        ComparisonOperator: 'GreaterThanThreshold',
      },
    },
    Api: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'repaired' } },
    Method: {
      Type: 'AWS::ApiGateway::Method',
      Properties: {
        RestApiId: { Ref: 'Api' },
        ResourceId: { 'Fn::GetAtt': ['Api', 'RootResourceId'] },
        HttpMethod: 'GET',
        AuthorizationType: 'NONE',
        Integration: { Type: 'MOCK' },
      },
    },
    // The CDK gives a changed API's deployment a new name, so the old one is deleted.
    [`Deployment${String(release)}`]: {
      Type: 'AWS::ApiGateway::Deployment',
      DependsOn: ['Method'],
      Properties: { RestApiId: { Ref: 'Api' } },
    },
    Stage: {
      Type: 'AWS::ApiGateway::Stage',
      Properties: {
        StageName: 'prod',
        RestApiId: { Ref: 'Api' },
        DeploymentId: { Ref: `Deployment${String(release)}` },
        Variables: { release: String(release) },
      },
    },
  },
  Outputs: {
    Api: { Value: { Ref: 'Api' } },
    Deployment: { Value: { Ref: `Deployment${String(release)}` } },
  },
});
