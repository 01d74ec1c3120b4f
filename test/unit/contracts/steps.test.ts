/** The table of steps: its names are states of the machine, and one's output is the next one's input. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PRODUCERS, STEPS, type StepName } from '#contracts/steps.ts';
import { releaseModel } from '../../../state-machines/release-model/definition.ts';

interface State {
  readonly Type: string;
  readonly ItemProcessor?: { readonly States: Readonly<Record<string, State>> };
}

/** Every Task's name, those in Maps too. */
function tasksOf(states: Readonly<Record<string, State>>): readonly string[] {
  return Object.entries(states).flatMap(([name, state]) =>
    state.Type === 'Task' ? [name] : tasksOf(state.ItemProcessor?.States ?? {}),
  );
}

/** The schemas that a field may have, without what is around them. */
function insideOf(schema: unknown): readonly unknown[] {
  if (schema instanceof z.ZodOptional) return insideOf(schema.unwrap());
  if (schema instanceof z.ZodExactOptional) return insideOf(schema.unwrap());
  if (schema instanceof z.ZodLazy) return insideOf(schema.unwrap());
  if (schema instanceof z.ZodArray) return insideOf(schema.element);
  return [schema];
}

const shapesOf = (schema: z.ZodType): readonly Readonly<Record<string, unknown>>[] =>
  schema instanceof z.ZodObject
    ? [schema.shape]
    : schema instanceof z.ZodDiscriminatedUnion
      ? schema.options.flatMap((option) => shapesOf(option as z.ZodType))
      : [];

describe('a step whose output is recorded', () => {
  const steps = Object.entries(STEPS) as [StepName, (typeof STEPS)[StepName]][];

  it.each(steps)('is a task of the machine under its own name: %s', (name, step) => {
    const { States } = releaseModel as { States: Record<string, State> };
    expect(step.name).toBe(name);
    expect(tasksOf(States)).toContain(name);
  });

  it.each(steps)('%s is handed what the steps before it hand on', (_name, { input }) => {
    const shapes = shapesOf(input);
    expect(shapes.length).toBeGreaterThan(0);
    for (const [field, schema] of shapes.flatMap((shape) => Object.entries(shape))) {
      for (const producer of PRODUCERS[field] ?? []) {
        expect([field, insideOf(schema)]).toEqual([field, [STEPS[producer].output]]);
      }
    }
  });
});
