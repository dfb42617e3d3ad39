import { html, nothing, type TemplateResult } from 'lit-html';
import type { DissectedLayer } from '../../worker/units.ts';

/** The files of a dissection, as addresses in this page. */
export interface ResultFiles {
  json: string;
  csv: string;
}

export function makeFiles({ json, csv }: DissectedLayer): ResultFiles {
  return { json: urlOf(json, 'application/json'), csv: urlOf(csv, 'text/csv') };
}

export function revokeFiles({ json, csv }: ResultFiles): void {
  for (const url of [json, csv]) URL.revokeObjectURL(url);
}

/** Numbers, the surest detectors, files and the report of a dissection. */
export function resultView(result: DissectedLayer, files: ResultFiles): TemplateResult {
  const { layer, scenes, units: count, detectors, unique, aboveChance, categories, best, iouLimit, report } = result;
  const name = `${layer}-${scenes}-scenes`;
  return html`
    <h4>Summary</h4>
    <dl class="facts">
      ${fact('units', count)} ${fact(`detectors, above an IoU of ${iouLimit}`, detectors)}
      ${fact('different concepts they detect', unique)}
      ${aboveChance === null ? nothing : fact('units that beat chance', aboveChance)}
    </dl>
    ${
      categories.length === 0
        ? nothing
        : html`
          <p>
            By category:
            ${categories.map((each) => `${each.category} ${each.detectors} (${each.unique} different)`).join(', ')}.
          </p>
        `
    }
    ${best.length === 0 ? html`<p>No unit is above the limit.</p>` : bestTable(best)}
    <p class="buttons">
      <a href=${files.json} download="${name}.json">All units as JSON</a>
      <a href=${files.csv} download="${name}.csv">All units as CSV, with NetDissect’s columns</a>
    </p>
    <h4>The report</h4>
    <p class="note">
      Its lists can be sorted and filtered. The pictures outline where the unit fires.
    </p>
    <iframe
      class="report"
      title="Report of the dissection of ${layer}"
      sandbox="allow-scripts"
      .srcdoc=${withOwnLinks(report)}
    ></iframe>
  `;
}

/** Without a base of its own, a link to one of its headings would lead to this page. */
function withOwnLinks(report: string): string {
  return report.replace('<head>', '<head><base href="about:srcdoc">');
}

function bestTable(best: DissectedLayer['best']): TemplateResult {
  return html`
    <div class="table" tabindex="0" role="group" aria-label="The surest detectors">
      <table>
        <caption>The surest detectors (names of colors end in “-c”, as in NetDissect)</caption>
        <thead>
          <tr><th scope="col">unit</th><th scope="col">detects</th><th scope="col">category</th><th scope="col">IoU</th></tr>
        </thead>
        <tbody>
          ${best.map(
            ({ unit, concept, category, iou }) => html`
              <tr><th scope="row">${unit}</th><td>${concept}</td><td>${category}</td><td>${iou.toFixed(3)}</td></tr>
            `,
          )}
        </tbody>
      </table>
    </div>
  `;
}

function fact(name: string, value: number): TemplateResult {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function urlOf(text: string, type: string): string {
  return URL.createObjectURL(new Blob([text], { type }));
}
