/**
 * The one place that makes an AWS client or an MLflow call.
 *
 * Because everything passes here, one hook can record who asks for what (so that the tests compare the
 * grants with what is really used) and another can break the wire. The endpoint is the SDK's own
 * business: AWS_ENDPOINT_URL, as in every AWS tool.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { accessesOf, type Access } from './accesses.ts';

/** One permission that was used. */
export interface AwsCall extends Access {
  readonly function: string;
}

/** One attempt on the wire, as a fault plan sees it. */
export interface HttpAttempt {
  /** `dynamodb`, `s3`, …, `mlflow`. */
  readonly service: string;
  /** The operation where the wire names it (`TransactWriteItems`), else undefined. */
  readonly operation: string | undefined;
  readonly method: string;
  readonly path: string;
}

/** What happens to an attempt; several fields apply together, the delay first. */
export interface HttpFault {
  readonly delayMillis?: number;
  /** The connection is refused: the request never leaves. */
  readonly refuse?: true;
  /** The server answers this instead. */
  readonly status?: number;
  readonly body?: string;
  /** The server gets the request and acts, but its answer is lost. */
  readonly loseAnswer?: true;
}

export interface ClientOptions {
  readonly functionName?: string;
  readonly record?: (call: AwsCall) => void;
  /** Asked before every attempt, retries included. */
  readonly fault?: (attempt: HttpAttempt) => HttpFault | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its leading slash, segments encoded. */
  readonly path: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly contentType?: string;
  readonly timeoutMillis: number;
}
export interface HttpResponse {
  readonly status: number;
  readonly text: string;
}
/** One call to MLflow, without retries; rejects when no answer came. */
export type HttpCall = (request: HttpRequest) => Promise<HttpResponse>;

export interface Clients {
  readonly dynamodb: () => DynamoDBDocumentClient;
  readonly s3: () => S3Client;
  readonly sfn: () => SFNClient;
  readonly eventbridge: () => EventBridgeClient;
  readonly lambda: () => LambdaClient;
  readonly sqs: () => SQSClient;
  readonly logs: () => CloudWatchLogsClient;
  readonly cloudformation: () => CloudFormationClient;
  readonly mlflow: () => HttpCall;
}

/** Three attempts in all; the SDK's standard mode backs off with jitter. */
const MAX_ATTEMPTS = 3;
const CONNECT_MILLIS = 2_000;
/** Items and small documents. */
const SHORT_MILLIS = 10_000;
/** Objects of up to 256 MB, and Lambda functions that start cold. */
const LONG_MILLIS = 60_000;

/**
 * Lazy clients, one a service.
 *
 * Environment: AWS_ENDPOINT_URL (read by the SDK; S3 then uses path style), AWS_LAMBDA_FUNCTION_NAME,
 * TITLEHOLDER_RECORD_CALLS=1 (one JSON line `{"awsCall":…}` a permission), MLFLOW_TRACKING_URI.
 * @example const { dynamodb } = awsClients(); dynamoRunStore(dynamodb(), RUNS_TABLE);
 */
export function awsClients(options: ClientOptions = {}): Clients {
  const env = options.env ?? process.env;
  const functionName = options.functionName ?? env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'unknown';
  const record = options.record ?? (env['TITLEHOLDER_RECORD_CALLS'] === '1' ? logCall : undefined);

  const common = (requestTimeout: number) => ({
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_MILLIS,
      requestTimeout,
      throwOnRequestTimeout: true,
    },
  });
  const prepared = <C extends Instrumentable>(service: string, client: C): C => {
    if (record !== undefined) {
      recordCommands(client, (command, input) => {
        for (const access of accessesOf(service, command, input)) {
          record({ function: functionName, ...access });
        }
      });
    }
    if (options.fault !== undefined) breakWire(service, client, options.fault);
    return client;
  };

  return {
    dynamodb: once(() =>
      DynamoDBDocumentClient.from(prepared('dynamodb', new DynamoDBClient(common(SHORT_MILLIS))), {
        marshallOptions: { removeUndefinedValues: true },
      }),
    ),
    s3: once(() =>
      prepared(
        's3',
        new S3Client({
          ...common(LONG_MILLIS),
          forcePathStyle: (env['AWS_ENDPOINT_URL'] ?? '') !== '',
          // We send our own SHA-256; the SDK's extra CRC would be signed over an empty body in
          // presigned URLs.
          requestChecksumCalculation: 'WHEN_REQUIRED',
          responseChecksumValidation: 'WHEN_REQUIRED',
        }),
      ),
    ),
    sfn: once(() => prepared('states', new SFNClient(common(SHORT_MILLIS)))),
    eventbridge: once(() => prepared('events', new EventBridgeClient(common(SHORT_MILLIS)))),
    lambda: once(() => prepared('lambda', new LambdaClient(common(LONG_MILLIS)))),
    sqs: once(() => prepared('sqs', new SQSClient(common(LONG_MILLIS)))),
    logs: once(() => prepared('logs', new CloudWatchLogsClient(common(SHORT_MILLIS)))),
    cloudformation: once(() =>
      prepared('cloudformation', new CloudFormationClient(common(SHORT_MILLIS))),
    ),
    mlflow: once(() => {
      const uri = env['MLFLOW_TRACKING_URI'];
      if (uri === undefined || uri === '') throw new Error('MLFLOW_TRACKING_URI is not set');
      return httpCall(uri, functionName, record, options.fault);
    }),
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function logCall(call: AwsCall): void {
  process.stdout.write(`${JSON.stringify({ awsCall: call })}\n`);
}

/** The part of every SDK client that is touched here. */
interface Instrumentable {
  readonly middlewareStack: {
    add(
      middleware: <A extends { input: object }, R>(
        next: (args: A) => Promise<R>,
        context: { readonly commandName?: string },
      ) => (args: A) => Promise<R>,
      options: { readonly step: 'initialize'; readonly name: string },
    ): void;
  };
  readonly config: { readonly requestHandler: WireHandler };
}
interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}
interface WireHandler {
  handle(request: WireRequest, options?: object): Promise<{ response: WireResponse }>;
}
interface WireResponse {
  statusCode: number;
  headers: Record<string, string>;
  body?: unknown;
}

/** Tells of every command once, before retries, with the input as its caller wrote it. */
function recordCommands(
  client: Instrumentable,
  tell: (command: string, input: object) => void,
): void {
  client.middlewareStack.add(
    (next, context) => (args) => {
      tell((context.commandName ?? '').replace(/Command$/, ''), args.input);
      return next(args);
    },
    { step: 'initialize', name: 'titleholderRecord' },
  );
}

/** Puts the fault hook between the SDK's retries and the socket. */
function breakWire(
  service: string,
  client: Instrumentable,
  fault: (attempt: HttpAttempt) => HttpFault | undefined,
): void {
  const handler = client.config.requestHandler;
  const send = handler.handle.bind(handler);
  handler.handle = (request, options) =>
    withFault(
      fault({
        service,
        operation: request.headers['x-amz-target']?.split('.').at(-1),
        method: request.method,
        path: request.path,
      }),
      () => send(request, options),
      (status, body) => ({
        response: {
          statusCode: status,
          headers: { 'content-type': 'application/x-amz-json-1.0' },
          body: new TextEncoder().encode(body),
        },
      }),
    );
}

async function withFault<T>(
  fault: HttpFault | undefined,
  send: () => Promise<T>,
  answer: (status: number, body: string) => T,
): Promise<T> {
  if (fault === undefined) return send();
  if (fault.delayMillis !== undefined) await sleep(fault.delayMillis);
  if (fault.refuse) throw wireError('connect ECONNREFUSED (injected)', 'ECONNREFUSED');
  if (fault.status !== undefined) return answer(fault.status, fault.body ?? '{}');
  const real = await send();
  if (fault.loseAnswer) throw wireError('socket hang up (injected)', 'ECONNRESET');
  return real;
}

function wireError(message: string, code: string): Error {
  // The SDK takes an error of this name for a transient one, as it does a real lost connection.
  return Object.assign(new Error(message), { name: 'TimeoutError', code });
}

function httpCall(
  uri: string,
  functionName: string,
  record: ((call: AwsCall) => void) | undefined,
  fault: ((attempt: HttpAttempt) => HttpFault | undefined) | undefined,
): HttpCall {
  const base = uri.replace(/\/+$/, '');
  return (request) => {
    const path = request.path.split('?')[0] ?? request.path;
    record?.({ function: functionName, action: `mlflow:${request.method}`, resource: path });
    return withFault<HttpResponse>(
      fault?.({ service: 'mlflow', operation: undefined, method: request.method, path }),
      async () => {
        const response = await fetch(`${base}${request.path}`, {
          method: request.method,
          redirect: 'error',
          signal: AbortSignal.timeout(Math.max(1, Math.trunc(request.timeoutMillis))),
          ...(request.body === undefined
            ? {}
            : {
                body: request.body,
                headers: { 'content-type': request.contentType ?? 'application/json' },
              }),
        });
        return { status: response.status, text: await response.text() };
      },
      (status, text) => ({ status, text }),
    );
  };
}
