/** Steady questions to `/predict` from clients that ask at the same moment. */
import type { ApiClient } from '../remote/client.ts';
import { Refused } from '../remote/client.ts';

export interface Answered {
  /** `performance.now()` when it was sent, and when the answer was there. */
  readonly sentAt: number;
  readonly answeredAt: number;
  /** Undefined when the answer was an error. */
  readonly version: number | undefined;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
}

export interface Traffic {
  readonly answers: () => readonly Answered[];
  /** Sends nothing more and waits for what is under way. */
  readonly stop: () => Promise<readonly Answered[]>;
}

/**
 * Sends `perSecond` requests a second, `together` of them at once, so that as many Lambda environments
 * must answer. The rate doesn't depend on the answers (open loop): a slow server can't hide by
 * being asked less.
 */
export function sendTraffic(of: {
  readonly api: ApiClient;
  readonly model: string;
  readonly records: readonly unknown[];
  readonly perSecond: number;
  readonly together: number;
}): Traffic {
  const answered: Answered[] = [];
  const open = new Set<Promise<void>>();
  const ask = async (): Promise<void> => {
    const sentAt = performance.now();
    const note = (version: number | undefined, status: number) =>
      void answered.push({ sentAt, answeredAt: performance.now(), version, status });
    try {
      note((await of.api.predict(of.model, of.records)).version, 200);
    } catch (error) {
      note(undefined, error instanceof Refused ? error.status : 0);
    }
  };
  const burst = () => {
    for (let i = 0; i < of.together; i++) {
      const asked = ask().finally(() => open.delete(asked));
      open.add(asked);
    }
  };
  burst();
  const timer = setInterval(burst, (1000 * of.together) / of.perSecond);
  return {
    answers: () => answered,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(open);
      return answered;
    },
  };
}
