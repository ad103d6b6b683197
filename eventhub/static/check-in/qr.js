// Reads one QR code (ISO/IEC 18004, versions 1 to 10) from a picture: readQr({data, width, height}) gives its text or null.
// For browsers without a BarcodeDetector. Numbers in comments are clauses of the standard.

// Error correction of versions 1 to 10, per level L M Q H: codewords of correction per block, and blocks.
const BLOCKS = {
  L: [[7, 1], [10, 1], [15, 1], [20, 1], [26, 1], [18, 2], [20, 2], [24, 2], [30, 2], [18, 4]],
  M: [[10, 1], [16, 1], [26, 1], [18, 2], [24, 2], [16, 4], [18, 4], [22, 4], [22, 5], [26, 5]],
  Q: [[13, 1], [22, 1], [18, 2], [26, 2], [18, 4], [24, 4], [18, 6], [22, 6], [20, 8], [24, 8]],
  H: [[17, 1], [28, 1], [22, 2], [16, 4], [22, 4], [28, 4], [26, 5], [26, 6], [24, 8], [28, 8]],
};
const LEVELS = ["M", "L", "H", "Q"];
const ALIGN = [[], [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];
const SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const MASKS = [
  (x, y) => (x + y) % 2, (x, y) => y % 2, (x) => x % 3, (x, y) => (x + y) % 3,
  (x, y) => ((y >> 1) + Math.floor(x / 3)) % 2, (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

const AROUND = [-3, -2, -1, 0, 1, 2, 3].flatMap((a) => [-3, -2, -1, 0, 1, 2, 3].map((b) => [a, b]))
  .sort((one, other) => Math.hypot(...one) - Math.hypot(...other)).slice(1);

export function readQr(image) {
  const bits = darkness(image);
  const { width, height } = image;
  const found = finders(bits, width, height);
  const tried = triples(found);
  for (const three of tried) {
    const text = read(bits, width, height, three);
    if (text !== null) return text;
  }
  // A slanted code without an alignment pattern: the fourth corner is looked for around its place.
  for (const three of tried.slice(0, 2)) for (const [a, b] of AROUND) {
    const text = read(bits, width, height, three, a, b);
    if (text !== null) return text;
  }
  return null;
}

// Dark or light, each pixel against the mean of its neighbourhood, so that shadows do no harm.
function darkness({ data, width, height }) {
  const sums = new Float64Array((width + 1) * (height + 1));
  const grey = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      const light = (data[at] * 3 + data[at + 1] * 6 + data[at + 2]) / 10;
      grey[y * width + x] = light;
      row += light;
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
    }
  }
  const reach = Math.max(8, Math.round(Math.min(width, height) / 12));
  const dark = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const top = Math.max(0, y - reach), low = Math.min(height, y + reach + 1);
    for (let x = 0; x < width; x++) {
      const near = Math.max(0, x - reach), far = Math.min(width, x + reach + 1);
      const w = width + 1;
      const sum = sums[low * w + far] - sums[top * w + far] - sums[low * w + near] + sums[top * w + near];
      const mean = sum / ((low - top) * (far - near));
      if (grey[y * width + x] < mean - 6) dark[y * width + x] = 1;
    }
  }
  return dark;
}

// Finder patterns: runs of 1:1:3:1:1 along a row, confirmed along the column and the row through the middle.
function finders(dark, width, height) {
  const found = [];
  const fits = (runs) => {
    const total = runs[0] + runs[1] + runs[2] + runs[3] + runs[4];
    if (total < 7) return 0;
    const unit = total / 7, slack = unit * 0.6 + 0.5;
    const good = Math.abs(runs[0] - unit) < slack && Math.abs(runs[1] - unit) < slack &&
      Math.abs(runs[2] - 3 * unit) < 2.5 * slack && Math.abs(runs[3] - unit) < slack && Math.abs(runs[4] - unit) < slack;
    return good ? unit : 0;
  };
  // The five runs through a dark point, along one direction; the middle of the middle one, and the unit.
  const cross = (x, y, dx, dy) => {
    const runs = [0, 0, 0, 0, 0];
    const walk = (sign, from) => {
      let px = x + (sign > 0 ? dx : 0), py = y + (sign > 0 ? dy : 0), part = from, steps = 0;
      while (px >= 0 && py >= 0 && px < width && py < height) {
        const want = part % 2 === 0 ? 1 : 0;
        if (dark[py * width + px] !== want) {
          part += sign;
          if (part < 0 || part > 4) break;
          continue;
        }
        runs[part]++;
        if (part === 2) steps++;
        px += sign * dx;
        py += sign * dy;
      }
      return steps;
    };
    const back = walk(-1, 2), on = walk(1, 2);
    const unit = fits(runs);
    return unit ? { unit, shift: (on - back + 1) / 2 } : null;
  };
  for (let y = 0; y < height; y += 2) {
    let runs = [0, 0, 0, 0, 0], state = 0;
    for (let x = 0; x <= width; x++) {
      const is = x < width && dark[y * width + x];
      if (is ? state % 2 === 1 : state % 2 === 0) {
        if (state === 0 && runs[0] === 0) continue;
        if (state === 4) {
          if (fits(runs)) keep(x, y, runs);
          runs = [runs[2], runs[3], runs[4], 1, 0];
          state = 3;
          continue;
        }
        state++;
      }
      runs[state]++;
    }
  }
  function keep(end, y, runs) {
    const middle = Math.floor(end - runs[4] - runs[3] - runs[2] / 2);
    const down = cross(middle, y, 0, 1);
    if (!down) return;
    const cy = y + down.shift;
    const along = cross(middle, Math.round(cy), 1, 0);
    if (!along || along.unit > down.unit * 2 || down.unit > along.unit * 2) return;
    const cx = middle + along.shift, unit = (along.unit + down.unit) / 2;
    for (const one of found) {
      // Nearer than a module: what merely looks like one beside it would draw the centre away.
      if (Math.hypot(one.x - cx, one.y - cy) < unit) {
        one.x = (one.x * one.n + cx) / (one.n + 1);
        one.y = (one.y * one.n + cy) / (one.n + 1);
        one.unit = (one.unit * one.n + unit) / (one.n + 1);
        one.n++;
        return;
      }
    }
    found.push({ x: cx, y: cy, unit, n: 1 });
  }
  return found.sort((a, b) => b.n - a.n).slice(0, 8);
}

// Three of them that make a corner, the likeliest first: corner, right of it, below it.
function triples(found) {
  const tried = [];
  for (let a = 0; a < found.length; a++) for (let b = 0; b < found.length; b++) for (let c = b + 1; c < found.length; c++) {
    if (a === b || a === c) continue;
    const [p, q, r] = [found[a], found[b], found[c]];
    const u = [q.x - p.x, q.y - p.y], v = [r.x - p.x, r.y - p.y];
    const lu = Math.hypot(...u), lv = Math.hypot(...v);
    const skew = Math.abs((u[0] * v[0] + u[1] * v[1]) / (lu * lv)) + Math.abs(Math.log(lu / lv));
    const sizes = Math.max(p.unit, q.unit, r.unit) / Math.min(p.unit, q.unit, r.unit);
    if (skew > 0.7 || sizes > 1.8) continue;
    const turned = u[0] * v[1] - u[1] * v[0] > 0;
    tried.push({ skew: skew + sizes - 1, three: turned ? [p, q, r] : [p, r, q] });
  }
  return tried.sort((a, b) => a.skew - b.skew).slice(0, 6).map((one) => one.three);
}

function read(dark, width, height, [corner, right, below], a = 0, b = 0) {
  const unit = (corner.unit + right.unit + below.unit) / 3;
  const across = (Math.hypot(right.x - corner.x, right.y - corner.y) + Math.hypot(below.x - corner.x, below.y - corner.y)) / 2;
  const guess = Math.round((across / unit + 7 - 17) / 4);
  for (const version of a || b ? [1, 2, 3].filter((one) => one === guess) : [guess, guess - 1, guess + 1]) {
    if (version < 1 || version > 10) continue;
    const text = decode(sample(dark, width, height, corner, right, below, version, a, b), version);
    if (text !== null) return text;
  }
  return null;
}

// The grid of modules: three centres are known, the fourth is the alignment pattern or the parallelogram's corner.
function sample(dark, width, height, corner, right, below, version, a, b) {
  const size = 17 + 4 * version, far = size - 3.5, n = size - 7;
  let at = far, fourth = {
    x: right.x + below.x - corner.x + (a * (right.x - corner.x) + b * (below.x - corner.x)) / n,
    y: right.y + below.y - corner.y + (a * (right.y - corner.y) + b * (below.y - corner.y)) / n,
  };
  if (version > 1 && !a && !b) {
    const part = (size - 10) / (size - 7);
    const hint = { x: corner.x + (fourth.x - corner.x) * part, y: corner.y + (fourth.y - corner.y) * part };
    const seen = alignment(dark, width, height, hint, corner, right, below, size);
    if (seen) { fourth = seen; at = size - 6.5; }
  }
  const map = projection([[3.5, 3.5], [far, 3.5], [at, at], [3.5, far]],
    [[corner.x, corner.y], [right.x, right.y], [fourth.x, fourth.y], [below.x, below.y]]);
  const grid = [];
  for (let y = 0; y < size; y++) {
    grid.push(new Uint8Array(size));
    for (let x = 0; x < size; x++) {
      const [px, py] = map(x + 0.5, y + 0.5).map(Math.floor);
      grid[y][x] = px >= 0 && py >= 0 && px < width && py < height ? dark[py * width + px] : 0;
    }
  }
  return grid;
}

// The alignment pattern near a place: the spot whose 5 by 5 modules fit best.
function alignment(dark, width, height, hint, corner, right, below, size) {
  const n = size - 7;
  const u = [(right.x - corner.x) / n, (right.y - corner.y) / n], v = [(below.x - corner.x) / n, (below.y - corner.y) / n];
  let best = null, most = 20;
  const reach = 4, step = 0.25;
  for (let a = -reach; a <= reach; a += step) for (let b = -reach; b <= reach; b += step) {
    const cx = hint.x + a * u[0] + b * v[0], cy = hint.y + a * u[1] + b * v[1];
    let score = 0;
    for (let j = -2; j <= 2; j++) for (let i = -2; i <= 2; i++) {
      const px = Math.floor(cx + i * u[0] + j * v[0]), py = Math.floor(cy + i * u[1] + j * v[1]);
      const want = Math.max(Math.abs(i), Math.abs(j)) !== 1 ? 1 : 0;
      if (px >= 0 && py >= 0 && px < width && py < height && dark[py * width + px] === want) score++;
    }
    score -= Math.hypot(a, b) * 0.1;
    if (score > most) { most = score; best = { x: cx, y: cy }; }
  }
  return best;
}

// The projective map that takes four points to four points.
function projection(from, to) {
  const rows = [];
  for (let i = 0; i < 4; i++) {
    const [x, y] = from[i], [u, v] = to[i];
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]);
  }
  for (let i = 0; i < 8; i++) {
    let pivot = i;
    for (let j = i; j < 8; j++) if (Math.abs(rows[j][i]) > Math.abs(rows[pivot][i])) pivot = j;
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let j = 0; j < 8; j++) {
      if (j === i) continue;
      const f = rows[j][i] / rows[i][i];
      for (let k = i; k < 9; k++) rows[j][k] -= f * rows[i][k];
    }
  }
  const m = rows.map((row, i) => row[8] / row[i]);
  return (x, y) => {
    const w = m[6] * x + m[7] * y + 1;
    return [(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w];
  };
}

function decode(grid, version) {
  const format = readFormat(grid);
  if (!format) return null;
  const size = grid.length, used = reserved(size, version), mask = MASKS[format.mask];
  const words = [];
  let word = 0, count = 0, up = true;
  for (let x = size - 1; x > 0; x -= 2) {
    if (x === 6) x--;
    for (let i = 0; i < size; i++) {
      const y = up ? size - 1 - i : i;
      for (const c of [x, x - 1]) {
        if (used[y][c]) continue;
        word = (word << 1) | (grid[y][c] ^ (mask(c, y) === 0 ? 1 : 0));
        if (++count === 8) { words.push(word); word = count = 0; }
      }
    }
    up = !up;
  }
  const data = correct(words, ...BLOCKS[format.level][version - 1]);
  return data && text(data, version);
}

// 7.9: fifteen bits, twice; the valid word nearest to what stands there, at most three bits away.
function readFormat(grid) {
  const n = grid.length, ways = [[], []];
  for (let i = 0; i < 6; i++) ways[0].push(grid[8][i]);
  ways[0].push(grid[8][7], grid[8][8], grid[7][8]);
  for (let i = 5; i >= 0; i--) ways[0].push(grid[i][8]);
  for (let i = 0; i < 7; i++) ways[1].push(grid[n - 1 - i][8]);
  for (let i = 8; i > 0; i--) ways[1].push(grid[8][n - i]);
  let best = null, least = 4;
  for (const way of ways) {
    const seen = way.reduce((sum, bit) => (sum << 1) | bit, 0);
    for (let code = 0; code < 32; code++) {
      let rest = code << 10;
      for (let i = 14; i >= 10; i--) if (rest & (1 << i)) rest ^= 0x537 << (i - 10);
      let far = seen ^ (((code << 10) | rest) ^ 0x5412), bits = 0;
      for (; far; far &= far - 1) bits++;
      if (bits < least) { least = bits; best = { level: LEVELS[code >> 3], mask: code & 7 }; }
    }
  }
  return best;
}

function reserved(size, version) {
  const used = Array.from({ length: size }, () => new Uint8Array(size));
  const fill = (x, y, w, h) => { for (let j = y; j < y + h; j++) for (let i = x; i < x + w; i++) used[j][i] = 1; };
  fill(0, 0, 9, 9);
  fill(size - 8, 0, 8, 9);
  fill(0, size - 8, 9, 8);
  fill(6, 0, 1, size);
  fill(0, 6, size, 1);
  const places = ALIGN[version];
  for (const x of places) for (const y of places) {
    const inCorner = (x === 6 && y === 6) || (x === 6 && y === size - 7) || (x === size - 7 && y === 6);
    if (!inCorner) fill(x - 2, y - 2, 5, 5);
  }
  if (version > 6) {
    fill(size - 11, 0, 3, 6);
    fill(0, size - 11, 6, 3);
  }
  return used;
}

// The field of 256 elements with 0x11d, as powers and logarithms.
const EXP = new Uint8Array(512), LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = EXP[i + 255] = x;
  LOG[x] = i;
  x = (x << 1) ^ (x & 128 ? 0x11d : 0);
}
const times = (a, b) => (a && b ? EXP[LOG[a] + LOG[b]] : 0);

// 7.6: take the blocks apart, correct each one, put the data together.
function correct(words, parity, blocks) {
  const total = words.length, short = Math.floor(total / blocks), long = total % blocks;
  const parts = Array.from({ length: blocks }, () => []);
  const lengths = parts.map((_, i) => short - parity + (i >= blocks - long ? 1 : 0));
  let at = 0;
  for (let i = 0; i <= short - parity; i++) parts.forEach((part, b) => { if (i < lengths[b]) part.push(words[at++]); });
  for (let i = 0; i < parity; i++) for (const part of parts) part.push(words[at++]);
  const data = [];
  for (const [b, part] of parts.entries()) {
    if (!mend(part, parity)) return null;
    data.push(...part.slice(0, lengths[b]));
  }
  return data;
}

// Reed and Solomon: syndromes, Berlekamp and Massey, Chien, Forney. False where there is too much to mend.
function mend(part, parity) {
  const n = part.length;
  const check = () => Array.from({ length: parity }, (_, i) => part.reduce((sum, word) => times(sum, EXP[i]) ^ word, 0));
  const syndromes = check();
  if (!syndromes.some(Boolean)) return true;
  let sigma = [1], old = [1], degree = 0, shift = 1, last = 1;
  for (let i = 0; i < parity; i++) {
    let d = syndromes[i];
    for (let j = 1; j <= degree; j++) d ^= times(sigma[j] || 0, syndromes[i - j]);
    if (!d) { shift++; continue; }
    const before = sigma.slice(), factor = times(d, EXP[255 - LOG[last]]);
    for (let j = 0; j < old.length; j++) sigma[j + shift] = (sigma[j + shift] || 0) ^ times(factor, old[j]);
    for (let j = 0; j < sigma.length; j++) sigma[j] = sigma[j] || 0;
    if (2 * degree <= i) { degree = i + 1 - degree; old = before; last = d; shift = 1; } else shift++;
  }
  // Small codes keep some of it to notice that there is too much (table 9).
  if (degree > (parity - ({ 7: 3, 10: 2, 13: 1, 15: 1, 17: 1 }[parity] || 0)) / 2) return false;
  const omega = Array.from({ length: parity }, (_, i) => {
    let sum = 0;
    for (let j = 0; j <= i; j++) sum ^= times(syndromes[i - j], sigma[j] || 0);
    return sum;
  });
  const value = (poly, x) => poly.reduceRight((sum, c) => times(sum, x) ^ c, 0);
  let roots = 0;
  for (let place = 0; place < n; place++) {
    const inverse = EXP[(255 - place) % 255];
    if (value(sigma, inverse)) continue;
    roots++;
    let slope = 0;
    for (let j = 1; j < sigma.length; j += 2) slope ^= times(sigma[j], EXP[(LOG[inverse] * (j - 1)) % 255]);
    if (!slope) return false;
    part[n - 1 - place] ^= times(EXP[place], times(value(omega, inverse), EXP[255 - LOG[slope]]));
  }
  return roots === degree && !check().some(Boolean);
}

// 7.4: numeric, alphanumeric and byte segments.
function text(data, version) {
  let at = 0, out = "";
  const take = (n) => {
    let value = 0;
    for (let i = 0; i < n; i++, at++) value = (value << 1) | ((data[at >> 3] >> (7 - (at & 7))) & 1);
    return value;
  };
  const wide = version > 9;
  while (at + 4 <= data.length * 8) {
    const mode = take(4);
    if (mode === 0) break;
    if (mode === 1) {
      let left = take(wide ? 12 : 10);
      for (; left >= 3; left -= 3) out += String(take(10)).padStart(3, "0");
      if (left) out += String(take(left === 2 ? 7 : 4)).padStart(left, "0");
    } else if (mode === 2) {
      let left = take(wide ? 11 : 9);
      for (; left >= 2; left -= 2) { const pair = take(11); out += SIGNS[Math.floor(pair / 45)] + SIGNS[pair % 45]; }
      if (left) out += SIGNS[take(6)];
    } else if (mode === 4) {
      const bytes = Uint8Array.from({ length: take(wide ? 16 : 8) }, () => take(8));
      out += new TextDecoder().decode(bytes);
    } else if (mode === 7) take(8);
    else return null;
    if (at > data.length * 8) return null;
  }
  return out;
}
