// Shows a page where the installed app begins and the server cannot be reached. Its scope is this folder alone: it never
// sees a photo or a page of the app, and keeps nothing but that page.

const CACHE = "unipic-offline-1";
const PAGE = new URL("offline.html", location.href).href;

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(CACHE).then((cache) => cache.add(new Request(PAGE, { cache: "reload" }))));
});

addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate" || event.request.method !== "GET") return;
  event.respondWith(fetch(event.request).catch(() => caches.match(PAGE)));
});
