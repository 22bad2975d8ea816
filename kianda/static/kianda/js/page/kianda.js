// The modules of every page. Each works by itself; without them the pages work as plain pages.
// Before all that write into the page.
import "./early.js";
import "./dialog.js";
import "./menu.js";
import "./copy.js";
import "./toast.js";
import "../forms/typed.js";
// Before the one that lets a form go only once.
import "./lost.js";
import "./once.js";
import "./pressed.js";
import "./refresh.js";
import "./find.js";
import "./people.js";
import "./mention.js";
import "./focus.js";
import "./tabs.js";
import "./busy.js";
import "../forms/mended.js";
import "../schedule.js";
