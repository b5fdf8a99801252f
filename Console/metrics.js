// The text of /metrics as numbers, and what changed from one reading to the next.

/** The samples of a metrics text: name, labels and value. */
export function parse(text) {
  const samples = [];
  for (const line of text.split("\n")) {
    if (!line || line[0] === "#") continue;
    const match = /^([\w:]+)(?:\{(.*)\})?\s+(\S+)/.exec(line);
    if (!match) continue;
    const labels = {};
    for (const [, name, value] of (match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[name] = value;
    samples.push({ name: match[1], labels, value: Number(match[3]) });
  }
  return samples;
}

const fits = (labels, wanted) => Object.entries(wanted ?? {}).every(([name, value]) => value.includes(labels[name]));

/** One reading. */
export class Reading {
  constructor(samples, at) {
    this.at = at;
    this.byName = Map.groupBy ? Map.groupBy(samples, each => each.name) : group(samples);
  }

  /** The sum of a metric over its labels. */
  sum(name, labels) {
    const samples = this.byName.get(name);
    return samples?.filter(each => fits(each.labels, labels)).reduce((sum, each) => sum + each.value, 0);
  }

  /** The buckets of a histogram over its labels, by their upper bound. */
  buckets(name, labels) {
    const sums = new Map();
    for (const each of this.byName.get(`${name}_bucket`) ?? []) {
      if (!fits(each.labels, labels)) continue;
      const bound = each.labels.le === "+Inf" ? Infinity : Number(each.labels.le);
      sums.set(bound, (sums.get(bound) ?? 0) + each.value);
    }
    return [...sums].sort(([a], [b]) => a - b);
  }
}

function group(samples) {
  const groups = new Map();
  for (const each of samples) {
    const known = groups.get(each.name);
    if (known) known.push(each); else groups.set(each.name, [each]);
  }
  return groups;
}

/** Per second between two readings; a counter that began anew counts from zero. */
export function perSecond(before, now, name, labels) {
  const last = now.sum(name, labels);
  if (!before || last === undefined) return undefined;
  const first = before.sum(name, labels) ?? 0;
  return Math.max(0, last >= first ? last - first : last) / ((now.at - before.at) / 1000);
}

/** A quantile of what a histogram counted between two readings; nothing where it counted nothing. */
export function quantile(before, now, part, name, labels) {
  if (!before) return undefined;
  const old = new Map(before.buckets(name, labels));
  const counts = now.buckets(name, labels).map(([bound, value]) => [bound, value - (old.get(bound) ?? 0)]);
  const total = counts.at(-1)?.[1] ?? 0;
  if (total <= 0) return undefined;
  let lower = 0, below = 0;
  for (const [bound, value] of counts) {
    if (value >= part * total) {
      if (bound === Infinity) return lower;
      return lower + (bound - lower) * (value > below ? (part * total - below) / (value - below) : 1);
    }
    lower = bound;
    below = value;
  }
  return lower;
}
