"""Setting and keeping who may change a datasource, and whose runs may call it."""

from collections.abc import Callable, Collection
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError

from datasources.auth.instance_token import InstanceTokenAuth
from datasources.kinds import DatasourceDocument, RestDatasource
from datasources.models import Datasource
from datasources.permissions import DatasourceAccess
from datasources.ports import instance_tokens
from datasources.selectors import document_of, get_datasource, security_of
from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.accounts.services.audit import record
from kianda.lib.errors import Flaw, Forbidden, Invalid
from kianda.lib.pointers import flaws_of, pointer
from kianda.mail.accounts import chosen_account


def carries_links(row: Datasource) -> bool:
    """Tell whether links that reset passwords leave by it: who sets its server could read them."""
    return row.kind == "email" and chosen_account() == row.name


def must_edit(row: Datasource, user: Any) -> None:
    """Raise Forbidden for a person who may not change this datasource; the product itself may."""
    if user is not None and carries_links(row) and not has_role(user, ADMINISTRATOR):
        raise Forbidden(
            _(
                "%(datasource)s is the mail account of the workspace: only administrators may "
                "change, test or delete it."
            )
            % {"datasource": row.title}
        )
    editors = security_of(row).editors
    if user is not None and not editors.hold(user):
        raise Forbidden(
            _("Only %(editors)s and administrators may manage and test %(datasource)s.")
            % {"datasource": row.title, "editors": editors.in_words()}
        )


def must_set_addresses(
    document: DatasourceDocument, user: Any, *, stored: DatasourceDocument
) -> None:
    """Raise Forbidden where somebody but an administrator changes which addresses may be reached.

    Whoever makes a datasource may bring a list along: it can only narrow what they could reach
    without it, and an export keeps it.
    """
    if not isinstance(document, RestDatasource) or not isinstance(stored, RestDatasource):
        return
    changed = document.allowed_addresses != stored.allowed_addresses
    if changed and user is not None and not has_role(user, ADMINISTRATOR):
        raise Forbidden(
            _("Only administrators change allowed_addresses. Leave it as it is, or ask one.")
        )


def must_see_token(document: DatasourceDocument, user: Any) -> None:
    """Raise Invalid where a datasource sends what an instance keeps from whoever saves it.

    They could send it to a server of their own; and it is renewed in their name.
    """
    auth = document.auth if isinstance(document, RestDatasource) else None
    if user is None or not isinstance(auth, InstanceTokenAuth):
        return
    found = instance_tokens().flaws(
        user, process_id=auth.process_id, field=auth.field,
        target=auth.target if auth.on_401 == "trigger" else "",
    )  # fmt: skip
    flaws = [Flaw(pointer("auth", setting), sentence) for setting, sentence in found]
    if flaws:
        raise Invalid(_("The datasource has errors."), errors=flaws)


def set_security(
    *,
    name: str,
    raw: object,
    user: Any,
    unchanged: Callable[[DatasourceAccess], None] | None = None,
) -> Datasource:
    """Store who may change a datasource and whose runs may call it.

    Raises Invalid with the place of each unknown name, and Forbidden. `unchanged` may refuse what
    it has become by the time the datasource is locked.
    """
    row = get_datasource(name)
    must_edit(row, user)
    must_see_token(document_of(row), user)
    if raw == {}:
        # A body that was lost on its way must not let everybody in.
        raise Invalid.at("", _("List the permissions: editors, callers or both."))
    security = _parsed(raw)
    if security == security_of(row):
        return row
    with transaction.atomic():
        if unchanged is not None:
            unchanged(security_of(_locked(row)))
        Datasource.objects.filter(pk=row.pk).update(
            security=security.model_dump(mode="json"), modified=timezone.now(), modified_by=user
        )
        record(user, action="changed", kind="datasource", name=name, detail=_("Security"))
    return get_datasource(name)


def _locked(row: Datasource) -> Datasource:
    return Datasource.objects.select_for_update().get(pk=row.pk)


def _parsed(raw: object) -> DatasourceAccess:
    try:
        security = DatasourceAccess.model_validate(raw)
    except ValidationError as error:
        raise Invalid(errors=flaws_of(error, raw, model=DatasourceAccess)) from error
    no_user, no_group = _("No user named %(name)s."), _("No group named %(name)s.")
    flaws = [
        Flaw(pointer(part, what, at), sentence % {"name": name})
        for part, people in (("editors", security.editors), ("callers", security.callers))
        for what, sentence, names, known in (
            ("users", no_user, people.users, _known_users(people.users)),
            ("groups", no_group, people.groups, _known_groups(people.groups)),
        )
        for at, name in enumerate(names)
        if name not in known
    ]
    if flaws:
        raise Invalid(errors=flaws)
    return security


def _known_users(names: Collection[str]) -> set[str]:
    return set(User.objects.filter(username__in=names).values_list("username", flat=True))


def _known_groups(names: Collection[str]) -> set[str]:
    return set(Group.objects.filter(name__in=names).values_list("name", flat=True))
