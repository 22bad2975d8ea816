// The modules of every page. Each works by itself; without them the pages work as plain pages.
import "./dialog.js";
import "./menu.js";
import "./copy.js";
import "./toast.js";
import "./typed.js";
import "./once.js";
import "./refresh.js";
import "./find.js";
import "./focus.js";
import "./busy.js";
import "./schedule.js";
