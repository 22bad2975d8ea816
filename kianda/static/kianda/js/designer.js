// The designer: panes that follow each act. Without it the same buttons send plain forms.
import "./designer_acts.js";
import "./designer_rove.js";
import "./designer_keys.js";
import "./designer_palette.js";
import "./designer_drag.js";
import "./designer_others.js";

document.getElementById("main").dataset.live = "";
