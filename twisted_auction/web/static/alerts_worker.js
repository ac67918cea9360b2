// A worker without a page: it brings the page to the front when its notification is tapped.

/** @type {any} */ (self).addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  const { clients } = /** @type {any} */ (self);
  event.waitUntil(clients.matchAll({ type: "window", includeUncontrolled: true })
    .then((/** @type {any[]} */ pages) => pages[0]?.focus()));
});
