// Forms of settings: picking, completing, adding rows. Without it they are plain forms.
import { on } from "../page/listen.js";
import "./values.js";
import "./complete.js";
import "./tree.js";
import "../forms/source.js";
import "./mapping.js";
import "./mapping_search.js";
import "./conditions.js";
import "./expression.js";
import "./mail.js";

// Plain lists of names give way to better ones.
on("focusin", "[data-complete][list]", (box) => box.removeAttribute("list"));
