/**
 * Which permissions an SDK command uses: the IAM action that AWS really checks, which is not always the
 * command's name, and the resource that it checks it for.
 */

export interface Access {
  /** `dynamodb:PutItem`. */
  readonly action: string;
  /**
   * An ARN where the input says one; else what the input names: `table/<name>`,
   * `table/<name>/index/<name>`, `function/<name>`, `queue/<name>`, `event-bus/<name>`,
   * `log-group/<name>`, `stack/<name>`; `*` where AWS takes no resource.
   */
  readonly resource: string;
  /** DynamoDB: the partition key, as `dynamodb:LeadingKeys` would see it. */
  readonly key?: string;
}

const S3_ACTIONS: Readonly<Record<string, string>> = {
  HeadObject: 's3:GetObject',
  GetObject: 's3:GetObject',
  PutObject: 's3:PutObject',
  CopyObject: 's3:PutObject',
  DeleteObject: 's3:DeleteObject',
  DeleteObjects: 's3:DeleteObject',
  ListObjectsV2: 's3:ListBucket',
  ListObjects: 's3:ListBucket',
  HeadBucket: 's3:ListBucket',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject',
  AbortMultipartUpload: 's3:AbortMultipartUpload',
};

const TRANSACT_ACTIONS: Readonly<Record<string, string>> = {
  Put: 'dynamodb:PutItem',
  Update: 'dynamodb:UpdateItem',
  Delete: 'dynamodb:DeleteItem',
  ConditionCheck: 'dynamodb:ConditionCheckItem',
  Get: 'dynamodb:GetItem',
};

/** A transaction is one access an item; everything else is one access. */
export function accessesOf(
  service: string,
  command: string,
  input: object,
): readonly [Access, ...Access[]] {
  switch (service) {
    case 'dynamodb':
      return dynamoAccesses(command, input);
    case 's3':
      return [s3Access(command, input)];
    case 'lambda': {
      const name = text(input, 'FunctionName') ?? '*';
      const action = command.startsWith('Invoke') ? 'lambda:InvokeFunction' : `lambda:${command}`;
      return [{ action, resource: arnOr(name, 'function') }];
    }
    case 'states':
      return [{ action: `states:${command}`, resource: statesResource(command, input) }];
    case 'events': {
      if (command !== 'PutEvents') return [{ action: `events:${command}`, resource: '*' }];
      const buses = new Set(
        list(input, 'Entries').map((e) => text(e, 'EventBusName') ?? 'default'),
      );
      const [first = 'default', ...rest] = buses;
      const access = (bus: string) => ({
        action: 'events:PutEvents',
        resource: arnOr(bus, 'event-bus'),
      });
      return [access(first), ...rest.map(access)];
    }
    case 'sqs': {
      const action = command.replace(/Batch$/, '');
      const queue = text(input, 'QueueUrl')?.split('/').at(-1) ?? text(input, 'QueueName') ?? '*';
      // Redriving is granted on the dead-letter queue, which the input names by ARN.
      const source = text(input, 'SourceArn');
      return [{ action: `sqs:${action}`, resource: source ?? `queue/${queue}` }];
    }
    case 'logs': {
      const group = text(input, 'logGroupIdentifier') ?? text(input, 'logGroupName') ?? '*';
      return [{ action: `logs:${command}`, resource: arnOr(group, 'log-group') }];
    }
    default: {
      const stack = text(input, 'StackName') ?? '*';
      return [{ action: `${service}:${command}`, resource: arnOr(stack, 'stack') }];
    }
  }
}

function dynamoAccesses(command: string, input: object): readonly [Access, ...Access[]] {
  const items = list(input, 'TransactItems');
  if (items.length > 0) {
    const found = items.flatMap((item) =>
      Object.entries(item).flatMap(([verb, part]: [string, unknown]) => {
        const action = TRANSACT_ACTIONS[verb];
        return action === undefined || !isObject(part) ? [] : [itemAccess(action, part)];
      }),
    );
    const [first, ...rest] = found;
    if (first !== undefined) return [first, ...rest];
  }
  const requests = field(input, 'RequestItems');
  if (isObject(requests)) {
    const action = `dynamodb:${command.replace(/^Transact/, '')}`;
    const tables = Object.keys(requests).map((table) => ({ action, resource: `table/${table}` }));
    const [first, ...rest] = tables;
    if (first !== undefined) return [first, ...rest];
  }
  return [itemAccess(`dynamodb:${command}`, input)];
}

function itemAccess(action: string, input: object): Access {
  const table = text(input, 'TableName') ?? '*';
  const index = text(input, 'IndexName');
  const bare = table.startsWith('arn:') ? table : `table/${table}`;
  const key = partitionKey(input);
  return {
    action,
    resource: index === undefined ? bare : `${bare}/index/${index}`,
    ...(key === undefined ? {} : { key }),
  };
}

function partitionKey(input: object): string | undefined {
  for (const place of ['Key', 'Item']) {
    const item = field(input, place);
    if (isObject(item)) return value(field(item, 'pk'));
  }
  const values = field(input, 'ExpressionAttributeValues');
  return isObject(values) ? value(field(values, ':pk')) : undefined;
}

/** A string, or DynamoDB's own `{S: string}`. */
function value(of: unknown): string | undefined {
  if (typeof of === 'string') return of;
  return isObject(of) ? text(of, 'S') : undefined;
}

function s3Access(command: string, input: object): Access {
  const action = S3_ACTIONS[command] ?? `s3:${command}`;
  const bucket = text(input, 'Bucket') ?? '*';
  const key = text(input, 'Key');
  const onBucket = action === 's3:ListBucket' || key === undefined;
  return { action, resource: `arn:aws:s3:::${bucket}${onBucket ? '' : `/${key}`}` };
}

function statesResource(command: string, input: object): string {
  // AWS checks a task's answer against the machine, which the token hides: grants name `*`.
  if (command.startsWith('SendTask')) return '*';
  return text(input, 'executionArn') ?? text(input, 'stateMachineArn') ?? '*';
}

function arnOr(name: string, type: string): string {
  return name.startsWith('arn:') || name === '*' ? name : `${type}/${name}`;
}

function isObject(of: unknown): of is object {
  return typeof of === 'object' && of !== null;
}
function field(of: object, name: string): unknown {
  const found: unknown = Reflect.get(of, name);
  return found;
}
function text(of: object, name: string): string | undefined {
  const found = field(of, name);
  return typeof found === 'string' ? found : undefined;
}
function list(of: object, name: string): readonly object[] {
  const found = field(of, name);
  return Array.isArray(found) ? found.filter(isObject) : [];
}
