import { whyOfWrite, type WriteVerdict } from '../../cutover/index.ts';
import { barPicture, type Bar } from './bar-picture.ts';
import { html, type Html } from './html.ts';
import { boundText, notCompared } from './report-text.ts';

/** Rehearsed writes: each route's verdict, and where the service would have written otherwise than legacy. */
export function writesView(writes: readonly WriteVerdict[]): Html {
  if (writes.length === 0) return html``;
  return html`<h2>Writes</h2>
    ${routesTable(writes)}
    <h2>Other effects by route and place</h2>
    ${effectPicture(writes)} ${findingsTable(writes)}`;
}

function routesTable(writes: readonly WriteVerdict[]): Html {
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          <th>route</th>
          <th>verdict</th>
          <th class="number">writes</th>
          <th class="number">with other effects</th>
          <th class="number">bound</th>
          <th class="number">unsure</th>
          <th class="number">not compared</th>
          <th>why</th>
        </tr>
      </thead>
      <tbody>
        ${writes.map(routeRow)}
      </tbody>
    </table>
  </div>`;
}

function routeRow(write: WriteVerdict): Html {
  return html`<tr>
    <td><code>${write.route}</code></td>
    <td><span class="verdict ${write.verdict}">${write.verdict}</span></td>
    <td class="number">${write.samples}</td>
    <td class="number">${write.different}</td>
    <td class="number">${boundText(write)}</td>
    <td class="number">${write.unsure}</td>
    <td class="number">${notCompared(write)}</td>
    <td>${whyOfWrite(write)}</td>
  </tr>`;
}

function effectPicture(writes: readonly WriteVerdict[]): Html {
  const bars = writes.flatMap(barsOf);
  if (bars.length === 0)
    return html`<p class="quiet">Every write that was compared has the effects it has in legacy.</p>`;
  const key = html`<span class="key candidate"></span> findings in a hundred writes of the route`;
  return barPicture(bars, { label: 'Other effects by route and place', key, rest: 'places more, with fewer.' });
}

function barsOf({ route, samples, findings }: WriteVerdict): Bar[] {
  return findings.map(({ kind, path, count }) => {
    const name = `${route} ${path}`;
    return { name, title: `${name}: ${kind}`, candidate: count / Math.max(1, samples) };
  });
}

function findingsTable(writes: readonly WriteVerdict[]): Html {
  const rows = writes.flatMap(({ route, findings }) =>
    findings.map(
      ({ kind, path, count }) =>
        html`<tr>
          <td><code>${route}</code></td>
          <td><code>${path}</code></td>
          <td>${kind}</td>
          <td class="number">${count}</td>
        </tr>`,
    ),
  );
  if (rows.length === 0) return html``;
  return html`<table>
    <thead>
      <tr>
        <th>route</th>
        <th>where</th>
        <th>class</th>
        <th class="number">times</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}
