#!/usr/bin/env -S node --max-semi-space-size=8
// Node lets young objects take hundreds of megabytes where memory is plenty. The streams are no faster for it, which was
// measured (npm run bench:apply); the edge and the controller were not measured.
// Checks the runtime before anything else is loaded: older versions cannot read the sources at all.
import { existsSync } from 'node:fs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `banyan needs Node 22.19 or later; this is ${process.versions.node}. Fix: run it through npm: npm run banyan -- …\n`,
  );
  process.exit(2);
}
const built = new URL('../dist/cli/main.js', import.meta.url);
await import(existsSync(built) ? built.href : new URL('./main.ts', import.meta.url).href);
