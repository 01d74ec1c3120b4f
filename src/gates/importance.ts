/** What the models lean on: shown, and judged by no gate. */
import * as z from 'zod';
import { measurement } from './gate-kind.ts';

/** Over the repeats of a shuffle. */
const ShuffleSpread = z.object({ mean: z.number(), deviation: z.number() });
export type ShuffleSpread = z.infer<typeof ShuffleSpread>;

/** How much AUC falls when a column's cells change places; null for a model that doesn't read it. */
const Importance = z.object({
  /** Holdout rows that were shuffled. */
  rows: z.int(),
  repeats: z.int(),
  columns: z.array(
    z.object({
      column: z.string(),
      challenger: z.union([z.null(), ShuffleSpread]),
      champion: z.union([z.null(), ShuffleSpread]),
    }),
  ),
});
export type Importance = z.infer<typeof Importance>;

/** Absent where the rows allow no AUC. */
export const importance = measurement('importance', Importance);
