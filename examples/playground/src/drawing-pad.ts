import { html, render } from 'lit-html';
import { drawing, drawingSide } from './drawing.ts';
import { sampleDigits } from './sample-digits.ts';

const moves: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * Where the visitor draws: with mouse, finger or pen, with the arrow keys, or by choosing a digit of MNIST.
 *
 * @param onChange Called while a line grows, and with `isWhole` once it is done.
 */
export function drawingPad(onChange: (isWhole: boolean) => void): HTMLElement {
  const element = document.createElement('div');
  element.className = 'pad';
  const step = drawingSide / 28;
  let brush: [number, number] = [drawingSide / 2, drawingSide / 2];
  let isDown = false;
  let last: [number, number] | undefined;

  const show = () => {
    const [x, y] = brush.map((value) => `${(value / drawingSide) * 100}%`);
    render(
      html`
        <div
          class=${isDown ? 'paper down' : 'paper'}
          tabindex="0"
          role="application"
          aria-label="Your drawing. Arrow keys move the pen, the space bar puts it down and lifts it."
          @pointerdown=${pointerDown}
          @pointermove=${pointerMove}
          @pointerup=${pointerUp}
          @pointercancel=${pointerUp}
          @keydown=${keyDown}
          @blur=${lift}
        >
          ${drawing.canvas}
          <span class="brush" style="left: ${x}; top: ${y}"></span>
        </div>
        <div class="buttons">
          <button type="button" @click=${clear}>Clear</button>
        </div>
        <p class="note">
          With keys: arrows move the pen (with Shift farther), the space bar puts it down and lifts it.
          <span role="status">${isDown ? 'The pen is down.' : ''}</span>
        </p>
        <p id="samples">Or take a digit of MNIST that the network has not seen:</p>
        <div class="samples" role="group" aria-labelledby="samples">
          ${sampleDigits().map(
            ({ digit, which, pixels, canvas }) => html`
              <button type="button" aria-label="${digit}, ${which}" @click=${() => choose(pixels)}>${canvas}</button>
            `,
          )}
        </div>
      `,
      element,
    );
  };

  const placeOf = (event: PointerEvent): [number, number] => {
    const box = drawing.canvas.getBoundingClientRect();
    const scale = drawingSide / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  };

  const pointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    last = placeOf(event);
    drawing.line(last, last);
    onChange(false);
  };

  const pointerMove = (event: PointerEvent) => {
    if (last === undefined) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length > 0 ? events : [event]) {
      const next = placeOf(each);
      drawing.line(last, next);
      last = next;
    }
    onChange(false);
  };

  const pointerUp = () => {
    if (last === undefined) return;
    last = undefined;
    onChange(true);
  };

  const keyDown = (event: KeyboardEvent) => {
    const move = moves[event.key];
    if (event.key === ' ') {
      event.preventDefault();
      if (isDown) return lift();
      isDown = true;
      drawing.line(brush, brush);
      onChange(false);
      return show();
    }
    if (move === undefined) return;
    event.preventDefault();
    const length = event.shiftKey ? 4 * step : step;
    const next = brush.map((value, axis) => clamp(value + move[axis]! * length)) as [number, number];
    if (isDown) {
      drawing.line(brush, next);
      onChange(false);
    }
    brush = next;
    show();
  };

  const lift = () => {
    if (!isDown) return;
    isDown = false;
    show();
    onChange(true);
  };

  const clear = () => {
    drawing.clear();
    onChange(true);
  };

  const choose = (pixels: Float32Array<ArrayBuffer>) => {
    drawing.put(pixels);
    onChange(true);
  };

  show();
  return element;
}

function clamp(value: number): number {
  return Math.min(drawingSide, Math.max(0, value));
}
