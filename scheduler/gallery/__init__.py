"""The templates of the gallery, in the order of the page. One file each; add yours here."""

from scheduler.gallery.approval import Approval
from scheduler.gallery.base import GalleryTemplate, InstallPlan, QuestionSection
from scheduler.gallery.fetch_list import FetchList
from scheduler.gallery.it_ticket import ItTicket
from scheduler.gallery.leave_request import LeaveRequest
from scheduler.gallery.purchase_approval import PurchaseApproval
from scheduler.gallery.token_refresh import TokenRefresh

TEMPLATES: tuple[GalleryTemplate, ...] = (
    TokenRefresh(), LeaveRequest(), PurchaseApproval(), ItTicket(), Approval(), FetchList(),
)  # fmt: skip


def template_named(slug: str) -> GalleryTemplate | None:
    """Return a template by the last part of its address."""
    return next((one for one in TEMPLATES if one.slug == slug), None)


__all__ = ["TEMPLATES", "GalleryTemplate", "InstallPlan", "QuestionSection", "template_named"]
