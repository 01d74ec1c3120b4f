/**
 * Numbers the calls of any port and delays, drops, repeats or breaks chosen ones, over memory and real
 * adapters alike.
 *
 * The methods of Clock and Ids answer at once: they can be numbered, not broken.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { TitleholderError } from '#domain/errors.ts';

export type FaultAction =
  /** The call is never made: the caller gets an error. */
  | 'throw-before'
  /** The call is made and acts; its answer is lost. */
  | 'throw-after'
  /** The call is made twice, one after the other; the caller gets the second outcome. */
  | 'repeat'
  /** The call is not made, and the caller gets no error. */
  | 'drop'
  | { readonly delayMillis: number }
  /** The call is never made: the caller gets this error. */
  | { readonly error: Error };

export interface Fault {
  /** 1 for the first call that matches `method`; `every` for all of them. */
  readonly call: number | 'every';
  /** Counts the calls of this method only. */
  readonly method?: string;
  readonly action: FaultAction;
}

/** One call as it was numbered. */
export interface NumberedCall {
  readonly number: number;
  readonly method: string;
}

/** A plan that several ports share counts their calls together: for crash points. */
export interface FaultPlan {
  /** So far, over all ports that share the plan. */
  readonly calls: readonly NumberedCall[];
  next(method: string): { readonly number: number; readonly action: FaultAction | undefined };
}

export function faultPlan(faults: readonly Fault[]): FaultPlan {
  const calls: NumberedCall[] = [];
  return {
    calls,
    next(method) {
      const number = calls.push({ number: calls.length + 1, method });
      const ofMethod = calls.filter((c) => c.method === method).length;
      const fault = faults.find((f) => {
        if (f.method !== undefined && f.method !== method) return false;
        return f.call === 'every' || f.call === (f.method === undefined ? number : ofMethod);
      });
      return { number, action: fault?.action };
    },
  };
}

/**
 * The port with its calls numbered and the plan's faults put in.
 * @example const broken = withFaults(registry, [{ call: 3, action: 'throw-after' }]);
 */
export function withFaults<Port extends object>(
  port: Port,
  plan: readonly Fault[] | FaultPlan,
): Port {
  const shared = 'next' in plan ? plan : faultPlan(plan);
  return new Proxy(port, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function' || typeof property === 'symbol') return member;
      return (...args: readonly unknown[]): unknown => {
        const { number, action } = shared.next(property);
        const call = (): unknown => Reflect.apply(member, target, args);
        if (action === undefined) return call();
        return faulty(call, action, `call ${number} (${property})`);
      };
    },
  });
}

async function faulty(call: () => unknown, action: FaultAction, what: string): Promise<unknown> {
  if (action === 'throw-before') throw lost(what, 'was never made');
  if (action === 'throw-after') {
    await call();
    throw lost(what, 'was made, its answer is lost');
  }
  if (action === 'repeat') {
    await call();
    return call();
  }
  if (action === 'drop') return undefined;
  if ('error' in action) throw action.error;
  await sleep(action.delayMillis);
  return call();
}

function lost(what: string, how: string): TitleholderError {
  return new TitleholderError('Unavailable', `injected: ${what} ${how}`);
}
