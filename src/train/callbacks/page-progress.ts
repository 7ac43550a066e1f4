import { GradsmithError } from "../../core/errors.ts";
import { described } from "../../core/options.ts";
import type { Callback } from "../callback.ts";
import type { Logs } from "../history.ts";
import { epochLine } from "../progress.ts";

/** The little of an element of a page that is used. */
interface PageElement {
  readonly ownerDocument: PageDocument;
  textContent: string | null;
  setAttribute(name: string, value: string): void;
  replaceChildren(...children: PageElement[]): void;
  append(...children: PageElement[]): void;
}
interface PageDocument {
  createElement(tag: string): PageElement;
  createElementNS(namespace: string, tag: string): PageElement;
}

/** Whose curves are drawn. */
const watched = ["loss", "val_loss"] as const;
type Watched = (typeof watched)[number];

const svg = "http://www.w3.org/2000/svg";
/** Of the losses of training and validation; both can be told apart in light and dark, and by who doesn't see colours. */
const colours = ["#2f7ed8", "#e0752d"];
const soon = (work: () => void): void => {
  const { requestAnimationFrame } = globalThis as { readonly requestAnimationFrame?: (work: () => void) => void };
  if (requestAnimationFrame === undefined) setTimeout(work, 16);
  else requestAnimationFrame(work);
};
/** A curve has no more points than this. */
const mostPoints = 300;
/** Figures within an epoch are asked for every so often, in ms: asking waits for the device. */
const everyMs = 100;

/**
 * A callback that shows in an element of a page how training goes: a bar, the epoch with its figures, and curves of the losses. What was in the
 * element is replaced. It draws once a frame at most, and what it draws can be read aloud.
 *
 * @param element an element of the page that is there for it, such as a `div`.
 * @throws GradsmithError "option" where it is no element, as when `querySelector` found none.
 * @example await model.fit(x, y, { epochs: 20, callbacks: [pageProgress(document.querySelector("#progress"))] });
 */
export function pageProgress(element: object | null): Callback {
  const place = element as Partial<PageElement> | null | undefined;
  if (!isElement(place))
    throw new GradsmithError(
      "option",
      "pageProgress",
      `needs an element of the page, got ${described(element)}.`,
      "Is it there already? Put the script behind it, or make it a module.",
    );
  const { bar, fill, text, curves } = drawn(place);
  const losses: Record<Watched, number[]> = { loss: [], val_loss: [] };
  let [share, line] = [0, ""];
  let isDue = false;
  let [epochNow, began, asked] = [0, 0, 0];
  const show = (): void => {
    if (isDue) return;
    isDue = true;
    soon(() => {
      isDue = false;
      const percent = String(Math.round(100 * share));
      bar.setAttribute("aria-valuenow", percent);
      fill.setAttribute("style", `${fillStyle}width:${percent}%`);
      text.textContent = line;
      drawCurves(curves, losses);
    });
  };
  const lineOf = (step: number, steps: number | undefined, logs: Logs, epochs: number, isDone: boolean): string =>
    epochLine({ epoch: epochNow, epochs, step, steps, elapsedMs: performance.now() - began, logs, isDone }, { withBar: false });
  return {
    onTrainBegin() {
      [share, line] = [0, ""];
      [losses.loss, losses.val_loss] = [[], []];
    },
    onEpochBegin(epoch) {
      [epochNow, began] = [epoch, performance.now()];
    },
    onSteps(step, logs, { epochs, stepsPerEpoch }) {
      if (stepsPerEpoch !== undefined) share = (epochNow + step / stepsPerEpoch) / epochs;
      show();
      const now = performance.now();
      if (now - asked < everyMs || step === stepsPerEpoch) return undefined;
      asked = now;
      return logs().then((figures) => {
        line = lineOf(step, stepsPerEpoch, figures, epochs, false);
        show();
      });
    },
    onEpochEnd(epoch, logs, { epochs, stepsPerEpoch }) {
      share = (epoch + 1) / epochs;
      line = lineOf(stepsPerEpoch ?? 0, stepsPerEpoch, logs, epochs, true);
      for (const name of watched) if (logs[name] !== undefined) losses[name].push(logs[name]);
      show();
    },
    onSlowCompiler(what) {
      line = `Compiling ${what} …`;
      show();
    },
    onTrainEnd() {
      show();
    },
  };
}

const isElement = (place: Partial<PageElement> | null | undefined): place is PageElement => place?.ownerDocument !== undefined;

const fillStyle = `height:100%;background:${colours[0]};`;

function drawn(place: PageElement) {
  const { ownerDocument: page } = place;
  const made = (tag: string, style: string, attributes: Readonly<Record<string, string>> = {}): PageElement => {
    const one = page.createElement(tag);
    for (const [name, value] of Object.entries({ style, ...attributes })) one.setAttribute(name, value);
    return one;
  };
  const bar = made("div", "height:6px;border-radius:3px;background:rgba(128,128,128,.3);overflow:hidden", {
    role: "progressbar",
    "aria-label": "Training",
    "aria-valuemin": "0",
    "aria-valuemax": "100",
    "aria-valuenow": "0",
  });
  const fill = made("div", `${fillStyle}width:0%`);
  bar.append(fill);
  const text = made("div", "font:13px/1.6 ui-monospace,monospace;min-height:1.6em;overflow-wrap:anywhere");
  const chart = page.createElementNS(svg, "svg");
  const chartAttributes = {
    viewBox: "0 0 100 40",
    preserveAspectRatio: "none",
    style: "width:100%;height:96px;display:block",
    role: "img",
  };
  for (const [name, value] of Object.entries({ ...chartAttributes, "aria-label": "Loss by epoch; dashed: of the validation" }))
    chart.setAttribute(name, value);
  const curve = (colour: string, dashes: string): PageElement => {
    const one = page.createElementNS(svg, "polyline");
    const attributes = {
      fill: "none",
      stroke: colour,
      "stroke-width": "2",
      "stroke-dasharray": dashes,
      "vector-effect": "non-scaling-stroke",
    };
    for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value);
    chart.append(one);
    return one;
  };
  const curves = { loss: curve(colours[0]!, "none"), val_loss: curve(colours[1]!, "6 4") };
  place.replaceChildren(bar, text, chart);
  return { bar, fill, text, curves };
}

/** All curves have one scale. */
function drawCurves(curves: Readonly<Record<Watched, PageElement>>, losses: Readonly<Record<Watched, readonly number[]>>): void {
  const shown = Object.values(losses).flat().filter(Number.isFinite);
  const [low, high] = shown.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  const range = high - low || 1;
  for (const name of watched) {
    const values = losses[name];
    const last = values.length - 1;
    const every = Math.ceil(values.length / mostPoints);
    const points = values.flatMap((value, epoch) =>
      Number.isFinite(value) && (epoch % every === 0 || epoch === last)
        ? [`${((100 * epoch) / Math.max(1, last)).toFixed(2)},${(38 - (36 * (value - low)) / range).toFixed(2)}`]
        : [],
    );
    curves[name].setAttribute("points", points.join(" "));
  }
}
