"""Who may change a comment, and who may delete it; whoever sees the instance reads it."""

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from processes.models import Comment
from processes.rights.decisions import Decision, denied, granted
from processes.rights.instance_rights import InstanceRights


def may_change_comment(user: User, comment: Comment) -> Decision:
    """Decide whether a person may put other words into a comment: its author alone."""
    if comment.author_id is not None and comment.author_id == user.pk:
        return granted(_("You wrote it."))
    return denied(_("Only its author can change a comment."))


def may_delete_comment(user: User, comment: Comment, rights: InstanceRights) -> Decision:
    """Decide whether a person may delete a comment: its author, and who manages the process."""
    own = may_change_comment(user, comment)
    if own or rights.manages:
        return own or rights.manages
    return denied(_("Only its author and the people who manage the process can delete a comment."))
