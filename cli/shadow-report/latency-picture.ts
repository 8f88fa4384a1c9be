import { LATENCY_BOUNDS_MS, type RouteReport } from '../../edge/index.ts';
import { html, raw, type Html } from './html.ts';
import { latencyQuantile, msText } from './latency-quantile.ts';

const [WIDTH, HEIGHT, FOOT] = [1040, 160, 18];

/** How long both sides took to begin their answers: two outlines over one axis, in milliseconds, logarithmic. */
export function latencyPicture({ controlMs, candidateMs, counts }: RouteReport): Html {
  const used = controlMs.map((count, i) => count + (candidateMs[i] ?? 0));
  const first = Math.max(0, used.findIndex((count) => count > 0) - 1);
  const last = Math.min(used.length - 1, used.findLastIndex((count) => count > 0) + 1);
  if (last < first) return html`<p class="quiet">No answers yet.</p>`;
  const slots = last - first + 1;
  const area = (side: readonly number[]): string => outline(side.slice(first, last + 1), WIDTH / slots);
  const label = `Time to first byte of ${counts.route}: control and candidate`;
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT + FOOT}" role="img" aria-label="${label}">
      <path class="control" d="${area(controlMs)}" />
      <path class="candidate" d="${area(candidateMs)}" />
      ${ticks(first, last)}
    </svg>
    <figcaption>
      <span class="key control"></span> control ${quantiles(controlMs)} · <span class="key candidate"></span> candidate
      ${quantiles(candidateMs)}
    </figcaption>
  </figure>`;
}

/** The share of the answers in each slot, as a stepped outline. */
function outline(counts: readonly number[], step: number): string {
  const total = counts.reduce((sum, count) => sum + count, 0) || 1;
  const top = Math.max(...counts) / total || 1;
  const steps = counts.map((count, i) => {
    const y = (HEIGHT - (HEIGHT - 6) * (count / total / top)).toFixed(1);
    return `L${(i * step).toFixed(1)} ${y} L${((i + 1) * step).toFixed(1)} ${y}`;
  });
  return `M0 ${HEIGHT} ${steps.join(' ')} L${WIDTH} ${HEIGHT} Z`;
}

function ticks(first: number, last: number): Html {
  const slots = last - first + 1;
  const every = Math.ceil(slots / 8);
  const marks = Array.from({ length: slots }, (_, i) => i).filter((i) => i % every === 0 && i < slots - 1);
  const texts = marks.map((i) => {
    const x = ((i * WIDTH) / slots).toFixed(1);
    return `<text x="${x}" y="${HEIGHT + 13}">${msText(LATENCY_BOUNDS_MS[first + i - 1] ?? 0)}</text>`;
  });
  return raw(`<line x1="0" y1="${HEIGHT}" x2="${WIDTH}" y2="${HEIGHT}" />${texts.join('')}`);
}

function quantiles(counts: readonly number[]): string {
  const at = (share: number): string => msText(latencyQuantile(counts, share));
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}
