import { spawnSync } from 'node:child_process';

/** Prometheus's own opinion of the alert rules, and their tests. Where promtool is missing only CI minds. */
const FOLDER = 'observability/prometheus';

function promtool(...args: string[]): boolean {
  const { status, error } = spawnSync('promtool', args, { cwd: FOLDER, stdio: 'inherit' });
  if (error) throw error;
  return status === 0;
}

try {
  const isSound = promtool('check', 'rules', 'alerts.yaml') && promtool('test', 'rules', 'alerts.test.yaml');
  process.exitCode = isSound ? 0 : 1;
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  console.log('promtool is not installed (Debian: prometheus): the alert rules were not checked by it');
  process.exitCode = process.env['CI'] ? 1 : 0;
}
