/** Steady questions to `/predict` from clients that ask at the same moments. */
import type { ApiClient } from '#client/client.ts';
import { ApiRefusal } from '#client/client.ts';

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
  /** Sends nothing more and waits for what is under way. */
  readonly stop: () => Promise<readonly Answered[]>;
}

/**
 * Sends `perSecond` requests a second, from `clients` that are due at the same moments, so that as many
 * Lambda environments must answer.
 *
 * A client waits for its answer and then makes up for what it is late. A rate that doesn't mind answers
 * would make the local AWS start one process more for each request that meets only busy ones, until
 * they starve one another; on two cores that takes a second's delay.
 */
export function sendTraffic(of: {
  readonly api: ApiClient;
  readonly model: string;
  readonly records: Parameters<ApiClient['predict']>[1];
  readonly perSecond: number;
  readonly clients: number;
}): Traffic {
  const answered: Answered[] = [];
  const end = new AbortController();
  const start = performance.now();
  const intervalMillis = (1000 * of.clients) / of.perSecond;
  const client = async (): Promise<void> => {
    for (let turn = 0; ; turn++) {
      const wait = start + turn * intervalMillis - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      if (end.signal.aborted) return;
      answered.push(await ask(of));
    }
  };
  const clients = Promise.all(Array.from({ length: of.clients }, client));
  return {
    stop: async () => {
      end.abort();
      await clients;
      return answered;
    },
  };
}

async function ask(of: {
  readonly api: ApiClient;
  readonly model: string;
  readonly records: Parameters<ApiClient['predict']>[1];
}): Promise<Answered> {
  const sentAt = performance.now();
  try {
    const { version } = await of.api.predict(of.model, of.records);
    return { sentAt, answeredAt: performance.now(), version, status: 200 };
  } catch (error) {
    const status = error instanceof ApiRefusal ? error.status : 0;
    return { sentAt, answeredAt: performance.now(), version: undefined, status };
  }
}
