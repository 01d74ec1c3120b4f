/** Transforms as JSON and back. */
import {
  doublesOf,
  fieldsOf,
  finiteOf,
  flagOf,
  kindOf,
  listOf,
  packArray,
  refusePart,
  textOf,
  uint32sOf,
} from './packed.ts';
import type { Transform } from './transforms.ts';

export function packTransform(transform: Transform): object {
  switch (transform.kind) {
    case 'impute':
    case 'oneHot':
    case 'ordinal':
    case 'product':
    case 'ratio':
      return transform;
    case 'frequency':
      return { ...transform, shares: packArray(transform.shares) };
    case 'cross':
      return { ...transform, pairs: packArray(transform.pairs) };
    case 'select':
      return { ...transform, scores: packArray(transform.scores) };
  }
}

/** Checks fields and types; whether it fits the features before it is `featuresAfter`'s. */
export function unpackTransform(value: unknown, i: number): Transform {
  const part = `transforms[${i}]`;
  const kind = kindOf(value, part);
  const fields = (...names: string[]): Readonly<Record<string, unknown>> =>
    fieldsOf(value, part, ['kind', ...names]);
  switch (kind) {
    case 'impute': {
      const { feature, value: filled } = fields('feature', 'value');
      return { kind, feature: textOf(feature, part), value: finiteOf(filled, part) };
    }
    case 'oneHot': {
      const { feature, levels, missing } = fields('feature', 'levels', 'missing');
      return {
        kind,
        feature: textOf(feature, part),
        levels: listOf(levels, part).map((level) => textOf(level, part)),
        missing: flagOf(missing, part),
      };
    }
    case 'ordinal':
      return { kind, feature: textOf(fields('feature')['feature'], part) };
    case 'frequency': {
      const { feature, shares } = fields('feature', 'shares');
      return { kind, feature: textOf(feature, part), shares: doublesOf(shares, part) };
    }
    case 'product':
    case 'ratio': {
      const { left, right } = fields('left', 'right');
      return { kind, left: textOf(left, part), right: textOf(right, part) };
    }
    case 'cross': {
      const { left, right, pairs } = fields('left', 'right', 'pairs');
      return {
        kind,
        left: textOf(left, part),
        right: textOf(right, part),
        pairs: uint32sOf(pairs, part),
      };
    }
    case 'select': {
      const { features, scores } = fields('features', 'scores');
      return {
        kind,
        features: listOf(features, part).map((feature) => textOf(feature, part)),
        scores: doublesOf(scores, part),
      };
    }
    default:
      return refusePart(part, 'is of an unknown kind');
  }
}
