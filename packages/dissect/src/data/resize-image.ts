type Size = readonly [height: number, width: number];

/** RGB pixels at another size: each new pixel is the average of what it covers of the old ones. */
export function resizeImage(pixels: Uint8Array, from: Size, to: Size): Uint8Array {
  if (from[0] === to[0] && from[1] === to[1]) return pixels;
  const [fromHeight, fromWidth] = from;
  const [height, width] = to;
  const across = coverage(fromWidth, width);
  const down = coverage(fromHeight, height);
  const narrowed = new Float64Array(fromHeight * width * 3);
  for (let row = 0; row < fromHeight; row++) {
    for (let column = 0; column < width; column++) {
      const target = 3 * (row * width + column);
      for (const { index, share } of across[column]!) {
        const source = 3 * (row * fromWidth + index);
        for (let channel = 0; channel < 3; channel++) narrowed[target + channel]! += share * pixels[source + channel]!;
      }
    }
  }
  const resized = new Uint8Array(height * width * 3);
  for (let row = 0; row < height; row++) {
    for (let place = 0; place < width * 3; place++) {
      let level = 0;
      for (const { index, share } of down[row]!) level += share * narrowed[index * width * 3 + place]!;
      resized[row * width * 3 + place] = Math.round(level);
    }
  }
  return resized;
}

/** For each new cell of a line which old cells it covers, and which share of it each of them is. */
function coverage(from: number, to: number): { index: number; share: number }[][] {
  const scale = from / to;
  return Array.from({ length: to }, (_, cell) => {
    const [start, end] = [cell * scale, (cell + 1) * scale];
    const covered: { index: number; share: number }[] = [];
    for (let index = Math.floor(start); index < Math.min(from, Math.ceil(end)); index++) {
      const share = (Math.min(end, index + 1) - Math.max(start, index)) / scale;
      if (share > 1e-9) covered.push({ index, share });
    }
    return covered;
  });
}

/** Labels at another size: each new one is that at its center. */
export function resizeLabels(labels: Uint16Array, from: Size, to: Size): Uint16Array {
  if (from[0] === to[0] && from[1] === to[1]) return labels;
  const resized = new Uint16Array(to[0] * to[1]);
  for (let row = 0; row < to[0]; row++) {
    const sourceRow = Math.floor(((row + 0.5) * from[0]) / to[0]);
    for (let column = 0; column < to[1]; column++) {
      const sourceColumn = Math.floor(((column + 0.5) * from[1]) / to[1]);
      resized[row * to[1] + column] = labels[sourceRow * from[1] + sourceColumn]!;
    }
  }
  return resized;
}
