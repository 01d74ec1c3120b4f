import { AwsSolutionsChecks } from 'cdk-nag';
import { type App, Validations } from 'aws-cdk-lib';
import { beforeAll, describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/bundle.ts';
import { EVENT_SOURCE, EVENTS } from '#contracts/events.ts';
import { ROUTES, type Route } from '#contracts/routes.ts';
import { releaseModel } from '../../state-machines/release-model/definition.ts';
import { grantsIn } from './least-privilege.ts';
import { appOf, type CfnTemplate, DEV, JWKS, LOCAL, ofType, templatesOf } from './synthesize.ts';

describe.each([
  ['local', LOCAL],
  ['dev', DEV],
])('the %s environment', (name, context) => {
  let app: App;
  let stateful: CfnTemplate;
  let stateless: CfnTemplate;
  beforeAll(() => {
    app = appOf(context);
    ({ stateful, stateless } = templatesOf(app));
  });

  it('has no finding of cdk-nag that nobody gave a reason for', () => {
    const found = new AwsSolutionsChecks(app).validateScope(app).violations;
    expect(
      found.map(
        (v) => `${v.ruleName}: ${v.violatingResources.map((r) => r.constructPath).join(', ')}`,
      ),
    ).toEqual([]);
  });

  it('acknowledges findings on constructs with a reason, never on a stack and never all at once', () => {
    let reasons = 0;
    for (const node of app.node.findAll()) {
      const given = node.node.metadata.filter(
        (m) => m.type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY,
      );
      for (const { data } of given) {
        const where = node.node.path;
        expect(where.split('/').length, where).toBeGreaterThan(1);
        for (const [rule, reason] of Object.entries(data as Record<string, string>)) {
          expect(rule, where).toMatch(/AwsSolutions-[A-Z]+\d+(\[.+\])?$/);
          expect(reason.length, `${where} ${rule}`).toBeGreaterThan(20);
          reasons += 1;
        }
      }
    }
    expect(reasons).toBeGreaterThan(50);
  });

  it('gives every function a role, a log group with retention, a time-out and Node 24', () => {
    const functions = ofType(stateless, 'AWS::Lambda::Function');
    expect(functions.length).toBe(FUNCTIONS.length + 1);
    const roles = functions.map(([, f]) => f.Properties?.['Role']['Fn::GetAtt'][0]);
    expect(new Set(roles).size).toBe(functions.length);
    for (const [id, { Properties: p }] of functions) {
      expect(p?.['Runtime'], id).toBe('nodejs24.x');
      expect(p?.['Timeout'], id).toBeGreaterThan(0);
      const logs = stateless.Resources[p?.['LoggingConfig'].LogGroup.Ref];
      expect(logs?.Properties?.['RetentionInDays'], id).toBeGreaterThan(0);
      expect(logs?.Properties?.['LogGroupName'], id).toBe(`/aws/lambda/${p?.['FunctionName']}`);
    }
  });

  it('lets record-decision alone write the champion table, and deliver-outbox only empty the outbox', () => {
    const writers = grantsIn(stateless).filter(
      (g) =>
        g.resources.some((r) => r.includes(':table/') && r.endsWith('-champion')) &&
        g.actions.some((a) => !/^dynamodb:(GetItem|Query)$/.test(a)),
    );
    expect(
      writers.map((g) => [
        g.function,
        g.actions.filter((a) => /Put|Update|Delete|Write|\*/.test(a)),
        g.leadingKeys?.includes('POINTER#*'),
      ]),
    ).toEqual([
      [`titleholder-${name}-record-decision`, ['dynamodb:PutItem'], true],
      [`titleholder-${name}-record-decision`, ['dynamodb:DeleteItem'], false],
      [`titleholder-${name}-deliver-outbox`, ['dynamodb:DeleteItem'], false],
    ]);
    for (const emptier of writers.slice(1)) expect(emptier.leadingKeys).toEqual(['OUTBOX']);
  });

  it('names every action and, but for X-Ray, every resource of a function', () => {
    for (const grant of grantsIn(stateless)) {
      for (const action of grant.actions) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
      if (grant.actions.every((a) => a.startsWith('xray:'))) continue;
      for (const resource of grant.resources) expect(resource).toMatch(/^arn:/);
    }
  });

  it('lets only accept-commit publish CommitPushed', () => {
    const publishers = ofType(stateless, 'AWS::IAM::Policy').flatMap(([id, policy]) =>
      (policy.Properties?.['PolicyDocument'].Statement as any[])
        .filter((s) => [s.Action].flat().includes('events:PutEvents'))
        .map((s) => [
          id.replace(/RoleDefault.*/, ''),
          s.Condition.StringEquals['events:detail-type'],
        ]),
    );
    expect(publishers).toEqual([
      ['RecordDecision', ['ChampionMoved', 'RunRejected']],
      ['AcceptCommit', ['CommitPushed']],
      ['DeliverOutbox', ['ChampionMoved', 'RunRejected']],
    ]);
    expect(ofType(stateless, 'AWS::Events::EventBusPolicy').length).toBe(name === 'local' ? 0 : 1);
    const ours = ofType(stateless, 'AWS::Events::Rule')
      .map(([, rule]) => rule.Properties?.['EventPattern'])
      .filter((pattern) => pattern?.source?.[0] === EVENT_SOURCE);
    expect(ours.flatMap((pattern) => pattern['detail-type'])).toEqual(Object.keys(EVENTS));
  });

  it('keeps the tables recoverable and the bucket private, versioned and encrypted', () => {
    const tables = ofType(stateful, 'AWS::DynamoDB::Table');
    expect(tables.length).toBe(2);
    for (const [id, table] of tables) {
      expect(table.Properties?.['PointInTimeRecoverySpecification'], id).toEqual({
        PointInTimeRecoveryEnabled: true,
      });
      expect(table.DeletionPolicy, id).toBe(name === 'local' ? 'Delete' : 'Retain');
    }
    const bucket = ofType(stateful, 'AWS::S3::Bucket').find(([id]) =>
      id.startsWith('Artifacts'),
    )?.[1];
    expect(bucket?.Properties?.['VersioningConfiguration']).toEqual({ Status: 'Enabled' });
    expect(Object.values(bucket?.Properties?.['PublicAccessBlockConfiguration'])).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(bucket?.Properties?.['BucketEncryption']).toBeDefined();
    expect(bucket?.DeletionPolicy).toBe(name === 'local' ? 'Delete' : 'Retain');
  });

  it('loses no message: every queue that is read has a dead-letter queue', () => {
    const queues = ofType(stateless, 'AWS::SQS::Queue');
    const read = ofType(stateless, 'AWS::Lambda::EventSourceMapping').map(
      ([, m]) => m.Properties?.['EventSourceArn']['Fn::GetAtt'][0],
    );
    expect(read.length).toBe(3);
    for (const id of read)
      expect(stateless.Resources[id]?.Properties?.['RedrivePolicy'], id).toBeDefined();
    expect(queues.length).toBe(6);
  });

  it('lets Lambda read which messages failed: without the flag it deletes them all', () => {
    for (const [id, mapping] of ofType(stateless, 'AWS::Lambda::EventSourceMapping')) {
      expect(mapping.Properties?.['FunctionResponseTypes'], id).toEqual([
        'ReportBatchItemFailures',
      ]);
    }
  });

  it('sends no event past a queue but the clock’s, which comes again', () => {
    const rules = ofType(stateless, 'AWS::Events::Rule');
    const past = rules.filter(([, { Properties }]) =>
      Properties?.['Targets'].some(
        (target: any) =>
          stateless.Resources[target.Arn['Fn::GetAtt'][0]]?.Type !== 'AWS::SQS::Queue',
      ),
    );
    expect(
      past.map(([, { Properties }]) =>
        Object.keys(Properties ?? {}).includes('ScheduleExpression'),
      ),
    ).toEqual([true]);
    expect(rules.length).toBe(4);
  });

  it('uses only what the local AWS has, when it is local', () => {
    if (name !== 'local') return;
    const types = new Set(
      [stateful, stateless].flatMap((t) => Object.values(t.Resources).map((r) => r.Type)),
    );
    const refused =
      /^(Custom::|AWS::(Events::(Archive|EventBusPolicy)|ApiGateway::Authorizer|Logs::MetricFilter|CloudWatch::Dashboard|StepFunctions::StateMachine(Version|Alias)|ApiGatewayV2|Cognito|WAFv2|Lambda::(Alias|Version)|CloudFormation::CustomResource))/;
    expect([...types].filter((type) => refused.test(type))).toEqual([]);
  });

  it('substitutes exactly the placeholders of the definition', () => {
    const [[, machine] = []] = ofType(stateless, 'AWS::StepFunctions::StateMachine');
    const placeholders = new Set(JSON.stringify(releaseModel).match(/(?<=\$\{)[^}]+(?=\})/g));
    expect(Object.keys(machine?.Properties?.['DefinitionSubstitutions']).sort()).toEqual(
      [...placeholders].sort(),
    );
  });

  it('waits for a Task 30 s longer than its function runs', () => {
    const [[, machine] = []] = ofType(stateless, 'AWS::StepFunctions::StateMachine');
    const substitutions = machine?.Properties?.['DefinitionSubstitutions'];
    for (const [id, state] of Object.entries<any>((releaseModel as any).States)) {
      if (state.Type !== 'Task' || !state.Resource.startsWith('${')) continue;
      const fn = stateless.Resources[substitutions[state.Resource.slice(2, -1)]['Fn::GetAtt'][0]];
      expect(state.TimeoutSeconds, id).toBe(Number(fn?.Properties?.['Timeout']) + 30);
    }
  });
});

describe('an environment', () => {
  it('cannot be deployed with local keys', () => {
    expect(() => appOf({ ...DEV, identityJwks: JWKS })).toThrow(/identityJwks/);
    expect(() => appOf({ ...DEV, environment: 'production', identityJwks: JWKS })).toThrow(
      /identityJwks/,
    );
    const environment = ofType(templatesOf(appOf(DEV)).stateless, 'AWS::Lambda::Function').map(
      ([, f]) => f.Properties?.['Environment']?.Variables ?? {},
    );
    expect(environment.filter((e) => 'IDENTITY_JWKS' in e)).toEqual([]);
    expect(environment.filter((e) => 'IDENTITY_JWKS_URI' in e).length).toBeGreaterThan(3);
  });

  it.each(['mlflowTrackingUri', 'identityIssuer', 'identityAudience', 'identityJwksUri'])(
    'says that %s is missing',
    (key) => {
      const context = Object.fromEntries(Object.entries(DEV).filter(([name]) => name !== key));
      expect(() => appOf(context)).toThrow(new RegExp(key));
    },
  );

  it('says all that is wrong in one line', () => {
    const { identityIssuer: _i, identityJwksUri: _j, ...rest } = DEV;
    expect(() => appOf(rest)).toThrow(
      /^the context of environment dev is wrong: identityIssuer: [^\n]+; identityJwksUri: [^\n]+$/,
    );
  });

  it('is one of three', () => {
    expect(() => appOf({ ...DEV, environment: 'test' })).toThrow(/context of environment test/);
  });

  it('is never local by a key of another name', () => {
    const { environment, ...rest } = DEV;
    expect(() => appOf({ ...rest, stage: environment })).toThrow(
      'the context has no key stage; say -c environment=dev or =production',
    );
  });

  it('hands claims and groups to every function that verifies tokens, and refuses bad ones', () => {
    const groups = '{"ml-approvers":["approver:claims-denial"]}';
    const context = { ...DEV, identityRolesClaim: 'cognito:groups', identityGroups: groups };
    const identities = ofType(templatesOf(appOf(context)).stateless, 'AWS::Lambda::Function')
      .map(([, f]) => f.Properties?.['Environment'].Variables)
      .filter((variables) => 'IDENTITY_ISSUER' in variables);
    expect(identities).toHaveLength(6);
    for (const variables of identities) {
      expect(variables['IDENTITY_ROLES_CLAIM']).toBe('cognito:groups');
      expect(variables['IDENTITY_GROUPS']).toBe(groups);
    }
    for (const bad of ['{', '{}', '{"g":["aprover"]}', '{"g":"admin"}']) {
      expect(() => appOf({ ...DEV, identityGroups: bad })).toThrow(/identityGroups/);
    }
  });

  it('takes the local endpoints from the environment', () => {
    const { endpointUrl: _e, mlflowTrackingUri: _m, ...rest } = LOCAL;
    const app = appOf(rest, {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      MLFLOW_TRACKING_URI: 'http://127.0.0.1:2',
    });
    expect(JSON.stringify(templatesOf(app).stateless.Outputs?.['ApiUrl'])).toContain(
      'http://127.0.0.1:1/_aws/execute-api/',
    );
  });
});

describe('the paths of the APIs', () => {
  /** Path → what is called, of one API of a template. */
  function pathsOf(template: CfnTemplate, api: string): Record<string, string> {
    const resources = Object.fromEntries(
      ofType(template, 'AWS::ApiGateway::Resource').filter(
        ([, r]) => r.Properties?.['RestApiId'].Ref === api,
      ),
    );
    const pathTo = (id: string): string => {
      const { PathPart, ParentId } = resources[id]?.Properties ?? {};
      return PathPart === undefined ? '' : `${pathTo(ParentId.Ref ?? '')}/${PathPart}`;
    };
    const calls = ofType(template, 'AWS::ApiGateway::Method').filter(
      ([, m]) => m.Properties?.['RestApiId'].Ref === api,
    );
    return Object.fromEntries(
      calls.map(([, m]) => {
        const [, parts] = m.Properties?.['Integration'].Uri['Fn::Join'] as [string, unknown[]];
        const called = parts.flatMap((part) =>
          typeof part === 'object' && part !== null && 'Fn::GetAtt' in part
            ? [(part['Fn::GetAtt'] as string[])[0] ?? '']
            : [],
        );
        const name = template.Resources[called[0] ?? '']?.Properties?.['FunctionName'] as string;
        return [pathTo(m.Properties?.['ResourceId'].Ref), name.replace(/^titleholder-[a-z]+-/, '')];
      }),
    );
  }

  it('are those of the table, under /api, and staging has those of its model', () => {
    const { stateless } = templatesOf(appOf(DEV));
    const [production, staging] = ofType(stateless, 'AWS::ApiGateway::RestApi').map(([id]) =>
      pathsOf(stateless, id),
    );
    const known = Object.values<Route>(ROUTES).map((r): [string, string] => [r.path, r.function]);
    const named = (slot: string) => (name: string) =>
      name === 'serve-model' ? `serve-model-${slot}` : name;
    expect(production).toEqual(
      Object.fromEntries(known.map(([path, name]) => [path, named('production')(name)])),
    );
    expect(staging).toEqual(
      Object.fromEntries(
        known
          .filter(([, name]) => name === 'serve-model')
          .map(([path, name]) => [path, named('staging')(name)]),
      ),
    );
    const stages = ofType(stateless, 'AWS::ApiGateway::Stage');
    expect(stages.map(([, s]) => s.Properties?.['StageName'])).toEqual(['api', 'api']);
  });
});
