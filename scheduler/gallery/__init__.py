"""The templates of the gallery, in the order of the page. One file each; add yours here."""

from scheduler.gallery.approval import Approval
from scheduler.gallery.base import Plan, Section, Template
from scheduler.gallery.fetch_list import FetchList
from scheduler.gallery.token_refresh import TokenRefresh

TEMPLATES: tuple[Template, ...] = (TokenRefresh(), Approval(), FetchList())


def template_named(slug: str) -> Template | None:
    """Return a template by the last part of its address."""
    return next((one for one in TEMPLATES if one.slug == slug), None)


__all__ = ["TEMPLATES", "Plan", "Section", "Template", "template_named"]
