import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Decisions } from '#domain/ports/decisions.ts';
import { invoke } from './invoke.ts';

/** The function that writes pointers and ledger, invoked directly. */
export function lambdaDecisions(client: LambdaClient, functionName: string): Decisions {
  return { record: (decision) => invoke(client, functionName, decision) };
}
