"""What is asked of a browser while it shows the review: how long until it is seen, what it holds, what it sends."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psutil

if TYPE_CHECKING:
    from playwright.sync_api import Page

KINDS = ("websocket", "thumb", "view", "review", "darkroom")  # the others: addresses under /unipic/

# Milliseconds from `from` until the second frame after there is a room, there are rows, and their pictures.
LIST = """const find = () => [...document.querySelectorAll("[data-testid^=stBidi]")]
  .map((one) => one.shadowRoot?.querySelector(".darkroom")).find(Boolean);
const frames = (act) => requestAnimationFrame(() => requestAnimationFrame(act));
const list = (from, told) => {
  const found = { asked: false };
  const drawn = (row) => [...row.querySelectorAll("img")].every((image) => image.complete && image.naturalWidth);
  const look = () => {
    const room = find();
    if (room) found.room ??= performance.now() - from;
    const rows = [...room?.querySelectorAll(".rows li:nth-child(-n + 12)") ?? []];
    const seen = rows.filter((row) => row.getClientRects()[0]?.top < innerHeight);
    if (seen.length && !found.asked) frames(() => (found.rows = performance.now() - from));
    found.asked ||= seen.length > 0;
    if (found.rows && seen.every(drawn)) frames(() => told({ ...found, pictures: performance.now() - from }));
    else requestAnimationFrame(look);
  };
  look();
};"""
OPENING = f"""if (top === self) addEventListener("DOMContentLoaded",
  () => {{ {LIST} list(0, (found) => (window.opened = found)) }})"""
GOING_BACK = f"""() => {{ {LIST} window.opened = null;
  addEventListener("click", (event) => list(event.timeStamp, (found) => (window.opened = found)),
    {{ capture: true, once: true }}); }}"""
# From the time stamp of a key to the second frame after another group's large picture is there.
PROBE = """(root, first) => {  // `first`: group -> what the addresses of its first photo hold
  const probe = (window.probe = { found: [], at: root.dataset.shown });
  let pressed = 0;
  window.addEventListener("keydown", (event) => (pressed = event.timeStamp), true);
  new MutationObserver(() => {
    const { shown } = root.dataset;
    if (!shown || shown === probe.at) return;
    probe.at = shown;
    const from = pressed;
    const image = root.querySelector(".stage img.large");
    const whose = first[shown].some((part) => image?.src.includes(part));
    const right = Boolean(whose && image.complete && image.naturalWidth);
    requestAnimationFrame(() => requestAnimationFrame(() =>
      probe.found.push({ shown, right, ms: performance.now() - from })));
  }).observe(root, { attributes: true, attributeFilter: ["data-shown"] });
}"""


def traffic(page: Page) -> Counter[str]:
    """Bytes by kind, counted from now on."""
    counted, kinds = Counter[str](), dict[str, str]()

    def frame(told: dict[str, Any]) -> None:
        size = len(told["response"]["payloadData"])
        counted["websocket"] += size * 3 // 4 if told["response"]["opcode"] == 2 else size

    def asked(told: dict[str, Any]) -> None:
        parts = urlsplit(told["request"]["url"]).path.split("/")
        kinds[told["requestId"]] = parts[2] if parts[1:2] == ["unipic"] else "else"

    def loaded(told: dict[str, Any]) -> None:
        counted[kinds.get(told["requestId"], "else")] += int(told["encodedDataLength"])

    session = page.context.new_cdp_session(page)
    session.on("Network.webSocketFrameReceived", frame)
    session.on("Network.webSocketFrameSent", frame)
    session.on("Network.requestWillBeSent", asked)
    session.on("Network.loadingFinished", loaded)
    session.send("Network.enable")
    return counted


def in_words(counted: Counter[str]) -> str:
    """Also what is nothing."""
    return ", ".join(f"{kind} {counted[kind] / 1e3:,.1f} kB" for kind in KINDS)


def memory(page: Page) -> tuple[float, float, float, float]:
    """What is in use after all that can go is gone: heap, DOM nodes, listeners; and the process, pictures included."""
    page.wait_for_timeout(500)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    values = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    renderers = [one for one in psutil.Process().children(recursive=True) if "--type=renderer" in one.cmdline()]
    resident = max(one.memory_info().rss for one in renderers)
    return values["JSHeapUsedSize"] / 1e6, values["Nodes"], values["JSEventListeners"], resident / 1e6
