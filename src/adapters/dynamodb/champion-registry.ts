import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { EntryDocument, PointerDocument } from '#contracts/registry.ts';
import type { ChainedEntry } from '#domain/ledger.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import { CharterItem, DecisionItem, HeadItem, VersionItem } from './documents.ts';
import { championKeys } from './keys.ts';
import { dynamoTable } from './table.ts';

/** Pointers, ledger, versions and charters in the champion table. */
export function dynamoChampionRegistry(
  client: DynamoDBDocumentClient,
  championTable: string,
): ChampionRegistry {
  const champion = dynamoTable(client, championTable);

  const entryAt = async (model: string, sequence: number): Promise<ChainedEntry | undefined> => {
    return champion.get(EntryDocument, championKeys.entry(model, sequence));
  };

  const decision = async (model: string, id: string): Promise<ChainedEntry | undefined> => {
    const recorded = await champion.get(DecisionItem, championKeys.decision(model, id));
    return recorded === undefined ? undefined : entryAt(model, recorded.sequence);
  };

  return {
    async pointer(model, slot) {
      return champion.get(PointerDocument, championKeys.pointer(model, slot));
    },

    async head(model) {
      return champion.get(HeadItem, championKeys.head(model));
    },

    async ledger(model) {
      return champion.all(EntryDocument, championKeys.ledger(model));
    },

    decision,

    async version(model, version) {
      return champion.get(VersionItem, championKeys.version(model, version));
    },

    async versions(model) {
      return champion.all(VersionItem, championKeys.versions(model));
    },

    async charter(model) {
      return champion.get(CharterItem, championKeys.charter(model));
    },
  };
}
