// One measure drawn over time: history solid, forecast dashed, what bins hide as a band, all beyond now shaded.

import * as format from './format.js';
import { color } from './theme.js';

const { Dygraph } = globalThis;
/** Its legend writes markup of its own; the page has another one. */
Dygraph.PLUGINS = [Dygraph.Plugins.Grid, Dygraph.Plugins.Axes];

const axisWidth = 54, axisHeight = 22;
/** So many steps without a row are a gap in the line. */
const gapSteps = 4;

/**
 * A line's points as two columns of low, value and high: history, and the forecast that goes on from it.
 *
 * @param {Array} lines `{points, step}`
 */
export function table(lines) {
  const rows = new Map();
  const width = 1 + 2 * lines.length;
  const set = (time, column, triple) => {
    let row = rows.get(time);
    if (!row) {
      row = new Array(width).fill(null);
      row[0] = time;
      rows.set(time, row);
    }
    row[column] = triple;
  };
  lines.forEach(({ points, step }, index) => {
    const history = 1 + 2 * index, forecast = history + 1;
    let last = null;
    for (const point of points) {
      const [time, value, low, high, isForecast] = point;
      const isGap = last && step && time - last[0] > gapSteps * step;
      if (isGap) set(last[0] + step, isForecast ? forecast : history, [NaN, NaN, NaN]);
      // The dashes begin where the solid line ends.
      if (last && isForecast && !last[4] && !isGap) set(last[0], forecast, [last[2], last[1], last[3]]);
      set(time, isForecast ? forecast : history, [low, value, high]);
      last = point;
    }
  });
  return [...rows.values()].sort((one, other) => one[0] - other[0]);
}

/** The axis of times: what a label says depends on how much time is between two. */
function timeLabel(span) {
  return (time) => {
    const date = new Date(time);
    const isMidnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
    if (span > 3 * 365 * 86_400_000) return String(date.getFullYear());
    if (span > 100 * 86_400_000) return format.month(time);
    if (span > 4 * 86_400_000 || isMidnight) return format.day(time);
    return span < 600_000 ? format.seconds(time) : format.clock(time);
  };
}

export class Panel {
  /** @param {HTMLElement} place @param {Function} getNow where history ends and the future begins */
  constructor(place, getNow) {
    this.place = place;
    this.getNow = getNow;
    this.graph = null;
    this.shape = '';
  }

  /**
   * Draws. @param {Array} lines `{points, step, color, isStepped}`, of which `color` is a name in the style sheet
   * @param {boolean} hasTimes whether the axis of times stands below
   */
  draw({ lines, from, to, hasTimes }) {
    const data = table(lines);
    const file = data.length ? data : [[from, ...new Array(2 * lines.length).fill(null)]];
    const options = {
      file,
      dateWindow: [from, to],
      axes: {
        x: { drawAxis: hasTimes, axisLabelFormatter: timeLabel(to - from), pixelsPerLabel: 84, ticker: Dygraph.dateTicker, axisLabelWidth: 76, axisLabelFontSize: 12 },
        y: { axisLabelFormatter: (value) => format.number(value), axisLabelWidth: axisWidth, axisLabelFontSize: 12, pixelsPerLabel: 36 },
      },
    };
    const shape = JSON.stringify([lines.map((line) => [line.color, line.isStepped]), hasTimes, color('ink')]);
    if (this.graph && shape === this.shape) this.graph.updateOptions(options);
    else {
      this.graph?.destroy();
      this.graph = new Dygraph(this.place, file, { ...this.fixed(lines, hasTimes), ...options });
      this.shape = shape;
    }
  }

  fixed(lines, hasTimes) {
    const labels = ['time'], series = {};
    lines.forEach((line, index) => {
      // Names that people gave go nowhere near the library.
      labels.push(`h${index}`, `f${index}`);
      const both = { color: color(line.color), stepPlot: line.isStepped };
      series[`h${index}`] = both;
      series[`f${index}`] = { ...both, strokePattern: [5, 4], strokeWidth: 1.6 };
    });
    return {
      labels, series, customBars: true, connectSeparatedPoints: true, strokeWidth: 1.8, fillAlpha: 0.18, legend: 'never', animatedZooms: false,
      interactionModel: {}, xRangePad: 0, yRangePad: 8, rightGap: 6, xAxisHeight: hasTimes ? axisHeight : 4, drawGapEdgePoints: true, pointSize: 2,
      gridLineColor: color('grid'), axisLineColor: color('grid'), gridLineWidth: 1, axisTickSize: 0, showLabelsOnHighlight: false, highlightCircleSize: 0,
      underlayCallback: (context, area, graph) => this.paintFuture(context, area, graph),
    };
  }

  /** What lies beyond now is shaded. */
  paintFuture(context, area, graph) {
    const x = graph.toDomXCoord(this.getNow());
    const left = Math.min(Math.max(x, area.x), area.x + area.w);
    context.fillStyle = color('future');
    context.fillRect(left, area.y, area.x + area.w - left, area.h);
    if (x < area.x || x > area.x + area.w) return;
    context.fillStyle = color('now');
    context.fillRect(Math.round(x) - 0.5, area.y, 1, area.h);
  }

  /** Shows another stretch of what is drawn, while the rest is on its way. */
  pan(from, to) { this.graph?.updateOptions({ dateWindow: [from, to] }); }

  resize() { this.graph?.resize(); }

  get area() { return this.graph?.getArea() ?? null; }

  end() {
    this.graph?.destroy();
    this.graph = null;
  }
}
