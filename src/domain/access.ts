/** Who may do what: the roles of a principal, each optionally for one model. */
import type { Principal, Role } from './roles.ts';
import { ROLES } from './roles.ts';

/**
 * What can be asked for. `cancel` and `resume` are a committer's for their own runs only
 * (`mayTouchRun`), an operator's for all.
 */
export const ACTIONS = {
  read: ROLES,
  predict: ['caller'],
  commit: ['committer'],
  cancel: ['committer', 'operator'],
  resume: ['committer', 'operator'],
  // Compliance decides only where a policy names it, and no policy can yet: so not at all.
  decide: ['approver'],
  // Rejecting is also how an admin answers a question that only they could have accepted.
  reject: ['approver', 'admin'],
  accept: ['admin'],
  rollback: ['operator'],
} as const satisfies Readonly<Record<string, readonly Role[]>>;

export type Action = keyof typeof ACTIONS;

/**
 * Whether a principal may do this to a model.
 *
 * `anything`: whether they may do it to at least one model, asked before a request names one. `everything`:
 * whether they may do it to every model, asked of lists across models.
 */
export function may(
  principal: Principal,
  action: Action,
  model: string | { readonly of: 'anything' | 'everything' },
): boolean {
  const roles: readonly Role[] = ACTIONS[action];
  return principal.grants.some((grant) => {
    if (!roles.includes(grant.role)) return false;
    if (typeof model === 'string') return grant.model === undefined || grant.model === model;
    return model.of === 'anything' || grant.model === undefined;
  });
}

/** Whether a principal may cancel or resume this run: its submitter as committer, or an operator. */
export function mayTouchRun(
  principal: Principal,
  run: { readonly model: string; readonly submitter: string },
): boolean {
  const has = (role: Role) =>
    principal.grants.some(
      (g) => g.role === role && (g.model === undefined || g.model === run.model),
    );
  return has('operator') || (has('committer') && run.submitter === principal.subject);
}
