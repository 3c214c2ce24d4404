// What the desk does beyond plain forms; without it everything still works.
"use strict";

// After a fault the reader's eye, keyboard and screen reader start at it; else at the field marked as first.
const start = document.querySelector("[data-focus]") || document.querySelector("[data-first]");
if (start) start.focus();

// A form goes out once, however often it is pressed; coming back to the page it can be sent again.
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
