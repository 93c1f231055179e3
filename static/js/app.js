// The page's small behaviours: each module looks for its own attributes and does nothing where there are none.
import { startKeys } from "./keys.js";
import { startLists } from "./lists.js";
import { startPalette } from "./palette.js";
import { startToasts } from "./toasts.js";
import { startPreferences } from "./preferences.js";
import { startForms } from "./forms.js";
import { startFiles } from "./files.js";

startPreferences();
startToasts();
startForms();
startFiles();
const palette = startPalette();
const lists = startLists();
startKeys({ palette, lists });
