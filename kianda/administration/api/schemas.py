"""Users and groups in the API: JSON Schemas for its description, and bodies as typed models."""

from pydantic import Field, StrictBool, StrictStr

from kianda.accounts.permissions import SCOPES
from kianda.accounts.roles import ROLES
from kianda.accounts.services.attributes import LONGEST_TITLE, LONGEST_VALUE
from kianda.accounts.services.groups import LONGEST as LONGEST_GROUP
from kianda.accounts.services.person_data import LONGEST
from kianda.lib.api.schemas import MAYBE_TEXT, TEXT, Schema, shape
from kianda.lib.api.strict_json import Body

_NAMES: Schema = {"type": "array", "items": TEXT}
_SETTINGS: Schema = {
    "name": TEXT | {"description": "First and last name."},
    "email": TEXT,
    "roles": {"type": "array", "items": {"type": "string", "enum": list(ROLES)}},
    "groups": _NAMES,
    "manager": MAYBE_TEXT | {"description": "The user name or email address."},
    **{key: TEXT | {"maxLength": most} for key, most in LONGEST.items()},
    "attributes": {
        "type": "object",
        "additionalProperties": TEXT | {"maxLength": LONGEST_VALUE},
        "description": "What the workspace's own attributes say, by name; none is empty.",
    },
}
_USERNAME: Schema = {"username": TEXT | {"maxLength": 150}}
_ACTIVE: Schema = {"active": {"type": "boolean", "description": "Whether the user can sign in."}}
USER = shape({**_USERNAME, **_SETTINGS, **_ACTIVE})
_INVITE: Schema = {
    "invite": {
        "type": "boolean", "default": False,
        "description": "Send a link to set a password to the email address.",
    }
}  # fmt: skip
USER_IN = shape({**_USERNAME, **_SETTINGS, **_INVITE}, required=["username"])
INVITATION = shape({
    "sent_to": TEXT | {"description": "Empty: an administrator was shown the link."},
    "created": TEXT | {"format": "date-time"},
    "expired": {"type": "boolean"},
})  # fmt: skip
USER_PATCH = USER | {"required": []}

GROUP = shape(
    {"name": TEXT | {"maxLength": LONGEST_GROUP}, "members": _NAMES, "administrators": _NAMES}
)
GROUP_IN = GROUP | {"required": ["name"]}
GROUP_PATCH = GROUP | {"required": []}

ATTRIBUTE = shape({
    "name": TEXT | {"maxLength": 64, "description": "As in [user.cost_centre]."},
    "title": TEXT | {"maxLength": LONGEST_TITLE},
})  # fmt: skip
ATTRIBUTE_IN = ATTRIBUTE | {"required": ["title"]}
ATTRIBUTE_PATCH = shape({"title": ATTRIBUTE["properties"]["title"]})

SESSIONS = {
    "type": "array",
    "items": shape({
        "device": TEXT, "address": TEXT, "began": TEXT | {"format": "date-time"},
        "seen": TEXT | {"format": "date-time"}, "id": TEXT,
    }),
}  # fmt: skip
SECOND_FACTOR = shape({
    "set_up": {"type": "boolean"},
    "needed": {"type": "boolean", "description": "Whether a role of the user asks for one."},
})  # fmt: skip
_ROLES: Schema = {"type": "array", "items": {"type": "string", "enum": list(ROLES)}}
SIGN_IN = shape({
    "second_factor_roles": _ROLES | {"description": "People of these need one."},
    "only_single_sign_on": {"type": "boolean"},
})  # fmt: skip

PERSON = shape({"name": TEXT, "username": TEXT})
_TOKEN = shape({"name": TEXT, "scopes": {"type": "array", "items": {"enum": list(SCOPES)}}})
ME = shape({
    "username": TEXT, "name": TEXT, "email": TEXT, "roles": _NAMES, "groups": _NAMES,
    "token": {"anyOf": [_TOKEN, {"type": "null"}]},
    "second_factor": SECOND_FACTOR,
    "may": {
        "type": "object", "additionalProperties": True,
        "description": (
            "`start` and `administer` of `processes`: `names`, the first hundred by name, and "
            "`total`."
        ),
    },
})  # fmt: skip

_DAY: Schema = {"type": "string", "format": "date"}
SUBSTITUTE_IN = shape(
    {
        "substitute": TEXT | {"description": "The user name or email address."},
        "from": _DAY,
        "until": {"anyOf": [_DAY, {"type": "null"}], "description": "The last day; null: open."},
    },
    required=["substitute", "from"],
)
SUBSTITUTE = shape({
    **SUBSTITUTE_IN["properties"],
    "status": {"enum": ["scheduled", "active", "finished", "inactive"],
               "description": "Days count in the time zone of the person."},
})  # fmt: skip


class NewSubstitute(Body):
    """PUT /users/{username}/substitute/"""

    substitute: StrictStr
    first_day: StrictStr = Field(alias="from")
    last_day: StrictStr | None = Field(default=None, alias="until")


class _Settings(Body):
    """What can be sent of a user; what is left out is empty, or as it was."""

    name: StrictStr = ""
    email: StrictStr = ""
    roles: list[StrictStr] = []
    groups: list[StrictStr] = []
    manager: StrictStr | None = None
    department: StrictStr = ""
    job_title: StrictStr = ""
    phone: StrictStr = ""
    attributes: dict[StrictStr, StrictStr] = {}


class NewUser(_Settings):
    """POST /users/"""

    username: StrictStr
    invite: StrictBool = False


class UserChanges(_Settings):
    """PATCH /users/{username}/"""

    username: StrictStr = ""
    active: StrictBool = True


class SignInChanges(Body):
    """PATCH /sign-in/"""

    second_factor_roles: list[StrictStr] = []
    only_single_sign_on: StrictBool = False


class NewGroup(Body):
    """POST /groups/"""

    name: StrictStr
    members: list[StrictStr] = []
    administrators: list[StrictStr] = []


class GroupChanges(Body):
    """PATCH /groups/{name}/"""

    name: StrictStr = ""
    members: list[StrictStr] = []
    administrators: list[StrictStr] = []


class NewAttribute(Body):
    """POST /user-attributes/"""

    title: StrictStr
    name: StrictStr = ""


class AttributeChanges(Body):
    """PATCH /user-attributes/{name}/"""

    title: StrictStr
