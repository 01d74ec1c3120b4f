/**
 * The subset of the Amazon States Language that Titleholder's machine uses, as a strict schema.
 *
 * A field outside the subset doesn't parse: an interpreter that skipped unknown fields would pass tests
 * that the real service fails. Source: https://states-language.net/spec.html
 */
import * as z from 'zod';

/** `$`, `$.a.b`, `$$.Task.Token`: fields only, no indices, filters or intrinsics. */
const Path = z.string().regex(/^\$\$?(\.[A-Za-z_][A-Za-z0-9_]*)*$/, 'not a plain path');
const ResultPath = z.string().regex(/^\$(\.[A-Za-z_][A-Za-z0-9_]*)+$/, 'not a field of the state');

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
export const Json: z.ZodType<Json> = z.json();

const Retrier = z.strictObject({
  ErrorEquals: z.array(z.string()).min(1),
  IntervalSeconds: z.number().min(1).default(1),
  MaxAttempts: z.int().min(0).default(3),
  BackoffRate: z.number().min(1).default(2),
  MaxDelaySeconds: z.number().min(1).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).default('NONE'),
});
export type Retrier = z.infer<typeof Retrier>;

const Catcher = z.strictObject({
  ErrorEquals: z.array(z.string()).min(1),
  ResultPath: ResultPath.optional(),
  Next: z.string(),
});
export type Catcher = z.infer<typeof Catcher>;

const next = { Comment: z.string().optional(), Next: z.string() };

const taskFields = {
  ...next,
  Type: z.literal('Task'),
  ResultSelector: z.record(z.string(), Json).optional(),
  ResultPath: ResultPath.optional(),
  TimeoutSeconds: z.int().min(1).optional(),
  TimeoutSecondsPath: Path.optional(),
  Retry: z.array(Retrier).default([]),
  Catch: z.array(Catcher).default([]),
};

export const TOKEN_RESOURCE = 'arn:aws:states:::lambda:invoke.waitForTaskToken';

const DirectTask = z.strictObject({
  ...taskFields,
  /** A placeholder for the function's ARN. */
  Resource: z.templateLiteral(['${', z.string(), '}']),
  Parameters: z.record(z.string(), Json),
});

const TokenTask = z.strictObject({
  ...taskFields,
  Resource: z.literal(TOKEN_RESOURCE),
  Parameters: z.strictObject({
    FunctionName: z.templateLiteral(['${', z.string(), '}']),
    Payload: z.record(z.string(), Json),
  }),
});
const Task = z.union([TokenTask, DirectTask]);
export type Task = z.infer<typeof Task>;

/** What is done with one item: one Task, which ends the iteration; the Map catches what it throws. */
const ItemTask = DirectTask.omit({ Next: true, ResultPath: true, Catch: true }).extend({
  End: z.literal(true),
});
export type ItemTask = z.infer<typeof ItemTask>;

/** Inline, so without a tolerated share of failures: one failed item fails the state, by its own error. */
const MapState = z.strictObject({
  ...next,
  Type: z.literal('Map'),
  ItemsPath: Path,
  ItemSelector: z.record(z.string(), Json),
  MaxConcurrency: z.int().min(1),
  ItemProcessor: z
    .strictObject({
      ProcessorConfig: z.strictObject({ Mode: z.literal('INLINE') }),
      StartAt: z.string(),
      States: z.record(z.string(), ItemTask),
    })
    .refine(
      ({ StartAt, States }) => Object.keys(States).join() === StartAt,
      'an item is processed by one Task',
    ),
  ResultPath: ResultPath.optional(),
  Catch: z.array(Catcher).default([]),
});
export type MapState = z.infer<typeof MapState>;

const Rule = z.union([
  z.strictObject({ Variable: Path, StringEquals: z.string(), Next: z.string() }),
  z.strictObject({ Variable: Path, BooleanEquals: z.boolean(), Next: z.string() }),
  z.strictObject({ Variable: Path, IsNull: z.boolean(), Next: z.string() }),
]);
export type Rule = z.infer<typeof Rule>;

const ChoiceState = z.strictObject({
  Type: z.literal('Choice'),
  Comment: z.string().optional(),
  Choices: z.array(Rule).min(1),
  Default: z.string().optional(),
});
export type ChoiceState = z.infer<typeof ChoiceState>;

const Pass = z.strictObject({
  ...next,
  Type: z.literal('Pass'),
  Result: Json.optional(),
  ResultPath: ResultPath.optional(),
});
export type Pass = z.infer<typeof Pass>;

const Succeed = z.strictObject({ Type: z.literal('Succeed'), Comment: z.string().optional() });
const Fail = z.strictObject({
  Type: z.literal('Fail'),
  Comment: z.string().optional(),
  ErrorPath: Path,
  CausePath: Path,
});
export type Fail = z.infer<typeof Fail>;

export const State = z.union([Task, MapState, ChoiceState, Pass, Succeed, Fail]);
export type State = z.infer<typeof State>;

export const Definition = z
  .strictObject({
    Comment: z.string().optional(),
    StartAt: z.string(),
    TimeoutSeconds: z.int().min(1),
    States: z.record(z.string(), State),
  })
  .superRefine((definition, context) => {
    const missing = [
      definition.StartAt,
      ...Object.values(definition.States).flatMap((state) => targetsOf(state)),
    ].filter((name) => !(name in definition.States));
    for (const name of missing) context.addIssue({ code: 'custom', message: `no state ${name}` });
  });
export type Definition = z.infer<typeof Definition>;

/** Every state that can follow this one. */
export function targetsOf(state: State): readonly string[] {
  switch (state.Type) {
    case 'Task':
    case 'Map':
      return [state.Next, ...state.Catch.map((c) => c.Next)];
    case 'Pass':
      return [state.Next];
    case 'Choice':
      return [
        ...state.Choices.map((rule) => rule.Next),
        ...(state.Default === undefined ? [] : [state.Default]),
      ];
    case 'Succeed':
    case 'Fail':
      return [];
  }
}

/** Every Task by its name, those of the Maps' items included. */
export function tasksOf(definition: Definition): readonly (readonly [string, Task | ItemTask])[] {
  return Object.entries(definition.States).flatMap(
    ([name, state]): readonly (readonly [string, Task | ItemTask])[] => {
      if (state.Type === 'Task') return [[name, state]];
      return state.Type === 'Map' ? Object.entries(state.ItemProcessor.States) : [];
    },
  );
}
