// Renders what people see in Teams as pictures: node render_teams.mjs SCENES.json ONES SHEETS CHROMIUM
// Into ONES go pictures of each card, into SHEETS those of the most telling ones on a page, for each theme and width.
// Drawn by Microsoft's open renderer under colours and sizes close to those of Teams; a development tool only.
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { camera, here } from "./browser.mjs";

const [file, ones, sheets, chromium] = process.argv.slice(2);
const scenes = JSON.parse(readFileSync(file, "utf8"));
const take = camera(chromium);
const dist = `file://${join(dirname(here.resolve("adaptivecards")), "../dist")}`;
const SHEET = [
  "nudge", "answered", "unblock-ask", "digest", "decision", "form-refused", "command-status", "home-owner", "review",
];
// A phone shows buttons on one line that scrolls, a desktop wraps them: microsoft/AdaptiveCards#4758, #3705.
const WIDTHS = { narrow: { card: 320, columns: 4, wrap: "nowrap" }, wide: { card: 720, columns: 2, wrap: "wrap" } };
const THEMES = {
  light: {
    page: "#f5f5f5", card: "#ffffff", box: "#f0f0f0", line: "#d1d1d1", text: "#242424", subtle: "#616161", button: "#ffffff", main: "#5b5fc7",
    onMain: "#ffffff", input: "#ffffff", accent: "#4f52b2", good: "#0e700e", warning: "#8a3707", attention: "#b10e1c",
  },
  dark: {
    page: "#1f1f1f", card: "#292929", box: "#3d3d3d", line: "#666666", text: "#ffffff", subtle: "#c7c7c7", button: "#292929", main: "#5b5fc7",
    onMain: "#ffffff", input: "#1f1f1f", accent: "#9ea2ff", good: "#7fd17f", warning: "#faa06b", attention: "#f1a5a8",
  },
  contrast: {
    page: "#000000", card: "#000000", box: "#000000", line: "#ffffff", text: "#ffffff", subtle: "#ffffff", button: "#000000", main: "#1aebff",
    onMain: "#000000", input: "#000000", accent: "#ffff00", good: "#3ff23f", warning: "#ffff00", attention: "#ffff00",
  },
};

const ink = (own, subtle = own) => ({ default: own, subtle });
const style = (look, background) => ({
  backgroundColor: background,
  foregroundColors: {
    default: ink(look.text, look.subtle), dark: ink(look.text, look.subtle), light: ink(look.text, look.subtle),
    accent: ink(look.accent), good: ink(look.good), warning: ink(look.warning), attention: ink(look.attention),
  },
});
const hostConfig = (look) => ({
  supportsInteractivity: true,
  fontTypes: {
    default: font("'Segoe UI', 'Liberation Sans', Arial, sans-serif"),
    monospace: font("Consolas, 'Liberation Mono', monospace"),
  },
  spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
  separator: { lineThickness: 1, lineColor: look.line },
  containerStyles: { default: style(look, look.card), emphasis: style(look, look.box) },
  actions: { maxActions: 6, spacing: "default", buttonSpacing: 8, actionsOrientation: "horizontal", actionAlignment: "left" },
  inputs: {
    label: { inputSpacing: "small", requiredInputs: { weight: "bolder", suffix: " *", suffixColor: "attention" }, optionalInputs: { weight: "bolder" } },
    errorMessage: { color: "attention" },
  },
});
function font(fontFamily) {
  return {
    fontFamily,
    fontSizes: { small: 12, default: 14, medium: 16, large: 18, extraLarge: 24 },
    fontWeights: { lighter: 300, default: 400, bolder: 600 },
  };
}

const css = (look, width) => `
  * { box-sizing: border-box; }
  body { margin: 0; padding: 12px; background: ${look.page}; color: ${look.text}; font: 14px "Segoe UI", "Liberation Sans", Arial, sans-serif; }
  #sheet { display: flex; gap: 16px; align-items: flex-start; width: max-content; }
  .column { width: ${width.card}px; } .tile { padding-bottom: 20px; } .tile > small { display: block; padding-bottom: 6px; color: ${look.subtle}; }
  .card { border: 1px solid ${look.line}; border-radius: 6px; background: ${look.card}; overflow: hidden; max-width: ${width.card}px; }
  .dialog { max-width: 600px; } .dialog > header { font-weight: 700; font-size: 18px; padding: 16px 16px 0; }
  .ac-actionSet { flex-wrap: ${width.wrap}; row-gap: 8px; overflow: hidden; }
  .ac-pushButton { flex: 0 0 auto !important; height: 32px; padding: 0 12px; border-radius: 4px; border: 1px solid ${look.line}; background: ${look.button}; color: ${look.text}; font: 600 14px "Segoe UI", "Liberation Sans", Arial, sans-serif; max-width: 100%; }
  .ac-actionSet > div:empty { flex: 0 0 8px; }
  .dialog .ac-pushButton { background: ${look.main}; color: ${look.onMain}; }
  .ac-input { background: ${look.input}; color: ${look.text}; font: 14px "Segoe UI", "Liberation Sans", Arial, sans-serif; }
  .ac-textInput, .ac-dateInput, .ac-timeInput, .ac-multichoiceInput, select { width: 100%; padding: 6px 8px; border: 1px solid ${look.line}; border-radius: 4px; color-scheme: ${look.page === "#f5f5f5" ? "light" : "dark"}; }
  .ac-choiceSetInput-expanded { border: 0; padding: 0; } ::placeholder { color: ${look.subtle}; opacity: 1; }
`;

// Runs in the page: draws the cards, each into the column that is shortest so far, and tells how large all became.
function draw(shown, config, columns) {
  const sheet = document.getElementById("sheet");
  const all = Array.from({ length: Math.min(columns, shown.length) }, () => sheet.appendChild(Object.assign(document.createElement("div"), { className: "column" })));
  for (const scene of shown) {
    const card = new AdaptiveCards.AdaptiveCard();
    card.hostConfig = new AdaptiveCards.HostConfig(config);
    card.parse(scene.card);
    const tile = Object.assign(document.createElement("div"), { className: "tile" });
    tile.innerHTML = `<small></small><div class="card ${scene.kind}"></div>`;
    tile.firstChild.textContent = scene.name.replaceAll("-", " ");
    if (scene.title) tile.lastChild.append(Object.assign(document.createElement("header"), { textContent: scene.title }));
    tile.lastChild.append(card.render());
    all.reduce((least, one) => (one.offsetHeight < least.offsetHeight ? one : least)).append(tile);
  }
  document.body.dataset.size = JSON.stringify([sheet.offsetWidth + 24, sheet.offsetHeight + 4]);
}

function picture(shown, theme, size, png) {
  const [look, width] = [THEMES[theme], WIDTHS[size]];
  const given = [shown, hostConfig(look), width.columns].map((one) => JSON.stringify(one).replaceAll("<", "\\u003c"));
  take(
    `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="${dist}/adaptivecards.css"><style>${css(look, width)}</style>
    <body><div id="sheet"></div><script src="${dist}/adaptivecards.js"></script><script>${draw}\ndraw(${given})</script>`,
    png,
  );
}

mkdirSync(ones, { recursive: true });
for (const theme of Object.keys(THEMES)) {
  for (const size of Object.keys(WIDTHS)) {
    picture(SHEET.map((name) => scenes.find((one) => one.name === name)), theme, size, join(sheets, `teams-${theme}-${size}.png`));
    for (const scene of scenes) picture([scene], theme, size, join(ones, `${scene.name}-${theme}-${size}.png`));
  }
}
