import {
  LambdaClient,
  CreateFunctionCommand,
  InvokeCommand,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { zipSync, strToU8 } from 'fflate';
import { REGION } from '../../../localstack/stack.ts';

export const ROLE = 'arn:aws:iam::000000000000:role/test';

export function clientConfig(endpoint: string) {
  return {
    endpoint,
    region: REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
}

/** Calls what has no client among the packages. LocalStack takes the service from the header. */
export async function call(
  endpoint: string,
  service: string,
  path: string,
  init: RequestInit = {},
): Promise<string> {
  const response = await fetch(`${endpoint}${path}`, {
    ...init,
    headers: {
      ...(init.headers as Record<string, string> | undefined),
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    },
  });
  return response.text();
}

export interface Answer {
  readonly error: string | undefined;
  readonly body: Record<string, unknown>;
  readonly log: string;
}

export function functions(endpoint: string) {
  const lambda = new LambdaClient({
    ...clientConfig(endpoint),
    requestHandler: { requestTimeout: 60_000 },
    maxAttempts: 1,
  });
  return {
    lambda,
    /** Makes a function of one file and returns its ARN. */
    async create(
      name: string,
      code: string,
      options: { file?: string; timeout?: number; memory?: number } = {},
    ): Promise<string> {
      const made = await lambda.send(
        new CreateFunctionCommand({
          FunctionName: name,
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Role: ROLE,
          Timeout: options.timeout ?? 10,
          MemorySize: options.memory ?? 128,
          Code: { ZipFile: zipSync({ [options.file ?? 'index.mjs']: strToU8(code) }) },
        }),
      );
      await waitUntilFunctionActiveV2(
        { client: lambda, maxWaitTime: 20, minDelay: 0.1, maxDelay: 0.2 },
        { FunctionName: name },
      );
      return made.FunctionArn ?? '';
    },
    async invoke(name: string, event: unknown = {}): Promise<Answer> {
      const answer = await lambda.send(
        new InvokeCommand({
          FunctionName: name,
          LogType: 'Tail',
          Payload: strToU8(JSON.stringify(event)),
        }),
      );
      const body: unknown = JSON.parse(answer.Payload?.transformToString() || 'null');
      return {
        error: answer.FunctionError,
        body: typeof body === 'object' && body !== null ? { ...body } : { value: body },
        log: Buffer.from(answer.LogResult ?? '', 'base64').toString('utf8'),
      };
    },
  };
}

/** Asks until the answer is there; what stays undefined is an error after the limit. */
export async function eventually<T>(
  what: string,
  limitMs: number,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${String(limitMs)} ms`);
    await new Promise((later) => setTimeout(later, 50));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
