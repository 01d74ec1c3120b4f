/**
 * The kinds of gate. A kind is one file and one line here: policy schema, evidence, verdict and `explain`
 * follow from this list. What judges without being named in a policy judges in this order.
 */
import { absoluteLimit } from './absolute-limit.ts';
import { anchorGate } from './anchor.ts';
import { baselines } from './baselines.ts';
import { bothLabels } from './both-labels.ts';
import { enoughGroups } from './enough-groups.ts';
import { holdoutUnseenGate } from './holdout-unseen.ts';
import { importance } from './importance.ts';
import { leak } from './leak.ts';
import { pairedComparison } from './paired-comparison.ts';
import { sameModel } from './same-model.ts';

export const GATE_KINDS = [
  absoluteLimit,
  sameModel,
  holdoutUnseenGate,
  enoughGroups,
  leak,
  bothLabels,
  // Before the comparison with the champion: where both hold, the anchor's is the reason.
  anchorGate,
  pairedComparison,
  baselines,
] as const;

/** Measured for people: no gate reads it. */
export const SHOWN = [importance] as const;
