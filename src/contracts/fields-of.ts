import type * as z from 'zod';

/** A schema for each field of `T`, the optional ones too: one that forgets a field doesn't compile. */
export type FieldsOf<T> = { readonly [K in keyof Required<T>]: z.ZodType };
