import { html, type TemplateResult } from 'lit-html';
import { drawPicture } from '../../canvas.ts';
import type { EvolutionReport, Portrait } from '../../worker/evolution.ts';
import { confidenceCurve } from './confidence-curve.ts';
import { percent } from './percent.ts';

/** The best picture of each class so far, each on a canvas of its own. */
export interface Archive {
  portraits: Map<number, Portrait>;
  canvases: Map<number, HTMLCanvasElement>;
  report: EvolutionReport | undefined;
}

export function emptyArchive(): Archive {
  return { portraits: new Map(), canvases: new Map(), report: undefined };
}

export function clearArchive(archive: Archive): void {
  archive.portraits.clear();
  archive.report = undefined;
}

/** Draws the pictures that a report brings. */
export function drawReport(archive: Archive, report: EvolutionReport): void {
  archive.report = report;
  for (const portrait of report.portraits) {
    archive.portraits.set(portrait.class, portrait);
    const canvas = archive.canvases.get(portrait.class) ?? document.createElement('canvas');
    archive.canvases.set(portrait.class, canvas);
    const label = `A picture that the network takes for ${portrait.name} with ${percent(portrait.confidence)}`;
    drawPicture(canvas, portrait.picture, { label, enlarge: 4 });
  }
}

/** The pictures with their confidences, and how evolution got there. */
export function archiveView({ portraits, canvases, report }: Archive): TemplateResult | '' {
  if (report === undefined) return '';
  const shown = [...portraits.values()].sort((a, b) => a.class - b.class);
  const { generation, evaluations, evaluationsPerSecond, medians } = report;
  return html`
    <h3>For each digit, the picture that the network is surest of</h3>
    <div class="archive">
      ${shown.map(
        (portrait) => html`
          <figure>
            ${canvases.get(portrait.class)}
            <figcaption><strong>${portrait.name}</strong> ${percent(portrait.confidence)}</figcaption>
          </figure>
        `,
      )}
    </div>
    <dl class="facts">
      ${fact('generation', generation.toLocaleString('en'))} ${fact('pictures tried', evaluations.toLocaleString('en'))}
      ${
        evaluationsPerSecond === 0
          ? ''
          : fact('pictures tried per second', Math.round(evaluationsPerSecond).toLocaleString('en'))
      }
      ${fact('median confidence', percent(medians.at(-1) ?? 0))}
    </dl>
    ${confidenceCurve(medians)}
  `;
}

function fact(name: string, value: string): TemplateResult {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}
