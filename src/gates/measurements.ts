/** The measurements that evidence may hold, as a schema: of any kind in the list. */
import * as z from 'zod';
import type { Measurement } from './gate-kind.ts';
import { GATE_KINDS, SHOWN } from './list.ts';

/** What evidence holds beside the models' metrics, by name; a measurement that was not made is absent. */
export const Measurements = z.object(shapeOf([...GATE_KINDS, { measurements: SHOWN }]));
export type Measurements = z.infer<typeof Measurements>;

type ShapeOf<M extends Measurement> = {
  [One in M as One['name']]: z.ZodExactOptional<One['schema']>;
};

interface Reader {
  readonly measurements: readonly Measurement[];
}
function shapeOf<One extends Reader>(of: readonly One[]): ShapeOf<One['measurements'][number]>;
function shapeOf(of: readonly Reader[]): Record<string, z.ZodType> {
  return Object.fromEntries(
    of.flatMap(({ measurements }) =>
      measurements.map(({ name, schema }) => [name, schema.exactOptional()] as const),
    ),
  );
}
