/** That enough groups judge: fewer may lack whole kinds of group, and no interval can show that. */
import * as z from 'zod';
import {
  GATE_FIELDS,
  type Judgement,
  measurement,
  type PolicyGate,
  policyGate,
} from './gate-kind.ts';
import type { GateRow, Ruling } from './verdict.ts';

/** The groups of the holdout; a row that is its own is a group. */
export const judges = measurement(
  'judges',
  z.object({
    all: z.number(),
    /** Those with a row of the positive class. */
    positive: z.number(),
    negative: z.number(),
    /** Kish's effective numbers: as many groups of one size would say as much. */
    effective: z.object({ rows: z.number(), positives: z.number(), negatives: z.number() }),
  }),
);

/** Why so many: docs/adr/0012-few-groups-decide-nothing.md. */
const GROUPS = 30;
const RARER = 15;
/** A charter may go no lower. */
const LEAST = 10;

const Policy = z.strictObject({
  kind: z.literal('enough-groups'),
  name: GATE_FIELDS.name,
  /** A comparison by too few groups can't be let through with a warning. */
  mode: z.literal('enforce').default('enforce'),
  groups: z.int().min(LEAST).default(GROUPS),
  /** Groups with a row of the class that fewer groups have. */
  rarer: z.int().min(LEAST).default(RARER),
});

/** How many groups a policy asks for, be it by its own gate or by none. */
export function neededGroups(gates: readonly PolicyGate[]): {
  readonly groups: number;
  readonly rarer: number;
} {
  return gates.find(enoughGroups.isOwn) ?? { groups: GROUPS, rarer: RARER };
}

export const enoughGroups = policyGate({
  kind: 'enough-groups',
  measurements: [judges],
  policy: Policy,
  standing: {
    since: 2,
    gate: Policy.parse({ kind: 'enough-groups', name: 'enough-groups' }),
  },
  judge({ measurements }, { name, mode, groups, rarer }): Judgement {
    const found = measurements.judges;
    const aside = {
      mode,
      verdict: 'hold',
      finding: 'too-few-groups',
      setsAside: 'comparison',
    } as const;
    if (found === undefined) {
      const reason = `gate '${name}' needs the number of holdout groups, which was not measured`;
      return { rulings: [{ ...aside, finding: 'unmeasured', reason }] };
    }
    const have = Math.min(found.positive, found.negative);
    const rows = [
      rowOf({ name, mode }, 'groups', found.all, groups),
      rowOf({ name, mode }, 'groups of the rarer class', have, rarer),
    ];
    if (rows.every(({ passed }) => passed)) return { rows };
    const lacks = [
      ...(found.all < groups ? [`${found.all} groups judge and ${groups} are needed`] : []),
      ...(have < rarer ? [`${have} groups have the rarer class and ${rarer} are needed`] : []),
    ];
    const reason = `${lacks.join('; ')}: so few decide nothing, because whole kinds of group may be unseen`;
    const ruling: Ruling = { ...aside, reason };
    return { rows, rulings: [ruling] };
  },
});

function rowOf(
  gate: { readonly name: string; readonly mode: GateRow['mode'] },
  metric: string,
  measured: number,
  limit: number,
): GateRow {
  const passed = measured >= limit;
  return { ...gate, metric, measured, limit, interval: null, passed, slack: measured - limit };
}
