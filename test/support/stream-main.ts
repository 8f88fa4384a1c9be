import { binlogOnly, changeSources } from '../../cli/index.ts';
import { LiveUnit, loadUnits } from '../../cutover/index.ts';
import { silentLog } from '../../shared/index.ts';

// The forward stream of the trips unit as a process of its own, which kills itself (-9) at a named point.
const { CRASH_AT = '', CRASH_HIT = '1', LEGACY_DATABASE_URL = '' } = process.env;
let hits = 0;
const [unit] = await loadUnits('migrations', process.env);
if (!unit) throw new Error('no unit to stream');
const live = new LiveUnit({
  unit,
  legacyDatabaseUrl: LEGACY_DATABASE_URL,
  createSource: changeSources(binlogOnly, silentLog),
  log: silentLog,
  at: (point) => {
    if (point === CRASH_AT && ++hits === Number(CRASH_HIT)) process.kill(process.pid, 'SIGKILL');
  },
});
await live.start();
await live.forward.whenStreaming();
process.stdout.write('streaming\n');
process.once('SIGTERM', () => void live.stop().then(() => process.exit(0)));
