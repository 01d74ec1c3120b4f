/** Calls a Lambda and waits; an error it threw comes back under its own name. */
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { ERROR_NAMES, type ErrorName, TitleholderError } from '#domain/errors.ts';
import { parseJson, tryParseJson } from '#contracts/parse.ts';
import { reaching } from '#adapters/aws/errors.ts';

const Failure = z.looseObject({
  errorType: z.string().default('unknown'),
  errorMessage: z.string().default(''),
});

export async function invoke(
  client: LambdaClient,
  functionName: string,
  payload: unknown,
): Promise<unknown> {
  const answer = await reaching(`the function ${functionName}`, () =>
    client.send(
      new InvokeCommand({
        FunctionName: functionName,
        InvocationType: 'RequestResponse',
        Payload: new TextEncoder().encode(JSON.stringify(payload)),
      }),
    ),
  );
  const text = new TextDecoder().decode(answer.Payload);
  if (answer.FunctionError === undefined) {
    if (text === '') return undefined;
    return parseJson(
      z.unknown(),
      text,
      `the answer of the function ${functionName}`,
      'Unavailable',
    );
  }
  const failure = tryParseJson(Failure, text);
  const type = failure.ok ? failure.value.errorType : 'unknown';
  const message = failure.ok ? failure.value.errorMessage : '';
  const name = errorNameOf(type);
  if (name !== undefined) throw new TitleholderError(name, message, { function: functionName });
  // A time-out, a crash, a defect: named by the platform (Sandbox.Timedout, Runtime.ExitError, …).
  throw new TitleholderError('Unavailable', `the function ${functionName} failed (${type})`, {
    function: functionName,
    type,
  });
}

function errorNameOf(type: string): ErrorName | undefined {
  return Object.values(ERROR_NAMES).find((name) => name === type);
}
