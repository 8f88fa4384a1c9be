import type { KeptDifference, KeptSample, KeptValue, RouteReport } from '../../edge/index.ts';
import { html, type Html } from './html.ts';

const MOST_SHOWN = 12;

/** Mismatches that were kept, control and candidate side by side; what tells them apart is marked. */
export function samplesView({ kept, counts }: RouteReport): Html {
  if (kept.length === 0) return html``;
  return html`<details open>
    <summary>${Math.min(kept.length, MOST_SHOWN)} samples of ${counts.route}</summary>
    ${kept.slice(0, MOST_SHOWN).map(sample)}
  </details>`;
}

function sample({ at, differences }: KeptSample): Html {
  return html`<table class="sample">
    <caption>
      ${new Date(at).toISOString()}
    </caption>
    <thead>
      <tr>
        <th>field</th>
        <th>class</th>
        <th>control</th>
        <th>candidate</th>
      </tr>
    </thead>
    <tbody>
      ${differences.map(line)}
    </tbody>
  </table>`;
}

function line({ path, class: kind, severity, count, control, candidate }: KeptDifference): Html {
  return html`<tr>
    <td><code>${path}</code>${count > 1 ? ` × ${count}` : ''}</td>
    <td>${kind} <span class="${severity}">${severity}</span></td>
    <td>${value(control, candidate)}</td>
    <td>${value(candidate, control)}</td>
  </tr>`;
}

/** Kind, length and, by their hash, whether two values are the same: contents are not kept unless the plan says so. */
function value(own: KeptValue, other: KeptValue): Html {
  const kind = own.kind === other.kind ? html`${own.kind}` : html`<mark>${own.kind}</mark>`;
  if (own.kind === 'missing') return kind;
  const length = `${own.length} bytes`;
  const told = own.length === other.length ? html`${length}` : html`<mark>${length}</mark>`;
  const hash = own.hash === undefined ? html`` : hashOf(own.hash, own.hash !== other.hash);
  return html`${kind}, ${told}${hash}${content(own)}`;
}

function content({ text, sealed }: KeptValue): Html {
  if (text !== undefined) return html`<br /><code>${text}</code>`;
  return sealed ? html` · value kept, encrypted` : html``;
}

function hashOf(hash: string, differs: boolean): Html {
  const short = hash.slice(0, 8);
  return differs ? html` <code><mark>${short}</mark></code>` : html` <code>${short}</code>`;
}
