/** A REST API whose paths are Lambda proxies. */
import {
  type IResource,
  Integration,
  IntegrationType,
  LogGroupLogDestination,
  AccessLogFormat,
  AccessLogField,
  EndpointType,
  MethodLoggingLevel,
  ResponseType,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Environment } from '../environments.ts';
import { acknowledgeRule } from './acknowledge.ts';

/** API Gateway's own stage, and with it the first part of every path: the API stands under `/api`. */
export const API_STAGE = 'api';
/** WAF counts an address's requests over five minutes; 100 a second is far above any client of ours. */
const REQUESTS_AN_ADDRESS = 30_000;

export class Api extends Construct {
  readonly api: RestApi;
  /** Ends in a slash. */
  readonly url: string;

  constructor(
    scope: Construct,
    id: string,
    props: {
      readonly environment: Environment;
      readonly name: string;
      readonly paths: ReadonlyMap<string, LambdaFunction>;
    },
  ) {
    super(scope, id);
    const { environment } = props;
    this.api = new RestApi(this, 'Api', {
      restApiName: props.name,
      endpointTypes: [EndpointType.REGIONAL],
      cloudWatchRole: false,
      deployOptions: {
        stageName: API_STAGE,
        ...(environment.onAws
          ? {
              tracingEnabled: true,
              metricsEnabled: true,
              loggingLevel: MethodLoggingLevel.ERROR,
              // Request and response bodies hold tokens and people's rows.
              dataTraceEnabled: false,
              accessLogDestination: new LogGroupLogDestination(
                new LogGroup(this, 'AccessLogs', {
                  retention: environment.logRetention,
                  removalPolicy: environment.removal,
                }),
              ),
              accessLogFormat: AccessLogFormat.custom(
                JSON.stringify({
                  id: AccessLogField.contextRequestId(),
                  at: AccessLogField.contextRequestTime(),
                  method: AccessLogField.contextHttpMethod(),
                  path: AccessLogField.contextResourcePath(),
                  status: AccessLogField.contextStatus(),
                  millis: AccessLogField.contextResponseLatency(),
                }),
              ),
            }
          : {}),
      },
    });
    // An unknown path is API Gateway's 403 "Missing Authentication Token", which sends people to look for a token.
    this.api.addGatewayResponse('NotFound', {
      type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
      statusCode: '404',
      templates: {
        'application/json':
          '{"type":"about:blank","title":"Not Found","status":404,"detail":"there is no such path"}',
      },
    });

    for (const fn of new Set(props.paths.values())) {
      fn.addPermission(`From${id}`, {
        principal: new ServicePrincipal('apigateway.amazonaws.com'),
        sourceArn: this.api.arnForExecuteApi('*', '/*', API_STAGE),
      });
    }
    for (const [path, fn] of props.paths) {
      const method = resourceAt(this.api.root, path).addMethod('ANY', proxyTo(fn));
      const reason =
        'the function verifies a signed token and its roles itself: the local AWS enforces no authorizer, and one rule holds everywhere';
      acknowledgeRule(method, 'APIG4', reason);
      acknowledgeRule(method, 'COG4', reason);
    }
    acknowledgeRule(
      this.api,
      'APIG2',
      'the functions check every body with a strict schema and answer with the path of the error; two checkers would disagree',
    );
    if (environment.onAws) {
      this.#addFirewall();
    } else {
      const reason = 'the local AWS has no such thing, and only this machine reaches it';
      for (const rule of ['APIG1', 'APIG3', 'APIG6']) {
        acknowledgeRule(this.api.deploymentStage, rule, reason);
      }
    }
    this.url =
      environment.context.environment === 'local'
        ? `${environment.context.endpointUrl.replace(/\/+$/, '')}/_aws/execute-api/${this.api.restApiId}/${API_STAGE}/`
        : this.api.url;
  }

  #addFirewall(): void {
    const visible = (metricName: string) => ({
      cloudWatchMetricsEnabled: true,
      sampledRequestsEnabled: true,
      metricName,
    });
    const managed = (name: string, priority: number) => ({
      name,
      priority,
      overrideAction: { none: {} },
      statement: { managedRuleGroupStatement: { vendorName: 'AWS', name } },
      visibilityConfig: visible(name),
    });
    const firewall = new CfnWebACL(this, 'Firewall', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visible('all'),
      rules: [
        {
          name: 'rate',
          priority: 0,
          action: { block: {} },
          statement: {
            rateBasedStatement: { limit: REQUESTS_AN_ADDRESS, aggregateKeyType: 'IP' },
          },
          visibilityConfig: visible('rate'),
        },
        // Not the common rule set: it blocks bodies over 8 KB, and a prediction of 1,000 rows is one.
        managed('AWSManagedRulesKnownBadInputsRuleSet', 1),
        managed('AWSManagedRulesAmazonIpReputationList', 2),
      ],
    });
    new CfnWebACLAssociation(this, 'FirewallOfApi', {
      resourceArn: this.api.deploymentStage.stageArn,
      webAclArn: firewall.attrArn,
    });
  }
}

function resourceAt(root: IResource, path: string): IResource {
  return path
    .split('/')
    .slice(1)
    .reduce((parent, part) => parent.getResource(part) ?? parent.addResource(part), root);
}

/** Without the permission a method that the CDK's LambdaIntegration adds: one a function is enough. */
function proxyTo(fn: LambdaFunction): Integration {
  const { partition, region } = Stack.of(fn);
  return new Integration({
    type: IntegrationType.AWS_PROXY,
    integrationHttpMethod: 'POST',
    uri: `arn:${partition}:apigateway:${region}:lambda:path/2015-03-31/functions/${fn.functionArn}/invocations`,
  });
}
