// A waveform and a spectrogram of one recording, drawn from pieces that are fetched as they come into view.

const HEADER_BYTES = 44; // of the WAV file, before its samples

export class Plot {
  // `here` is the recording's address; `shift` and `speed` lay its time along that of the recording above.
  constructor(here, wave, spectrogram, redraw) {
    Object.assign(this, { here, wave, spectrogram, redraw, shift: 0, speed: 1 });
    this.pieces = new Map();
    this.facts = null;
  }

  // Waits until the recording was decoded; tells how far that is.
  async open(onProgress, facts = null) {
    this.facts = facts;
    while (!this.facts) {
      const answer = await fetch(`${this.here}/facts`);
      const said = await answer.json();
      if (answer.status === 200) {
        this.facts = said;
        break;
      }
      if (answer.status !== 202) throw new Error([said.what, said.got, said.do].filter(Boolean).join("; "));
      if (said.trouble) throw new Error(said.trouble);
      onProgress(said.fraction);
      await new Promise((done) => setTimeout(done, 250));
    }
    return this.facts;
  }

  // Draws what lies between two seconds of the recording above.
  draw(start, end, ink) {
    if (!this.facts) return true;
    const from = this.shift + start * this.speed;
    const to = this.shift + end * this.speed;
    const isWhole = this.drawWave(from, to, ink);
    return this.drawSpectrogram(from, to) && isWhole;
  }

  drawWave(from, to, ink) {
    const { context, width, height } = fit(this.wave);
    const { sample_rate_hz: rate, step, factor, columns } = this.facts;
    const samplesInPixel = ((to - from) * rate) / width;
    context.clearRect(0, 0, width, height);
    context.fillStyle = ink;
    if (samplesInPixel < step) return this.drawSamples(context, from, to, width, height, ink);
    const level = Math.min(columns.length - 1, Math.floor(Math.log(samplesInPixel / step) / Math.log(factor)));
    const columnS = (step * factor ** level) / rate;
    let isWhole = true;
    for (let x = 0; x < width; x += 1) {
      const first = Math.floor((from + ((to - from) * x) / width) / columnS);
      const last = Math.max(first + 1, Math.ceil((from + ((to - from) * (x + 1)) / width) / columnS));
      let low = 1;
      let high = -1;
      for (let column = Math.max(0, first); column < Math.min(last, columns[level]); column += 1) {
        const piece = this.peaks(level, Math.floor(column / this.facts.columns_in_piece));
        if (!piece) {
          isWhole = false;
          break;
        }
        const at = 2 * (column % this.facts.columns_in_piece);
        low = Math.min(low, piece[at] / 32768);
        high = Math.max(high, piece[at + 1] / 32768);
      }
      if (high >= low) {
        const top = ((1 - high) / 2) * height;
        context.fillRect(x, top, 1, Math.max(1, ((high - low) / 2) * height));
      }
    }
    return isWhole;
  }

  // Near enough, single samples are drawn: they are read from the sound itself.
  drawSamples(context, from, to, width, height, ink) {
    const rate = this.facts.sample_rate_hz;
    const size = 1 << 16;
    const first = Math.max(0, Math.floor(from * rate) - 1);
    const last = Math.min(this.facts.samples - 1, Math.ceil(to * rate) + 1);
    let isWhole = true;
    context.strokeStyle = ink;
    context.beginPath();
    for (let index = first; index <= last; index += 1) {
      const piece = this.samples(Math.floor(index / size), size);
      if (!piece) {
        isWhole = false;
        index = (Math.floor(index / size) + 1) * size - 1;
        continue;
      }
      const x = ((index / rate - from) / (to - from)) * width;
      context.lineTo(x, ((1 - piece[index % size] / 32768) / 2) * height);
    }
    context.stroke();
    return isWhole;
  }

  drawSpectrogram(from, to) {
    const { context, width, height } = fit(this.spectrogram);
    const { sample_rate_hz: rate, step, factor, columns, columns_in_tile: inTile } = this.facts;
    const samplesInPixel = ((to - from) * rate) / width;
    const wanted = Math.round(Math.log(samplesInPixel / step) / Math.log(factor));
    const level = Math.max(0, Math.min(columns.length - 1, wanted));
    const tileS = (inTile * step * factor ** level) / rate;
    const last = Math.ceil(columns[level] / inTile);
    let isWhole = true;
    context.clearRect(0, 0, width, height);
    context.imageSmoothingEnabled = samplesInPixel > step / 4;
    for (let number = Math.max(0, Math.floor(from / tileS)); number < Math.min(last, to / tileS); number += 1) {
      const picture = this.tile(level, number);
      if (!picture) {
        isWhole = false;
        continue;
      }
      const x = ((number * tileS - from) / (to - from)) * width;
      const wide = ((picture.width / inTile) * tileS * width) / (to - from);
      context.drawImage(picture, x, 0, wide + 0.5, height);
    }
    return isWhole;
  }

  peaks(level, number) {
    return this.piece(`${this.here}/peaks/${level}/${number}`, {}, async (answer) =>
      new Int16Array(await answer.arrayBuffer()));
  }

  tile(level, number) {
    return this.piece(`${this.here}/tiles/${level}/${number}`, {}, async (answer) =>
      createImageBitmap(await answer.blob()));
  }

  samples(number, size) {
    const first = HEADER_BYTES + 2 * number * size;
    const last = Math.min(first + 2 * size, HEADER_BYTES + 2 * this.facts.samples) - 1;
    const headers = { range: `bytes=${first}-${last}` };
    return this.piece(`${this.here}/sound.wav#${number}`, headers, async (answer) =>
      new Int16Array(await answer.arrayBuffer()));
  }

  // A piece that was fetched, or nothing while it is on its way.
  piece(address, headers, read) {
    if (this.pieces.has(address)) return this.pieces.get(address);
    if (this.pieces.size > 600) this.pieces.clear();
    this.pieces.set(address, null);
    fetch(address.split("#")[0], { headers })
      .then((answer) => (answer.ok ? read(answer) : Promise.reject(new Error(answer.status))))
      .then((content) => {
        this.pieces.set(address, content);
        this.redraw();
      })
      .catch(() => setTimeout(() => this.pieces.delete(address), 2000));
    return null;
  }
}

// A canvas with as many pixels as the screen shows of it.
export function fit(canvas) {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  return { context: canvas.getContext("2d"), width, height, ratio };
}
