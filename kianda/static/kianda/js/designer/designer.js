// The designer: panes that follow each act. Without it the same buttons send plain forms.
import "./acts.js";
import "./rove.js";
import "./keys.js";
import "./palette.js";
import "./drag.js";
import "./others.js";

document.getElementById("main").dataset.live = "";
