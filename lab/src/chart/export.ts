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
  "paint-order",
  "stroke-linejoin",
  "stroke-linecap",
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

const MARGIN = 16;
const TITLE = { size: 16, line: 20, weight: "600" };

/** Words over as many lines as the width asks for. */
function lines(text: string, width: number, family: string): readonly string[] {
  const pen = document.createElement("canvas").getContext("2d");
  if (pen === null) return [text];
  pen.font = `${TITLE.weight} ${TITLE.size}px ${family}`;
  const found: string[] = [];
  for (const word of text.split(" ")) {
    const longer = found.length === 0 ? word : `${found.at(-1)} ${word}`;
    if (found.length > 0 && pen.measureText(longer).width <= width) found[found.length - 1] = longer;
    else found.push(word);
  }
  return found;
}

/** All SVG and canvas elements of a figure where they stand on the page, under its title, as one SVG text. */
export function drawing(chart: HTMLElement, title: string): string {
  const frame = chart.getBoundingClientRect();
  const page = getComputedStyle(document.documentElement);
  const body = getComputedStyle(document.body);
  const svg = document.createElementNS(NAMESPACE, "svg");
  const heading = lines(title, frame.width, body.fontFamily);
  const top = MARGIN + heading.length * TITLE.line + 12;
  const [width, height] = [frame.width + 2 * MARGIN, frame.height + top + MARGIN];
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(height));
  const ground = document.createElementNS(NAMESPACE, "rect");
  ground.setAttribute("width", "100%");
  ground.setAttribute("height", "100%");
  ground.setAttribute("fill", page.getPropertyValue("--ground"));
  svg.append(ground);
  heading.forEach((line, i) => {
    const text = document.createElementNS(NAMESPACE, "text");
    text.textContent = line;
    for (const [name, value] of Object.entries({
      x: MARGIN,
      y: MARGIN + 14 + i * TITLE.line,
      fill: page.getPropertyValue("--text"),
      "font-family": body.fontFamily,
      "font-size": `${TITLE.size}px`,
      "font-weight": TITLE.weight,
    }))
      text.setAttribute(name, String(value));
    svg.append(text);
  });
  for (const part of chart.querySelectorAll("svg, canvas")) {
    const place = part.getBoundingClientRect();
    const x = String(place.left - frame.left + MARGIN);
    const y = String(place.top - frame.top + top);
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
