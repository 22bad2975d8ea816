"""/users/, /people/ and /me/: who there is, and who is calling."""

from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kianda.accounts.idempotency import KEY, idempotent_at_once
from kianda.accounts.models import ApiToken
from kianda.accounts.permissions import caller
from kianda.accounts.roles import ADMINISTRATOR, ROLES, assigned_roles, remember_roles, roles_of
from kianda.accounts.services import users as services
from kianda.accounts.services.password_links import link_state, revoke_link, send_invitation
from kianda.accounts.services.person_data import (
    PersonData,
    data_in,
    display_name,
    own_groups_of,
    what_person_may,
)
from kianda.accounts.services.second_factors import has_second_factor, needs_second_factor
from kianda.administration.api import schemas
from kianda.lib.api.drf import (
    check_if_match,
    etag_of,
    list_parameters,
    list_response,
    read_query,
    tagged,
    yes_or_no,
)
from kianda.lib.api.etags import unchanged_since
from kianda.lib.api.schemas import page_of
from kianda.lib.api.strict_json import Body, read_body
from kianda.lib.errors import Invalid, Missing

ADMIN = (ADMINISTRATOR,)
NAMES = ("username", "first_name", "last_name")
TAGS = ["Users and groups"]
ORDERING = {"username": "username", "email": "email", "last_login": "last_login"}


def _in_role(rows: QuerySet[User], role: str) -> QuerySet[User]:
    return rows.filter(pk__in=services.people(role=role)) if role in ROLES else rows.none()


FILTERS: dict[str, Any] = {
    "username": "username",
    "email": "email__iexact",
    "role": _in_role,
    "group": "groups__name",
    "manager": "profile__manager__username",
    "department": "profile__department",
    "active": yes_or_no("is_active"),
}


def user_json(user: User) -> dict[str, Any]:
    """Return a user as the API shows one."""
    # The groups may have been remembered before they were changed.
    remember_roles(user, [group.name for group in user.groups.all()])
    data = data_in(getattr(user, "profile", None))
    return {
        "username": user.username, "name": user.get_full_name(), "email": user.email,
        "roles": assigned_roles(user), "groups": own_groups_of(user),
        **data._asdict(), "manager": data.manager or None, "active": user.is_active,
    }  # fmt: skip


def _etag(user: User) -> str:
    return etag_of("user", user.pk, user_json(user))


def _answer(user: User, *, status: int = 200) -> Response:
    return tagged(Response(user_json(user), status=status), _etag(user))


def _changed(user: User, body: Body) -> dict[str, Any]:
    """Return a user with what was sent, as the service takes it."""
    settings = user_json(user) | body.model_dump(include=body.model_fields_set)
    if settings.pop("username") != user.username:
        raise Invalid.at("/username", _("A user name cannot be changed."))
    # Of attributes what is given is changed, as of all that is known of a user.
    settings["attributes"] = {**user_json(user)["attributes"], **settings["attributes"]}
    return _with_data(settings)


def _with_data(settings: dict[str, Any]) -> dict[str, Any]:
    data = {key: settings.pop(key, None) for key in PersonData._fields}
    return {**settings, "data": PersonData(**{key: one for key, one in data.items() if one})}


class Users(APIView):
    """The users."""

    scopes: ClassVar = {"GET": "read", "POST": "admin"}
    roles: ClassVar = {"GET": ADMIN, "POST": ADMIN}

    @extend_schema(
        operation_id="users_list",
        parameters=list_parameters(ordering=ORDERING, search=True, filters=FILTERS),
        responses={200: page_of(schemas.USER)},
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """List users with their roles, groups and data."""
        return list_response(
            request,
            services.people().select_related("profile__manager"),
            to_json=user_json,
            default_order=["username"],
            ordering=ORDERING,
            search=(*NAMES, "email"),
            filters=FILTERS,
        )

    @extend_schema(
        operation_id="users_create",
        parameters=[KEY],
        request={"application/json": schemas.USER_IN},
        responses={201: schemas.USER},
        tags=TAGS,
    )
    @idempotent_at_once
    def post(self, request: Request) -> Response:
        """Create a user without a password; `invite` mails the person a link to set one."""
        read_query(request, ())
        given = read_body(schemas.NewUser, request.data).model_dump()
        send = given.pop("invite")
        made, _link = services.invite_person(**_with_data(given), send=send, by=caller(request))
        response = _answer(services.person(made.pk), status=201)
        response["Location"] = request.build_absolute_uri(f"/api/v1/users/{made.username}/")
        return response


class OneUser(APIView):
    """One user."""

    scopes: ClassVar = {"GET": "read", "PATCH": "admin"}
    roles: ClassVar = {"GET": ADMIN, "PATCH": ADMIN}

    @extend_schema(operation_id="users_read", responses={200: schemas.USER}, tags=TAGS)
    def get(self, request: Request, username: str) -> Response:
        """Read a user."""
        read_query(request, ())
        return _answer(services.person(username))

    @extend_schema(
        operation_id="users_change",
        request={"application/json": schemas.USER_PATCH},
        responses={200: schemas.USER},
        tags=TAGS,
    )
    def patch(self, request: Request, username: str) -> Response:
        """Change the settings that are sent; `active` deactivates or reactivates a user."""
        read_query(request, ())
        user = services.person(username)
        seen = _etag(user)
        check_if_match(request, seen)
        services.change_person(
            user,
            **_changed(user, read_body(schemas.UserChanges, request.data)),
            unchanged=unchanged_since(request, seen, _etag),
            by=caller(request),
        )
        return _answer(services.person(username))


class Invitation(APIView):
    """The link by which a user sets a password; no answer holds it."""

    scopes: ClassVar = {"GET": "read", "POST": "admin", "DELETE": "admin"}
    roles: ClassVar = {"GET": ADMIN, "POST": ADMIN, "DELETE": ADMIN}

    @extend_schema(operation_id="invitation_read", responses={200: schemas.INVITATION}, tags=TAGS)
    def get(self, request: Request, username: str) -> Response:
        """Read the state of the last link; 404 if there is none, or it was used."""
        read_query(request, ())
        return self._answer(services.person(username))

    @extend_schema(
        operation_id="invitation_send", parameters=[KEY], request=None,
        responses={201: schemas.INVITATION}, tags=TAGS,
    )  # fmt: skip
    @idempotent_at_once
    def post(self, request: Request, username: str) -> Response:
        """Send a new link to the user's address; older ones are revoked."""
        read_query(request, ())
        user = services.person(username)
        send_invitation(user, by=caller(request))
        return self._answer(user, status=201)

    @extend_schema(operation_id="invitation_revoke", responses={204: None}, tags=TAGS)
    def delete(self, request: Request, username: str) -> Response:
        """Revoke every link with which the user could set a password."""
        read_query(request, ())
        revoke_link(services.person(username), by=caller(request))
        return Response(status=204)

    def _answer(self, user: User, *, status: int = 200) -> Response:
        state = link_state(user)
        if state is None:
            raise Missing(_("%(name)s has no invitation.") % {"name": user.username})
        made = {"sent_to": state.sent_to, "created": state.made_at, "expired": state.is_over}
        return Response(made, status=status)


class PeopleList(APIView):
    """The people whom everybody may find."""

    scopes: ClassVar = {"GET": "read"}
    roles: ClassVar[dict[str, tuple[str, ...]]] = {"GET": ()}

    @extend_schema(
        operation_id="people_list",
        parameters=list_parameters(search=True),
        responses={200: page_of(schemas.PERSON)},
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """Find active people by their names."""
        return list_response(
            request,
            User.objects.filter(is_active=True),
            to_json=lambda user: {"name": display_name(user), "username": user.username},
            default_order=["username"],
            search=NAMES,
        )


class Me(APIView):
    """Who is calling."""

    scopes: ClassVar = {"GET": "read"}
    roles: ClassVar[dict[str, tuple[str, ...]]] = {"GET": ()}

    @extend_schema(operation_id="me_read", responses={200: schemas.ME}, tags=TAGS)
    def get(self, request: Request) -> Response:
        """Read who you are, your permissions and your token. Without scopes it has all of them."""
        read_query(request, ())
        user, token = caller(request), request.auth
        acting = roles_of(user)
        return Response({
            "username": user.username, "name": display_name(user), "email": user.email,
            "roles": [role for role in ROLES if role in acting], "groups": own_groups_of(user),
            "token": {"name": token.name, "scopes": token.scopes}
            if isinstance(token, ApiToken) else None,
            "second_factor": {"set_up": has_second_factor(user),
                              "needed": needs_second_factor(user)},
            "may": what_person_may(user),
        })  # fmt: skip
