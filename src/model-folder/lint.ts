/** What is legal in a model folder and still unwise. */
import type { Folder } from '#contracts/folder/charter.ts';
import { absoluteLimit } from '#gates/absolute-limit.ts';
import { gateKindOf } from '#gates/gate-kind.ts';
import { GATE_KINDS } from '#gates/list.ts';

export interface Remark {
  /** error: the limit can't do what it says · warning: it is loose. */
  readonly level: 'error' | 'warning';
  /** File and path. */
  readonly where: string;
  readonly what: string;
}

const LARGE_ALPHA = 0.1;
const LARGE_MARGIN = 0.05;

/** Remarks on policy and plan, in the order of the documents. */
export function lintFolder({ model, policy }: Folder): Remark[] {
  const remarks: Remark[] = [];
  const error = (where: string, what: string): void => {
    remarks.push({ level: 'error', where, what });
  };
  const warn = (where: string, what: string): void => {
    remarks.push({ level: 'warning', where, what });
  };
  if (model.plan.alpha > LARGE_ALPHA) {
    warn('model.json: plan.alpha', `${model.plan.alpha} takes chance for skill too often`);
  }
  if (model.plan.margin > LARGE_MARGIN) {
    warn('model.json: plan.margin', `a loss of ${model.plan.margin} AUC counts as no worse`);
  }
  if (model.plan.replicates < 1000) {
    warn('model.json: plan.replicates', 'bounds from fewer than 1000 replicates are unsteady');
  }
  policy.gates.forEach((gate, i) => {
    const where = `policy.json: gates.${i}`;
    for (const { kind, lint } of GATE_KINDS) {
      if (kind !== gateKindOf(gate)) continue;
      for (const { level, what } of lint(gate)) remarks.push({ level, where, what });
    }
  });
  const asking = policy.gates.findIndex(
    (g) => absoluteLimit.isOwn(g) && g.mode === 'enforce' && g.onFail === 'retune',
  );
  if (asking >= 0 && model.space === undefined) {
    error(
      `policy.json: gates.${asking}.onFail`,
      'is retune, and model.json has no space to look in',
    );
  }
  if (asking < 0 && model.space !== undefined) {
    warn('model.json: space', 'is never looked in: no enforced gate asks for a retuning');
  }
  const enforced = policy.gates.filter((gate) => gate.mode === 'enforce').length;
  if (policy.tier === 'low' && enforced === 0) {
    warn('policy.json: tier', 'low: a promotion needs neither a person nor a gate');
  }
  return remarks;
}
