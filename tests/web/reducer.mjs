// The reducer behind a pipe: each line of input is a JSON array of frames and a snapshot; the answer
// is what the page then shows of the room, and what it shows after the snapshot alone.

import { createInterface } from "node:readline";

import { create } from "../../twisted_auction/web/static/room.js";
import { initial, reduce } from "../../twisted_auction/web/static/state.js";

// Remembered across snapshots, on purpose.
const MEMORY = new Set(["said", "ticket", "history", "news", "names", "limit", "bid", "sale", "saleLots",
  "account", "auctions"]);
const KEYS = Object.keys(create("main")).filter((key) => !MEMORY.has(key));
const NOW = 1e6;

const play = (state, frames) => frames.reduce((before, frame) => reduce(before, frame, NOW), state);
const shown = (state) => JSON.stringify(KEYS.map((key) => [key, state.rooms.main[key]]));

for await (const line of createInterface({ input: process.stdin })) {
  const { frames, snapshot } = JSON.parse(line);
  let answer;
  try {
    answer = [shown(play(play(initial(), frames), snapshot)), shown(play(initial(), snapshot))];
  } catch (error) {
    answer = [String(error.stack), ""];
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
