import type * as z from 'zod';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { StepStore } from '#domain/ports/step-store.ts';
import { byStart, type StepRecord } from '#domain/run.ts';
import { jsonText } from '#adapters/json-text.ts';
import { StepItem } from './documents.ts';
import { runsKeys } from './keys.ts';
import { ABSENT, dynamoTable } from './table.ts';

/** Recorded outputs of steps in the runs table. */
export function dynamoStepStore(client: DynamoDBDocumentClient, runsTable: string): StepStore {
  const runs = dynamoTable(client, runsTable);
  return {
    async record(record) {
      // The first record stands: a repetition of the step with the same input reads it.
      await runs.putIf(
        runsKeys.step(record.runId, record.step, record.inputHash),
        { ...record, output: jsonText(record.output) },
        ABSENT,
      );
    },

    async get(runId, step, inputHash) {
      const item = await runs.get(StepItem, runsKeys.step(runId, step, inputHash));
      return item === undefined ? undefined : toStep(item);
    },

    async list(runId) {
      const items = await runs.all(StepItem, runsKeys.steps(runId));
      return items.map(toStep).sort(byStart);
    },
  };
}

function toStep(item: z.output<typeof StepItem>): StepRecord {
  const output: unknown = JSON.parse(item.output);
  return { ...item, output };
}
