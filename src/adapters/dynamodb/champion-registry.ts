import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { EntryDocument, PointerDocument } from '#contracts/registry.ts';
import type { ChainedEntry } from '#domain/ledger.ts';
import type { ChampionRegistry } from '#domain/ports/champion-registry.ts';
import { CharterItem, DecisionItem, HeadItem, VersionItem } from './documents.ts';
import { championKeys } from './keys.ts';
import { table, withoutKeys } from './table.ts';

/** Pointers, ledger, versions and charters in the champion table. */
export function dynamoChampionRegistry(
  client: DynamoDBDocumentClient,
  championTable: string,
): ChampionRegistry {
  const champion = table(client, championTable);

  const entryAt = async (model: string, sequence: number): Promise<ChainedEntry | undefined> => {
    const item = await champion.get(championKeys.entry(model, sequence));
    return item === undefined ? undefined : EntryDocument.parse(withoutKeys(item));
  };

  const decision = async (model: string, id: string): Promise<ChainedEntry | undefined> => {
    const item = await champion.get(championKeys.decision(model, id));
    return item === undefined ? undefined : entryAt(model, DecisionItem.parse(item).sequence);
  };

  return {
    async pointer(model, slot) {
      const item = await champion.get(championKeys.pointer(model, slot));
      return item === undefined ? undefined : PointerDocument.parse(item);
    },

    async head(model) {
      const item = await champion.get(championKeys.head(model));
      return item === undefined ? undefined : HeadItem.parse(item);
    },

    async ledger(model) {
      const items = await champion.all(championKeys.ledger(model));
      return items.map((item) => EntryDocument.parse(withoutKeys(item)));
    },

    decision,

    async version(model, version) {
      const item = await champion.get(championKeys.version(model, version));
      return item === undefined ? undefined : VersionItem.parse(item);
    },

    async versions(model) {
      const items = await champion.all(championKeys.versions(model));
      return items.map((item) => VersionItem.parse(item));
    },

    async charter(model) {
      const item = await champion.get(championKeys.charter(model));
      return item === undefined ? undefined : CharterItem.parse(item);
    },
  };
}
