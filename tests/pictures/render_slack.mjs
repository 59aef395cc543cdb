// Renders what people see in Slack as pictures: node render_slack.mjs SCENES.json FOLDER CHROMIUM
// A look close to Slack's own, by slack-blocks-to-jsx; a development tool only.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { camera, here } from "./browser.mjs";

const React = here("react");
const { renderToStaticMarkup } = here("react-dom/server");
const { Message } = here("slack-blocks-to-jsx");
const css = readFileSync(join(dirname(here.resolve("slack-blocks-to-jsx")), "style.css"), "utf8");
const [scenes, folder, chromium] = process.argv.slice(2);
const take = camera(chromium);

const frame = {
  message: (inner) => `<div class="message">${inner}</div>`,
  home: (inner) => `<div class="home">${inner}</div>`,
  modal: (inner, scene) =>
    `<div class="modal"><header>${scene.title}</header>${inner}<footer><span>Cancel</span><b>${scene.submit || "Send"}</b></footer></div>`,
};
for (const scene of JSON.parse(readFileSync(scenes, "utf8"))) {
  const inner = renderToStaticMarkup(
    React.createElement(Message, {
      blocks: scene.blocks,
      logo: "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 36 36'><rect width='36' height='36' rx='6' fill='%231f3a5f'/><path d='M6 22 L18 10 L30 22' stroke='white' stroke-width='4' fill='none'/></svg>",
      name: "Stickshaker",
      time: new Date("2026-03-10T09:00:00Z"),
      theme: "light",
      withoutWrapper: scene.kind !== "message",
    }),
  );
  const page = `<!doctype html><meta charset="utf-8"><style>${css}
    body { margin: 0; padding: 16px; background: white; width: 640px; font-family: Lato, "Slack-Lato", Helvetica, Arial, sans-serif; font-size: 15px; }
    .modal { border: 1px solid #ddd; border-radius: 8px; padding: 16px; width: 520px; box-shadow: 0 2px 12px #0002; }
    .modal header { font-weight: 900; font-size: 20px; padding-bottom: 8px; }
    .modal footer { text-align: right; padding-top: 12px; } .modal footer * { border: 1px solid #bbb; border-radius: 4px; padding: 7px 14px; margin-left: 8px; }
    .modal footer b { background: #007a5a; color: white; }
  </style><body>${frame[scene.kind](inner, scene)}</body>
  <script>document.body.dataset.size = JSON.stringify([680, Math.max(Math.ceil(document.body.getBoundingClientRect().height), 260)])</script>`;
  take(page, join(folder, `slack-${scene.name}.png`));
}
