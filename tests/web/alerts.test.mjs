// Which changes of a room are worth a notification.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isEnding, isNews } from "../../twisted_auction/web/static/alerts.js";

test("the news are those about the person's own bid", () => {
  const standings = ["none", "asked", "highest", "outbid", "waiting", "passed", "own", "late", "won", "lost", "sold"];
  const news = standings.flatMap((after) => standings.filter((before) => isNews(before, after))
    .map((before) => `${before} ${after}`));
  assert.deepEqual(news, [
    "highest outbid",
    "highest won", "outbid won", "waiting won",
    "highest lost", "outbid lost", "waiting lost",
  ]);
});

test("the last ten minutes begin once, and not for a shorter time", () => {
  assert.deepEqual([[700_000, 600_001], [600_001, 600_000], [600_000, 599_000], [null, 500_000], [700_000, null]]
    .map(([before, now]) => isEnding(before, now)), [false, true, false, false, false]);
});
