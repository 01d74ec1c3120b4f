/** What every scene has at hand. */
import type { LocalIssuer } from '#adapters/oidc/local-issuer.ts';
import { apiClient, type ApiClient } from '#client/client.ts';
import type { Endpoints } from '../cli/local-stack.ts';
import type { Session } from '../cli/remote/session.ts';
import type { AwsView } from './aws.ts';
import type { Diary } from './diary.ts';
import type { Repository, StoryDocument } from './repository.ts';
import type { Teller } from './teller.ts';

export interface People {
  /** Commits. */
  readonly ana: Session;
  /** Approves. */
  readonly ben: Session;
  /** Operates: rolls back. */
  readonly olga: Session;
  /** Looks, and asks for predictions. */
  readonly vera: Session;
}

/** A champion as the story knows it. */
export interface Champion {
  readonly version: number;
  readonly sha256: string;
  readonly commit: string;
  readonly runId: string;
}

export interface World {
  readonly model: string;
  /** The same folder under a name that has no champion. */
  readonly twin: string;
  readonly endpoints: Endpoints;
  readonly people: People;
  /** The staging slot's API, as vera. */
  readonly staging: ApiClient;
  readonly aws: AwsView;
  readonly repository: Repository;
  readonly story: StoryDocument;
  readonly diary: Diary;
  readonly tell: Teller;
  /** Versions in the order in which they were promoted. */
  readonly champions: Champion[];
  /** Every artifact seen so far, with the run and step that made it. */
  readonly artifacts: Map<string, string>;
  /** `--break`: called before the second commit. */
  readonly sabotage: () => Promise<void>;
}

export async function castPeople(
  issuer: LocalIssuer,
  endpoints: Pick<Endpoints, 'apiUrl' | 'stagingApiUrl'>,
): Promise<{ readonly people: People; readonly staging: ApiClient }> {
  const as = async (who: string, ...roles: string[]): Promise<Session> => ({
    who,
    api: apiClient({ url: endpoints.apiUrl, token: await issuer.sign({ sub: who, roles }) }),
  });
  const vera = await issuer.sign({ sub: 'vera', roles: ['viewer', 'caller'] });
  return {
    people: {
      ana: await as('ana', 'committer'),
      ben: await as('ben', 'approver'),
      olga: await as('olga', 'operator'),
      vera: { who: 'vera', api: apiClient({ url: endpoints.apiUrl, token: vera }) },
    },
    staging: apiClient({ url: endpoints.stagingApiUrl, token: vera }),
  };
}
