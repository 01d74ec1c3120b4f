/**
 * Evaluates recorded calls against the roles of a synthesized template, as IAM would.
 *
 * Identity policies of functions only: Allow and Deny, `*` and `?` in actions and resources, and the
 * conditions that we use (`dynamodb:LeadingKeys` by ForAllValues:StringLike; `events:*` and others can't
 * be seen in a record and count as met). Source: docs.aws.amazon.com/IAM, "Policy evaluation logic".
 */
import type { CfnTemplate } from './synthesize.ts';

/** One line of a record: what src/adapters/aws/clients.ts writes under `awsCall`. */
export interface RecordedCall {
  readonly function: string;
  readonly action: string;
  readonly resource: string;
  readonly key?: string;
}

export interface Grant {
  readonly function: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Patterns of `dynamodb:LeadingKeys`; undefined: any key. */
  readonly leadingKeys: readonly string[] | undefined;
}

export interface Account {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}
const LOCAL_ACCOUNT: Account = { partition: 'aws', region: 'us-east-1', account: '000000000000' };

/** The grants of every function's role, references resolved to ARNs of this account. */
export function grantsIn(
  template: CfnTemplate,
  account: Account = LOCAL_ACCOUNT,
): readonly Grant[] {
  const functionsByRole = new Map<string, string[]>();
  for (const resource of Object.values(template.Resources)) {
    if (resource.Type !== 'AWS::Lambda::Function') continue;
    const role: string = resource.Properties?.['Role']['Fn::GetAtt'][0];
    const name: string = resource.Properties?.['FunctionName'];
    functionsByRole.set(role, [...(functionsByRole.get(role) ?? []), name]);
  }
  return Object.values(template.Resources)
    .filter((resource) => resource.Type === 'AWS::IAM::Policy')
    .flatMap((policy) => {
      const names = (policy.Properties?.['Roles'] as { Ref: string }[]).flatMap(
        ({ Ref }) => functionsByRole.get(Ref) ?? [],
      );
      const statements: any[] = policy.Properties?.['PolicyDocument'].Statement;
      return names.flatMap((name) =>
        statements.map((statement) => ({
          function: name,
          effect: statement.Effect,
          actions: [statement.Action].flat(),
          resources: [statement.Resource].flat().map((r) => resolve(r, template, account)),
          leadingKeys: statement.Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'],
        })),
      );
    });
}

export interface Evaluation {
  /** Calls that no grant allows, or that one denies. */
  readonly denied: readonly RecordedCall[];
  /** Single permissions (one action on one resource) that no call used. */
  readonly unused: readonly {
    readonly function: string;
    readonly action: string;
    readonly resource: string;
  }[];
}

/**
 * Permissions that code uses without calling their name: ListBucket turns S3's 403 for a missing
 * object into 404; logs, X-Ray and the queue's poller belong to the platform.
 */
const IMPLIED =
  /^(s3:ListBucket|logs:.*|xray:.*|sqs:(ReceiveMessage|DeleteMessage|ChangeMessageVisibility|GetQueueUrl|GetQueueAttributes))$/;

/** `calls` of other services than AWS (`mlflow:…`) are no matter of IAM. */
export function evaluate(
  grants: readonly Grant[],
  calls: readonly RecordedCall[],
  account: Account = LOCAL_ACCOUNT,
): Evaluation {
  const aws = calls.filter((call) => !call.action.startsWith('mlflow:'));
  const denied = aws.filter((call) => {
    const matching = grants.filter((grant) => covers(grant, call, account));
    return !matching.some((g) => g.effect === 'Allow') || matching.some((g) => g.effect === 'Deny');
  });
  const unused = grants
    .filter((grant) => grant.effect === 'Allow')
    .flatMap((grant) =>
      grant.actions.flatMap((action) =>
        grant.resources.map((resource) => ({
          grant,
          single: { function: grant.function, action, resource },
        })),
      ),
    )
    .filter(({ single }) => !IMPLIED.test(single.action))
    .filter(
      ({ grant, single }) =>
        !aws.some((call) =>
          covers(
            { ...grant, actions: [single.action], resources: [single.resource] },
            call,
            account,
          ),
        ),
    )
    .map(({ single }) => single);
  return { denied, unused };
}

function covers(grant: Grant, call: RecordedCall, account: Account): boolean {
  return (
    grant.function === call.function &&
    grant.actions.some((pattern) => matches(pattern, call.action)) &&
    coversResource(grant, call, account) &&
    (grant.leadingKeys === undefined ||
      (call.key !== undefined &&
        grant.leadingKeys.some((pattern) => matches(pattern, call.key ?? ''))))
  );
}

function coversResource(grant: Grant, call: RecordedCall, account: Account): boolean {
  // A task's answer names no machine; AWS finds it by the token.
  if (call.action.startsWith('states:SendTask') && call.resource === '*') return true;
  const resource = arnOf(call, account);
  return grant.resources.some((pattern) => matches(pattern, resource));
}

/** A record names what the SDK's input named: `table/x`, `function/x`, or an ARN already. */
function arnOf(call: RecordedCall, { partition, region, account }: Account): string {
  const { resource } = call;
  if (resource.startsWith('arn:') || resource === '*') return resource;
  const service = call.action.slice(0, call.action.indexOf(':'));
  const [kind = '', ...rest] = resource.split('/');
  const name = rest.join('/');
  const prefix = `arn:${partition}:${service}:${region}:${account}:`;
  switch (kind) {
    case 'function':
    case 'log-group':
      return `${prefix}${kind}:${name}`;
    case 'queue':
      return `${prefix}${name}`;
    default:
      return `${prefix}${resource}`;
  }
}

/** IAM's wildcards: `*` is any text, `?` one character. */
function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

/** An intrinsic as text, with the template's physical names where they are known. */
function resolve(value: any, template: CfnTemplate, account: Account): string {
  if (typeof value === 'string') return value;
  const { partition, region } = account;
  if ('Ref' in value) {
    const pseudo: Record<string, string> = {
      'AWS::Partition': partition,
      'AWS::Region': region,
      'AWS::AccountId': account.account,
    };
    return pseudo[value.Ref] ?? physical(value.Ref, template);
  }
  if ('Fn::Join' in value) {
    const [separator, parts] = value['Fn::Join'];
    return parts.map((part: unknown) => resolve(part, template, account)).join(separator);
  }
  if ('Fn::GetAtt' in value) {
    const id: string = value['Fn::GetAtt'][0];
    const prefix = (service: string) => `arn:${partition}:${service}:${region}:${account.account}:`;
    const name = physical(id, template);
    switch (template.Resources[id]?.Type ?? '') {
      case 'AWS::SQS::Queue':
        return `${prefix('sqs')}${name}`;
      case 'AWS::Events::EventBus':
        return `${prefix('events')}event-bus/${name}`;
      case 'AWS::Lambda::Function':
        return `${prefix('lambda')}function:${name}`;
      case 'AWS::Logs::LogGroup':
        return `${prefix('logs')}log-group:${name}:*`;
      default:
        throw new Error(`no ARN is known for ${id}`);
    }
  }
  throw new Error(`an intrinsic that isn't known: ${JSON.stringify(value)}`);
}

function physical(id: string, template: CfnTemplate): string {
  const properties = template.Resources[id]?.Properties ?? {};
  const name = ['FunctionName', 'QueueName', 'LogGroupName', 'TableName', 'Name']
    .map((key) => properties[key])
    .find((found) => typeof found === 'string');
  return name ?? id;
}

/** The calls in function logs: JSON lines `{"awsCall":{…}}` among others. */
export function callsIn(log: string): readonly RecordedCall[] {
  return log.split('\n').flatMap((line) => {
    const at = line.indexOf('{"awsCall":');
    if (at < 0) return [];
    try {
      return [JSON.parse(line.slice(at)).awsCall as RecordedCall];
    } catch {
      return [];
    }
  });
}
