"""The table of acts that the reference shows: what can be done, who may, what happens else."""

from collections.abc import Mapping
from typing import NamedTuple

REFS: Mapping[str, str] = {
    "everyone": "everyone who can sign in and has a role",
    "creator": "the creator of the instance",
    "owners": "the owners of its open forms, or substitutes; in the lists of a part, of its form",
    "participants": "the creator, and everyone who owns or has owned one of its forms",
    "user:name": "a person, by user name",
    "group:name": "the members of a group, or everyone with a role",
    "[field]": "the people in the stored value of a user field",
    "[creator.manager]": "the manager of the creator",
    "[owner.manager]": "the manager of an owner of an open form",
}


class ActLine(NamedTuple):
    """Something that can be done: on what, who may, and what anybody else is told."""

    act: str
    on: str
    who: str
    refusal: str


ACTS = (
    ActLine("start", "a process", "`start`", "not offered; 403"),
    ActLine("see", "an instance", "`see`, and the owners of an open form; of previews the creator",
        "not found: 404, in no list, search, run or trace"),
    ActLine("see", "a form, field or column", "its own `see` and those of the parts around it",
        "omitted, and traces say so; in the API an unknown field"),
    ActLine("change", "a field of an open form", "the innermost `edit` of field, panels and form; "
        "else `change` of the process", "403 with the line"),
    ActLine("change", "a field of a form that is not open",
        "`administrators`, and the history says so; on a page opened by a rule *Field display "
        "mode*, the people who could if it were open", "409"),
    ActLine("press", "a button", "its own `press`; else the people who can change the form",
        "403; 409 if the form is not open and the button has no `show_in_display_mode`"),
    ActLine("submit", "an open form", "the people who can change the form",
        "403; 409 if it is not open"),
    ActLine("send back", "a completed form", "the owners of the open form; for a completed "
        "instance, the last people who worked on it", "403"),
    ActLine("reassign", "an open form", "its quick action *Reassign*",
        "403; 409 if it is not open"),
    ActLine("edit again", "a completed form", "its quick action *Edit again*",
        "403; 409 if it is not completed"),
    ActLine("quick action", "a button in the menu of its form", "its `menu`, regardless of the "
        "rights of the form and of whether the button is shown",
        "403; 409 if the form is not open or completed, as `menu_when` says"),
    ActLine("delete", "an instance", "`delete`; the creator only until a form is completed",
        "403 with the reason"),
    ActLine("change", "a comment", "its author", "403"),
    ActLine("delete", "a comment", "its author and `administrators`", "403"),
    ActLine("fill in by a link", "the form of an anonymous form link while it is open",
        "anyone who has the link; parts with their own list only if it says `everyone`, no user "
        "fields", "404 for an unknown link, 410 for one that has ended"),
    ActLine("revoke", "an anonymous form link", "the people who can change its form", "404"),
    ActLine("read", "a definition and its versions", "Designers and `administrators`",
        "403, or 404 if they may not know the process"),
    ActLine("check as", "a process",
        "Designers and `administrators`; for an instance `administrators`", "403"),
)  # fmt: skip
