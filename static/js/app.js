// The page's small behaviours: each module looks for its own attributes and does nothing where there are none.
import { startKeys } from "./keys.js";
import { startLists } from "./lists.js";
import { startPalette } from "./palette.js";
import { startToasts } from "./toasts.js";
import { startPreferences } from "./preferences.js";
import { startForms } from "./forms.js";
import { startFiles } from "./files.js";

// Where tabs are wider than a phone, the page's own is in sight.
for (const tab of document.querySelectorAll("nav.tabs [aria-current]")) {
  const bar = tab.closest("nav");
  bar.scrollLeft = tab.offsetLeft - bar.offsetLeft - (bar.clientWidth - tab.offsetWidth) / 2;
}
startPreferences();
startToasts();
startForms();
startFiles();
const palette = startPalette();
const lists = startLists();
startKeys({ palette, lists });
