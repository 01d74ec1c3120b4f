/** The Python package that a model's folder carries in code/. */
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { LOADER_SOURCES } from './loader.generated.ts';

export interface LoaderPackage {
  /** The module that Python imports. */
  readonly name: string;
  /** Python text by file name. */
  readonly sources: Readonly<Record<string, string>>;
}

/**
 * The package of these sources. Its name bears their hash, because Python keeps one module a name and
 * process: under one name a second model would be read by the first one's loader. Equal loaders share
 * a name, and so one module.
 */
export function loaderPackage(sources: Readonly<Record<string, string>>): LoaderPackage {
  const hash = sha256Hex(canonicalJson(sources)).slice('sha256:'.length);
  return { name: `titleholder_model_${hash.slice(0, 16)}`, sources };
}

export const LOADER = loaderPackage(LOADER_SOURCES);
