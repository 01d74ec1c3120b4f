#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

// Only what starts the local stack needs Python; the rest is ready once npm is through.
const parts = process.argv[2] === 'up' ? undefined : ['node'];
await run(fileURLToPath(new URL('../cli/main.ts', import.meta.url)), process.argv.slice(2), parts);
