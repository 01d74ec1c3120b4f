declare const BUNDLED_CODE_DIGEST: string;

/**
 * `sha256:<64 hex>` of the code that decides, which the bundler writes into each bundle.
 *
 * Not a variable of the function: its code and its variables are not deployed at one moment, and a step
 * in between would name a code that it didn't run.
 */
export const CODE_DIGEST: string = BUNDLED_CODE_DIGEST;
