/* Makes the pages live; every page works without it. */
"use strict";

/* The server writes times in the zone of the browser once it knows it. */
try {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes("plantops_zone=" + encodeURIComponent(zone))) {
    document.cookie = "plantops_zone=" + encodeURIComponent(zone) + "; path=/; max-age=31536000; samesite=lax";
  }
} catch { /* the house's zone then */ }

/* Before something is done that asks first. */
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});
