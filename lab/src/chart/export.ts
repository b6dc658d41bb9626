/** A drawing as a file: what the page shows, with its colours written into it. */

const NAMESPACE = "http://www.w3.org/2000/svg";

/** What a mark's look depends on. */
const LOOK = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "opacity",
  "font-size",
  "font-family",
  "font-weight",
  "text-anchor",
  "dominant-baseline",
];

function withLook(svg: SVGSVGElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const shown = [svg, ...svg.querySelectorAll("*")];
  const copied = [copy, ...copy.querySelectorAll("*")];
  shown.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const property of LOOK) copied[i]?.setAttribute(property, style.getPropertyValue(property));
    copied[i]?.removeAttribute("class");
  });
  return copy;
}

const TITLE_HEIGHT = 32;
const MARGIN = 16;

/** All SVG and canvas elements of a figure where they stand on the page, under its title, as one SVG text. */
export function drawing(chart: HTMLElement, title: string): string {
  const frame = chart.getBoundingClientRect();
  const page = getComputedStyle(document.documentElement);
  const body = getComputedStyle(document.body);
  const svg = document.createElementNS(NAMESPACE, "svg");
  const [width, height] = [frame.width + 2 * MARGIN, frame.height + 2 * MARGIN + TITLE_HEIGHT];
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(height));
  const ground = document.createElementNS(NAMESPACE, "rect");
  ground.setAttribute("width", "100%");
  ground.setAttribute("height", "100%");
  ground.setAttribute("fill", page.getPropertyValue("--ground"));
  const heading = document.createElementNS(NAMESPACE, "text");
  heading.textContent = title;
  for (const [name, value] of Object.entries({
    x: MARGIN,
    y: MARGIN + 14,
    fill: page.getPropertyValue("--text"),
    "font-family": body.fontFamily,
    "font-size": "16px",
    "font-weight": "600",
  }))
    heading.setAttribute(name, String(value));
  svg.append(ground, heading);
  for (const part of chart.querySelectorAll("svg, canvas")) {
    const place = part.getBoundingClientRect();
    const x = String(place.left - frame.left + MARGIN);
    const y = String(place.top - frame.top + MARGIN + TITLE_HEIGHT);
    const inner =
      part instanceof HTMLCanvasElement
        ? document.createElementNS(NAMESPACE, "image")
        : withLook(part as SVGSVGElement);
    if (part instanceof HTMLCanvasElement) inner.setAttribute("href", part.toDataURL());
    for (const [name, value] of Object.entries({ x, y, width: place.width, height: place.height, overflow: "visible" }))
      inner.setAttribute(name, String(value));
    svg.append(inner);
  }
  return new XMLSerializer().serializeToString(svg);
}

/** Twice the size on the page, for print. */
const DENSITY = 2;

export async function toPng(svg: string): Promise<Blob> {
  const image = new Image();
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * DENSITY;
    canvas.height = image.naturalHeight * DENSITY;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob === null ? reject(new Error("The picture is too large for PNG.")) : resolve(blob))),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}

export function download(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser takes the file before it runs the next timer.
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
