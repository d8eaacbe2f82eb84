// Plays every steering manifest of a folder with hls.js: what it takes as the order of pathways, where it begins,
// and where it goes as one pathway after the other fails. Prints one JSON object: file → { priority, visited }.
"use strict";

const fs = require("fs");
const path = require("path");

// hls.js asks for the browser's own object; nothing is played, so no media is needed.
globalThis.self = globalThis;
globalThis.location = { href: "https://origin.example/" };
const Hls = require("hls.js");

const SERVER = "https://steering.example/";
const ACTION_PENALTY = 2; // NetworkErrorAction.SendAlternateToPenaltyBox
const MOVE_ALL = 1; // ErrorActionFlags.MoveAllAlternatesMatchingHost

/** A multivariant playlist with one variant for each pathway, the preferred one last. */
function playlist(file, pathways) {
  const variants = [...pathways].reverse().map(
    (id) => `#EXT-X-STREAM-INF:BANDWIDTH=1000000,PATHWAY-ID="${id}"\nhttps://${id}.example/media.m3u8`
  );
  return [
    "#EXTM3U",
    `#EXT-X-CONTENT-STEERING:SERVER-URI="${SERVER}${file}",PATHWAY-ID="${pathways[pathways.length - 1]}"`,
    ...variants,
    "",
  ].join("\n");
}

/** The loader that hls.js uses for everything: playlists from memory, steering manifests as they were written. */
function loaderOf(texts) {
  return class {
    constructor() {
      const now = performance.now();
      const times = () => ({ start: now, first: now, end: now });
      this.stats = { aborted: false, loaded: 0, retry: 0, total: 0, chunkCount: 0, bwEstimate: 0,
        loading: times(), parsing: times(), buffering: times() };
    }
    load(context, _config, callbacks) {
      this.context = context;
      const name = context.url.split("?")[0];
      const text = texts.get(name);
      if (text === undefined) return; // Media playlists are never answered.
      const data = context.responseType === "json" ? JSON.parse(text) : text;
      queueMicrotask(() => callbacks.onSuccess({ url: name, data, code: 200 }, this.stats, context, null));
    }
    abort() {}
    destroy() {}
  };
}

function play(folder, file) {
  const text = fs.readFileSync(path.join(folder, file), "utf8");
  const pathways = JSON.parse(text)["PATHWAY-PRIORITY"];
  const master = "https://origin.example/master.m3u8";
  const texts = new Map([[master, playlist(file, pathways)], [SERVER + file, text]]);
  const hls = new Hls({ loader: loaderOf(texts), autoStartLoad: true, enableWorker: false });
  const steering = () => hls.levels[0].attrs["PATHWAY-ID"];
  return new Promise((resolve, reject) => {
    hls.on(Hls.Events.STEERING_MANIFEST_LOADED, (_event, data) => {
      // What the player keeps is set right after this event.
      setTimeout(() => {
        const visited = [steering()];
        for (let place = 1; place < pathways.length; place += 1) {
          hls.trigger(Hls.Events.ERROR, {
            type: Hls.ErrorTypes.NETWORK_ERROR,
            details: Hls.ErrorDetails.LEVEL_LOAD_ERROR,
            fatal: false,
            error: new Error("the node is down"),
            errorAction: { action: ACTION_PENALTY, flags: MOVE_ALL, resolved: false },
          });
          visited.push(steering());
        }
        const priority = hls.pathwayPriority || data.steeringManifest["PATHWAY-PRIORITY"];
        hls.destroy();
        resolve({ priority, visited, version: Hls.version });
      }, 0);
    });
    hls.on(Hls.Events.ERROR, (_event, data) => data.fatal && reject(new Error(`${file}: ${data.details}`)));
    hls.loadSource(master);
    setTimeout(() => reject(new Error(`${file}: the player took no manifest`)), 10_000).unref();
  });
}

async function main() {
  const folder = process.argv[2];
  const found = {};
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith(".json")).sort()) {
    found[file] = await play(folder, file);
  }
  console.log(JSON.stringify(found));
  process.exit(0);
}

main().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
