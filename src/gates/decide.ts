/**
 * Whether a challenger may serve: pure and total.
 *
 * It compares recorded numbers and computes nothing that engines might round differently, so anyone can
 * decide again from the stored evidence and the charter.
 */
import { TitleholderError } from '#domain/errors.ts';
import { type Check, type Judgement, gateKindOf, type PolicyGate } from './gate-kind.ts';
import type { JudgedModels, MeasurePlan } from './judged.ts';
import { GATE_KINDS } from './list.ts';
import type { Measurements } from './measurements.ts';
import { type Ruling, unmeasured, type Verdict, warning } from './verdict.ts';

/**
 * The number of the rules by which new evidence is judged; an evaluation names its own, and one from
 * before there were numbers has 1. A changed default, limit or sentence is a new number. Each gate keeps its
 * judgement of the older numbers, so that waiting runs and past verdicts are decided as they were.
 */
export const RULES = 3;

/** Evidence, as far as a verdict rests on it. */
export interface JudgedEvidence extends JudgedModels {
  readonly measurements: Measurements;
}

/** What the verdict reads of a charter. */
export interface Limits {
  readonly model: { readonly plan: MeasurePlan };
  readonly policy: { readonly gates: readonly PolicyGate[] };
}

/**
 * The verdict on evidence under a charter.
 *
 * An enforced gate or check that fails is reject, whatever else. A measurement that
 * the charter needs and the evidence lacks is a hold that names it. Where every condition holds, the comparison decides: by the paired
 * interval against the champion, or without one against the better trivial baseline. NaN (null) passes
 * nothing. The champion itself is a hold that leaves nothing to decide. Throws `EvidenceMismatch` for rules that this code doesn't know.
 */
export function decide(evidence: JudgedEvidence, charter: Limits, rules: number): Verdict {
  if (!(Number.isInteger(rules) && rules >= 1 && rules <= RULES)) {
    throw new TitleholderError(
      'EvidenceMismatch',
      `the evidence is judged by rules ${rules}, and this code knows those from 1 to ${RULES}`,
    );
  }
  const found = judge(evidence, charter, rules);
  const rulingsOf = (role: 'condition' | 'comparison'): readonly Ruling[] =>
    found.filter((one) => one.role === role).flatMap(({ rulings }) => rulings);
  const conditions = rulingsOf('condition').filter(({ mode }) => mode === 'enforce');
  const comparisons = rulingsOf('comparison');
  const aside = conditions.some((one) => one.setsAside === 'comparison');

  const saying = (verdict: Verdict['verdict'], all: readonly Ruling[]): readonly Ruling[] =>
    all.filter((one) => one.verdict === verdict);
  // The comparison speaks last: a condition that fails is the nearer reason.
  const ordered = [...saying('reject', conditions), ...saying('hold', conditions), ...comparisons];
  const deciding = aside ? conditions : ordered;
  const decisive =
    conditions.find((one) => one.setsAside === 'everything') ??
    saying('reject', deciding)[0] ??
    saying('hold', deciding)[0] ??
    ordered[0] ??
    unmeasured('enforce', 'nothing was compared');
  return {
    verdict: decisive.verdict,
    finding: decisive.finding,
    reason: decisive.reason,
    gates: found.flatMap(({ rows }) => rows),
    reasons: [
      decisive.reason,
      ...ordered.filter((other) => other !== decisive).map(({ reason }) => reason),
      ...found
        .flatMap(({ rulings }) => rulings)
        .filter(({ mode }) => mode === 'warn')
        .map(({ reason }) => warning(reason)),
    ],
  };
}

/** What is said whether it holds or not. */
export function checksOf(evidence: JudgedEvidence): readonly Check[] {
  const nothing = { model: { plan: evidence.plan }, policy: { gates: [] } };
  return judge(evidence, nothing, RULES).flatMap(({ checks }) => checks);
}

interface Found extends Required<Judgement> {
  readonly role: 'condition' | 'comparison';
}

/** The policy's gates in its order, then what judges without being named. */
function judge(evidence: JudgedEvidence, { model, policy }: Limits, rules: number): Found[] {
  const by = { plan: model.plan, rules };
  const named = policy.gates.map((gate): Found => {
    const kind = GATE_KINDS.find((one) => one.kind === gateKindOf(gate));
    if (kind !== undefined) return whole(kind.role, kind.judge(evidence, gate, by));
    const reason = `gate '${gate.name}' is of the kind '${gateKindOf(gate)}', which nobody measures`;
    return whole('condition', { rulings: [unmeasured(gate.mode, reason)] });
  });
  const kinds = new Set(policy.gates.map(gateKindOf));
  const standing = GATE_KINDS.flatMap((kind) =>
    kind.standing === null || kind.standing.since > rules || kinds.has(kind.kind)
      ? []
      : [whole(kind.role, kind.judge(evidence, kind.standing.gate, by))],
  );
  return [...named, ...standing];
}

function whole(role: Found['role'], { rows = [], rulings = [], checks = [] }: Judgement): Found {
  const failed = checks.flatMap(({ name, mode, passed, message }): Ruling[] => {
    const reason = `check '${name}' failed: ${message}`;
    return passed ? [] : [{ mode, verdict: 'reject', finding: 'check', reason }];
  });
  return { role, rows, rulings: [...rulings, ...failed], checks };
}
