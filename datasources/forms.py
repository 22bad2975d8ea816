"""From the datasource page to the body that the services take, and from its auth kinds to controls.

A control is named by the JSON pointer that it edits, so that a flaw finds its way back. A secret is
never written into a page: an empty one means "as it is", `<pointer>!remove` takes it away.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from datasources.auth import AuthScheme, auth_schemes
from datasources.auth.base import masked_settings
from datasources.auth_controls import AuthDialog
from datasources.rest.document import RestDatasource
from datasources.services.restored_secrets import SEND_AGAIN
from kianda.lib.dialogs.controls import REMOVE
from kianda.lib.dialogs.dialog import asked_of, flaws_within, read_settings
from kianda.lib.dialogs.specs import specs_of
from kianda.lib.errors import ApplicationError, Flaw, Invalid
from kianda.lib.names import slugify
from kianda.lib.secret_names import MASK
from kianda.web.pages import Errors

AUTH = "/auth"
_METHOD_SECRET = re.compile(
    r"/methods/(\d+)/(query|request_headers|request_body)/(\d+)/value(?:!remove)?\Z"
)


def line_of(post: QueryDict, name: str) -> str:
    """Return a posted text without blanks around it."""
    return text_of(post, name).strip()


def text_of(post: QueryDict, name: str) -> str:
    """Return a posted text, its line ends as one sign, NUL as the sign for what is unreadable."""
    return str(post.get(name, "")).replace("\r\n", "\n").replace("\0", "\ufffd")


def number_of(post: QueryDict, name: str) -> Any:
    """Return a posted number; what is none stays text, for the service to refuse."""
    text = line_of(post, name).replace(",", ".")
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def secret_of(post: QueryDict, pointer: str, *, stored: bool) -> str:
    """Return what was typed for a secret; left empty it stays what it is."""
    if post.get(pointer + REMOVE):
        return ""
    return text_of(post, pointer) or (MASK if stored else "")


def revision_of(post: QueryDict) -> int | None:
    """Return the revision that the page was made from."""
    text = post.get("revision", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def settings_body(post: QueryDict, *, stored: RestDatasource | None) -> dict[str, Any]:
    """Return the settings of a datasource as they were typed."""
    body: dict[str, Any] = {
        "title": line_of(post, "/title") or None,
        "base_url": line_of(post, "/base_url"),
        "auth": auth_body(post, stored=stored.auth if stored else None),
        "timeout_s": number_of(post, "/timeout_s"),
        "test_path": line_of(post, "/test_path") or None,
        "follow_redirects": bool(post.get("/follow_redirects")),
        "max_answer_bytes": number_of(post, "/max_answer_bytes"),
    }
    body |= limits_body(post)
    if "/allowed_addresses" in post:
        # A page that does not ask must not widen what may be reached.
        body["allowed_addresses"] = text_of(post, "/allowed_addresses").split()
    if stored is None:
        typed = line_of(post, "/name")
        body["name"] = typed or slugify(body["title"] or "", fallback="")
    return body


def limits_body(post: QueryDict) -> dict[str, Any]:
    """Return how many calls it takes, as typed; a page that does not ask changes nothing."""
    body: dict[str, Any] = {}
    for name, parts in (("rate", ("calls", "per_s")), ("breaker", ("failures", "pause_s"))):
        if f"/{name}/{parts[0]}" in post:
            typed = {
                one: number_of(post, f"/{name}/{one}")
                for one in parts
                if post.get(f"/{name}/{one}")
            }
            body[name] = typed or None
    if "/concurrency" in post:
        body["concurrency"] = number_of(post, "/concurrency") if post["/concurrency"] else None
    return body


def methods_with_secrets(post: QueryDict, stored: RestDatasource) -> list[dict[str, Any]] | None:
    """Return the REST methods with the secrets that were asked for again; None when none was."""
    methods: list[dict[str, Any]] = stored.masked()["methods"]
    found = {
        match[0].removesuffix(REMOVE): match for match in map(_METHOD_SECRET.match, post) if match
    }
    for place, match in found.items():
        try:
            parameter = methods[int(match[1])][match[2]][int(match[3])]
        except IndexError:
            continue  # The methods changed meanwhile; the service asks again for what it needs.
        parameter["value"] = secret_of(post, place, stored=bool(parameter["value"]))
    return methods if found else None


def auth_body(post: QueryDict, *, stored: AuthScheme | None) -> dict[str, Any]:
    """Return the settings of the chosen scheme; an unknown one is for the service to refuse."""
    scheme = post.get("/auth/scheme", "none")
    kind = auth_schemes.kinds.get(scheme)
    if kind is None:
        return {"scheme": scheme}
    held = stored.masked() if stored and stored.slug() == scheme else {}
    read = read_settings(kind, post, prefix=AUTH, held=held)
    chosen = {spec.name for spec in specs_of(kind) if spec.choices}
    bare = {
        name: one.strip()
        for name, one in read.items()
        if isinstance(one, str) and name not in chosen and name not in kind.secrets
    }
    # What the page does not show stays as it is.
    asked = {spec.name for spec in asked_of(kind)}
    kept = {name: value for name, value in held.items() if name not in asked}
    return {"scheme": scheme} | kept | read | bare


def masked(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return typed settings as they may be shown."""
    auth = body["auth"]
    kind = auth_schemes.kinds.get(auth["scheme"])
    return {**body, "auth": masked_settings(kind, auth) if kind else auth}


def auth_dialog(
    body: Mapping[str, Any], *, stored: AuthScheme | None, errors: Errors | None = None
) -> AuthDialog | None:
    """Return the settings of the scheme that a body names, with what is typed or stored in them."""
    kind = auth_schemes.kinds.get(str(body.get("scheme")))
    if kind is None:
        return None
    held = stored.masked() if stored and stored.slug() == kind.slug() else {}
    flaws = [Flaw(place, said) for _id, place, said in errors.items()] if errors else []
    fresh = kind.fresh if not held and set(body) == {"scheme"} else {}
    return AuthDialog(
        kind=kind,
        raw={**fresh, **held, **body},
        flaws=flaws_within(flaws, AUTH),
        prefix=AUTH,
        held=held,
    )


def scheme_choices() -> list[tuple[str, str]]:
    """Return the ways of authentication for a select."""
    return [(slug, _(kind.label)) for slug, kind in auth_schemes.kinds.items()]


def errors_of(error: ApplicationError, *, typed: Mapping[str, Any] | None = None) -> Errors:
    """Return the flaws for the page, in the words of somebody who sees a form."""
    flaws = [_in_page_words(flaw, typed or {}) for flaw in error.errors]
    return Errors(Invalid(error.detail, errors=dict.fromkeys(flaws)))


def _in_page_words(flaw: Flaw, typed: Mapping[str, Any]) -> Flaw:
    key, _slash, at = flaw.pointer.removeprefix("/").partition("/")
    if key == "allowed_addresses" and at.isdecimal():
        listed = typed.get(key) or []
        entry = listed[int(at)] if int(at) < len(listed) else at
        return Flaw(f"/{key}", f"{entry}: {flaw.detail}")
    key = flaw.pointer.removeprefix("/")
    if key in {"title", "name"} and not typed.get("title") and not typed.get("name"):
        return Flaw("/title", _("Enter a display name."))
    if key == "title" and typed.get("title") is None:
        return Flaw("/title", _("Enter a display name."))
    if key == "base_url" and not typed.get("base_url"):
        return Flaw(
            "/base_url", _("Enter the address of the service, such as https://api.example.org.")
        )
    if flaw.detail == _(SEND_AGAIN) and key.startswith("client_certificate/"):
        sentence = _(
            "The address of the service changed. Remove the client certificate under Certificates, "
            "save the new address, then enter the certificate again."
        )
        return Flaw("/base_url", sentence)
    if flaw.detail == _(SEND_AGAIN):
        sentence = _("The address of the service changed. Enter this secret again, or remove it.")
        return Flaw(flaw.pointer, sentence)
    return flaw


def asked_again(pointers: Iterable[str], stored: RestDatasource) -> Iterator[tuple[str, str]]:
    """Yield place and words of each secret in a REST method that must be typed again."""
    for place in dict.fromkeys(pointers):
        match = _METHOD_SECRET.match(place)
        if match:
            method = stored.methods[int(match[1])]
            parameter = getattr(method, match[2])[int(match[3])]
            yield place, f"{method.title}: {parameter.name}"
